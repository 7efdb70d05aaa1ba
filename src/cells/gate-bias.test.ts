import fc from "fast-check";
import { expect, test } from "vitest";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import type { ChronoGate } from "../weights/initializers.ts";
import type { Cell } from "./define-cell.ts";
import { gru } from "./gru.ts";
import { janet } from "./janet.ts";
import { lstm } from "./lstm.ts";
import { minGru } from "./min-gru.ts";
import { minLstm } from "./min-lstm.ts";

type Make = (options: { inputs: number; units: number; longest: number }) => Cell;

/** What each block of a cell's bias does for its memory. */
const cells: { title: string; cell: Make; gates: ChronoGate[] }[] = [
  { title: "an LSTM", cell: lstm, gates: ["input", "forget", "zero", "zero"] },
  { title: "a GRU", cell: gru, gates: ["zero", "forget", "zero"] },
  { title: "JANET", cell: janet, gates: ["forget", "zero"] },
  { title: "a minGRU", cell: minGru, gates: ["input", "zero"] },
  { title: "a minLSTM", cell: minLstm, gates: ["forget", "input", "zero"] },
];

test.each(cells)("$title may begin with memories of 1 to T − 1 steps", ({ cell, gates }) => {
  const given = fc.record({
    units: fc.integer({ min: 1, max: 20 }),
    longest: fc.double({ min: 3, max: 1e4, noNaN: true }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });
  fc.assert(
    fc.property(given, ({ units, longest, seed }) => {
      const layer = recurrent("layer", cell({ inputs: 2, units, longest }));
      const graph = trace({ x: ["time", "batch", 2] }, ({ x }) => ({ y: layer(x) }));
      const bias = initialWeights(graph, seed)["layer.bias"];
      const logarithms = gates.map((gate, block) => {
        const own = [...bias.subarray(block * units, (block + 1) * units)];
        if (gate === "zero") expect(own.every((one) => one === 0)).toBe(true);
        return gate === "input" ? own.map((one) => -one) : own;
      });
      const steps = logarithms.filter((_, block) => gates[block] !== "zero");
      for (const one of steps[0]) {
        expect(one).toBeGreaterThan(0);
        expect(one).toBeLessThanOrEqual(Math.fround(Math.log(longest - 1)));
      }
      for (const other of steps) expect(other).toEqual(steps[0]);
    }),
  );
});

import { describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { proveCell } from "../../test/cell-proof.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { g2LstmStep } from "../../test/reference/g2-lstm.ts";
import { column, sigmoid } from "../../test/reference/numbers.ts";
import { countOperators } from "../../test/structure.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { type ArrayTensor, interpret } from "../graph/interpret.ts";
import { recurrent } from "../layers/recurrent.ts";
import { gradient } from "../transform/gradient.ts";
import { hoist } from "../transform/hoist.ts";
import type { Cell } from "./define-cell.ts";
import { g2Lstm } from "./g2-lstm.ts";
import { lstm } from "./lstm.ts";

const [probability, temperature] = [0.6, 0.7];

proveCell("a G2-LSTM in training", {
  cell: (widths) => g2Lstm({ ...widths, probability, temperature }),
  step: (widths) => g2LstmStep(widths, { probability, temperature }),
});

proveCell("a G2-LSTM whose noise is drawn once for a sequence", {
  cell: (widths) => g2Lstm({ ...widths, noise: "sequence" }),
  step: (widths) => g2LstmStep(widths, { probability: 0.2, temperature: 0.9 }),
  widths: [{ inputs: 3, units: 5 }],
  differentiated: { inputs: 2, units: 1 },
});

const graphOf = (cell: Cell): Graph => {
  const layer = recurrent("layer", cell);
  return trace({ x: ["time", "batch", 3] }, ({ x }) => {
    const { outputs, state } = layer.run(x);
    return { outputs, ...state };
  });
};

const untrained = ({ shape, data }: ArrayTensor) =>
  tensor(
    shape,
    data.map(() => 0.5),
  );

/** Feeds of a graph that is not being trained. */
const feedsFor = (graph: Graph, sizes: { time: number; batch: number }): Record<string, ArrayTensor> => {
  const feeds = randomFeeds(graph, { sizes, seed: 3 });
  return { ...feeds, "layer.noise.gates": untrained(feeds["layer.noise.gates"]) };
};

describe("where nothing is trained, a G2-LSTM", () => {
  test.each(["step", "sequence"] as const)("is an LSTM (noise for each %s)", (noise) => {
    const plain = graphOf(lstm({ inputs: 3, units: 4 }));
    const graph = graphOf(g2Lstm({ inputs: 3, units: 4, noise, probability: 1 }));
    const { "layer.noise.gates": draws, ...feeds } = feedsFor(graph, { time: 5, batch: 2 });
    const found = interpret(graph, { ...feeds, "layer.noise.gates": draws });
    const expected = interpret(plain, feeds);
    for (const [name, { data }] of Object.entries(expected))
      data.forEach((one, at) => {
        expect(found[name].data[at]).toBeCloseTo(one, 12);
      });
  });

  test("has input and forget gates of 0 and 1 alone if they shall be hard", () => {
    const units = 4;
    const graph = graphOf(g2Lstm({ inputs: 3, units, hardGates: true }));
    const feeds = feedsFor(graph, { time: 1, batch: 1 });
    const { memory, hidden } = interpret(graph, feeds);
    const sum = (j: number) =>
      column(feeds.x.data, feeds["layer.input"], 4 * units, j) + feeds["layer.bias"].data[j];
    const opened = [0, 1, 2, 3].map((unit) => sum(unit) >= 0);
    expect(new Set(opened).size).toBe(2);
    for (let unit = 0; unit < units; unit++) {
      const c = opened[unit] ? Math.tanh(sum(2 * units + unit)) : 0;
      expect(memory.data[unit]).toBeCloseTo(c, 12);
      expect(hidden.data[unit]).toBeCloseTo(sigmoid(sum(3 * units + unit)) * Math.tanh(c), 12);
    }
  });
});

test("hard gates change nothing in training", () => {
  const [soft, hard] = [false, true].map((hardGates) => graphOf(g2Lstm({ inputs: 3, units: 4, hardGates })));
  const feeds = randomFeeds(soft, {
    sizes: { time: 5, batch: 2 },
    between: { "layer.noise.gates": [0.01, 0.99] },
  });
  expect(interpret(hard, feeds)).toEqual(interpret(soft, feeds));
});

test("a G2-LSTM's draws stay finite at the ends of their range", () => {
  const graph = graphOf(g2Lstm({ inputs: 3, units: 2, probability: 1 }));
  const feeds = randomFeeds(graph, { sizes: { time: 1, batch: 1 } });
  const ends = tensor([1, 1, 4], [0, 1 - 2 ** -24, 0, 1 - 2 ** -24]);
  const { hidden } = interpret(graph, { ...feeds, "layer.noise.gates": ends });
  expect(hidden.data.every(Number.isFinite)).toBe(true);
});

test("the noise of a G2-LSTM is made before its loop, for all steps at once", () => {
  const graph = graphOf(g2Lstm({ inputs: 3, units: 2 }));
  const names = graph.inputs.filter(({ role }) => role === "weight").map(({ name }) => name);
  const hoisted = hoist(gradient(withLoss(graph), { of: "loss", with: names }));
  expect(countOperators(hoisted, ["log"], "inside")).toBe(0);
  expect(countOperators(hoisted, ["log"], "outside")).toBe(1);
  expect(countOperators(hoisted, ["matmul", "contract"], "inside")).toBe(2);
});

test.each([
  [{ inputs: 0, units: 2 }, /^g2-lstm: option inputs: /],
  [{ inputs: 3, units: 1.5 }, /^g2-lstm: option units: /],
  [{ inputs: 3, units: 2, probability: 0 }, /^g2-lstm: option probability: /],
  [{ inputs: 3, units: 2, probability: 1.1 }, /^g2-lstm: option probability: /],
  [{ inputs: 3, units: 2, temperature: 0 }, /^g2-lstm: option temperature: /],
  [{ inputs: 3, units: 2, noise: "batch" as "step" }, /^g2-lstm: option noise: /],
  [{ inputs: 3, units: 2, forgetBias: Number.NaN }, /^g2-lstm: option forgetBias: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => g2Lstm(options)).toThrow(InputError);
  expect(() => g2Lstm(options)).toThrow(message);
});

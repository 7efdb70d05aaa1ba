/** What every cell can be given, all at once: it is done to cells from outside, but each has its own state. */
import { describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { largestDifference } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { type RecurrentOptions, recurrent } from "../layers/recurrent.ts";
import { gradient } from "../transform/gradient.ts";
import { advancedLstm } from "./advanced-lstm.ts";
import { convLstm } from "./conv-lstm.ts";
import type { Cell } from "./define-cell.ts";
import { g2Lstm } from "./g2-lstm.ts";
import { gru } from "./gru.ts";
import { janet } from "./janet.ts";
import { layerNormalized } from "./layer-normalized.ts";
import { lstm } from "./lstm.ts";
import { minGru } from "./min-gru.ts";
import { minLstm } from "./min-lstm.ts";
import { nestedLstm } from "./nested-lstm.ts";
import { rnn } from "./rnn.ts";
import { sru } from "./sru.ts";

const widths = { inputs: 2, units: 3 };

const cells: { cell: Cell; grid?: number[] }[] = [
  { cell: rnn(widths) },
  { cell: gru(widths) },
  { cell: gru({ ...widths, reset: "before" }) },
  { cell: lstm({ ...widths, peepholes: true, projection: 2 }) },
  { cell: sru(widths) },
  { cell: sru({ ...widths, version: "first" }) },
  { cell: nestedLstm(widths) },
  { cell: janet(widths) },
  { cell: advancedLstm({ ...widths, steps: [1, 2], pastOutputs: true }) },
  { cell: g2Lstm(widths) },
  { cell: g2Lstm({ ...widths, noise: "sequence" }) },
  { cell: convLstm({ inputs: 2, units: 2, grid: [2, 2], kernel: 3 }), grid: [2, 2] },
  { cell: minGru(widths) },
  { cell: minLstm(widths) },
];

const mask = { shape: ["time", "batch"], dtype: "bool" as const };

function graphOf(cell: Cell, grid: readonly number[], options: RecurrentOptions): Graph {
  const layer = recurrent("layer", cell, options);
  return trace({ x: ["time", "batch", 2, ...grid], mask }, ({ x, mask }) => {
    const { outputs, state } = layer.run(x, { mask });
    return { outputs, ...state };
  });
}

const everyState = (cell: Cell, rate: number) =>
  Object.fromEntries(Object.keys(cell.state).map((name) => [name, rate]));

const dropping = (cell: Cell): RecurrentOptions => ({
  dropout: { inputs: 0.3, outputs: 0.4, states: everyState(cell, 0.3), variational: true },
});

const noiseOf = (graph: Graph) => graph.inputs.filter(({ role }) => role === "noise");
const sizes = { time: 4, batch: 2 };
const present = [1, 1, 1, 1, 1, 1, 1, 0]; // the second sequence is shorter

describe.each(cells)("$cell.name with all that a cell can be given", ({ cell, grid = [] }) => {
  const all: RecurrentOptions = {
    ...dropping(cell),
    zoneout: everyState(cell, 0.2),
    initial: "learned",
    reverse: true,
  };

  test("has the gradient that differences give", () => {
    const plain = graphOf(layerNormalized(cell), grid, all);
    const names = plain.inputs
      .filter(({ dtype, role }) => dtype === "float32" && role !== "noise")
      .map(({ name }) => name);
    for (const name of Object.keys(cell.state)) expect(names).toContain(`layer.initial.${name}`);
    const of = { of: "loss", with: names };
    const training = gradient(withLoss(plain), of);
    const between = Object.fromEntries(noiseOf(training).map(({ name }) => [name, [0.05, 0.95] as const]));
    const feeds = randomFeeds(training, { sizes, fixed: { mask: present }, between });
    expect(gradientError(training, feeds, of)).toBeLessThan(1e-6);
  });

  test("drops nothing where nothing is trained", () => {
    const plain = graphOf(cell, grid, {});
    const thinned = graphOf(cell, grid, dropping(cell));
    const feeds = randomFeeds(thinned, { sizes, fixed: { mask: present } });
    for (const { name } of noiseOf(thinned)) {
      const { shape, data } = feeds[name];
      feeds[name] = tensor(shape, Array(data.length).fill(0.5));
    }
    const own = Object.fromEntries(plain.inputs.map(({ name }) => [name, feeds[name]]));
    const found = interpret(thinned, feeds);
    for (const [name, { data }] of Object.entries(interpret(plain, own)))
      expect(largestDifference(found[name].data, data), name).toBeLessThan(1e-14);
  });

  test("has one mask of its states and inputs for a sequence, and one of zones for a step", () => {
    const shapes = new Map(noiseOf(graphOf(cell, grid, all)).map(({ name, shape }) => [name, shape.join()]));
    for (const [name, shape] of Object.entries(cell.state)) {
      expect(shapes.get(`layer.dropout.states.${name}`)).toBe(["batch", ...shape].join());
      expect(shapes.get(`layer.zoneout.${name}`)).toBe(["time", "batch", ...shape].join());
    }
    expect(shapes.get("layer.dropout.inputs")).toBe([1, "batch", 2, ...grid].join());
  });

  test("names itself where it is given another width, or a state of another shape", () => {
    const layer = recurrent("layer", cell);
    const wide = () => trace({ x: ["time", "batch", 5, ...grid] }, ({ x }) => ({ y: layer(x) }));
    expect(wide).toThrow(InputError);
    expect(wide).toThrow(`${cell.name} "layer": `);
    const [[name, shape]] = Object.entries(cell.state);
    const start = ["batch", ...shape, 1];
    const odd = () =>
      trace({ x: ["time", "batch", 2, ...grid], start }, ({ x, start }) => ({
        y: layer.run(x, { initial: { [name]: start } }).outputs,
      }));
    const wanted = ["batch", ...shape].join(", ");
    expect(odd).toThrow(
      `${cell.name} "layer": the initial state "${name}" must be float32[${wanted}], not float32[${start.join(", ")}]`,
    );
  });
});

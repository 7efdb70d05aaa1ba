import { expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { advancedLstmStep } from "../../test/reference/advanced-lstm.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { recurrent } from "../layers/recurrent.ts";
import { advancedLstm } from "./advanced-lstm.ts";
import type { Cell } from "./define-cell.ts";
import { lstm } from "./lstm.ts";

proveCell("an advanced LSTM", {
  cell: advancedLstm,
  step: (widths) => advancedLstmStep(widths, { steps: [1, 3, 5] }),
  differentiated: { inputs: 2, units: 1 },
});

proveCell("an advanced LSTM that takes the mean of the memories 2 and 4 steps back", {
  cell: (widths) => advancedLstm({ ...widths, steps: [4, 2], combine: "mean" }),
  step: (widths) => advancedLstmStep(widths, { steps: [4, 2], mean: true }),
  widths: [{ inputs: 3, units: 5 }],
  differentiated: { inputs: 2, units: 1 },
});

proveCell("an advanced LSTM that attends to past outputs, too,", {
  cell: (widths) => advancedLstm({ ...widths, steps: [1, 3], pastOutputs: true }),
  step: (widths) => advancedLstmStep(widths, { steps: [1, 3], outputs: true }),
  widths: [{ inputs: 3, units: 5 }],
  differentiated: { inputs: 2, units: 2 },
});

const graphOf = (cell: Cell): Graph => {
  const layer = recurrent("layer", cell);
  return trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) }));
};

test("an advanced LSTM that reads the last step alone is an LSTM", () => {
  const plain = graphOf(lstm({ inputs: 3, units: 4 }));
  const advanced = graphOf(advancedLstm({ inputs: 3, units: 4, steps: [1] }));
  const sizes = { time: 6, batch: 2 };
  const found = interpret(advanced, randomFeeds(advanced, { sizes })).outputs.data;
  interpret(plain, randomFeeds(plain, { sizes })).outputs.data.forEach((one, at) => {
    expect(found[at]).toBeCloseTo(one, 12);
  });
});

test("attention with scores of 0 is the mean", () => {
  const options = { inputs: 3, units: 4, steps: [1, 2, 4] };
  const attentive = graphOf(advancedLstm(options));
  const plain = graphOf(advancedLstm({ ...options, combine: "mean" }));
  const feeds = randomFeeds(attentive, { sizes: { time: 6, batch: 2 } });
  feeds["layer.memoryScores"] = tensor([4, 1], [0, 0, 0, 0]);
  const { "layer.memoryScores": _, ...others } = feeds;
  const found = interpret(attentive, feeds).outputs.data;
  interpret(plain, others).outputs.data.forEach((one, at) => {
    expect(found[at]).toBeCloseTo(one, 12);
  });
});

test("attention adds a number for each unit", () => {
  const count = (cell: Cell) =>
    graphOf(cell)
      .inputs.filter(({ role }) => role === "weight")
      .reduce((sum, { shape }) => sum + shape.reduce<number>((a, b) => a * (b as number), 1), 0);
  const widths = { inputs: 3, units: 4 };
  expect(count(advancedLstm(widths)) - count(lstm(widths))).toBe(4);
  expect(count(advancedLstm({ ...widths, pastOutputs: true })) - count(lstm(widths))).toBe(8);
  expect(count(advancedLstm({ ...widths, combine: "mean" })) - count(lstm(widths))).toBe(0);
});

test("a memory that zoneout keeps is what moves on to the earlier ones", () => {
  const cell = advancedLstm({ inputs: 3, units: 2 });
  const layer = recurrent("layer", cell, { zoneout: { memory: 0.5 } });
  const graph = trace({ x: ["time", "batch", 3], memory: ["batch", 2] }, ({ x, memory }) => {
    const { state } = layer.run(x, { initial: { memory } });
    return { now: state.memory, earlier: state.earlierMemory };
  });
  const kept = Array.from({ length: 5 * 2 }, () => 0.1);
  const feeds = randomFeeds(graph, { sizes: { time: 5, batch: 1 }, fixed: { "layer.zoneout.memory": kept } });
  const start = [...feeds.memory.data];
  const { now, earlier } = interpret(graph, feeds);
  expect([...now.data]).toEqual(start);
  expect([...earlier.data]).toEqual([...start, ...start, ...start, ...start]);
});

test.each([
  [{ inputs: 3.5, units: 2 }, /^advanced-lstm: option inputs: /],
  [{ inputs: 3, units: 0 }, /^advanced-lstm: option units: /],
  [{ inputs: 3, units: 2, steps: [] }, /^advanced-lstm: option steps: /],
  [{ inputs: 3, units: 2, steps: [1, 0] }, /^advanced-lstm: option steps.1: /],
  [{ inputs: 3, units: 2, steps: [1, 3, 1] }, /^advanced-lstm: option steps: names a step twice/],
  [{ inputs: 3, units: 2, combine: "sum" as "mean" }, /^advanced-lstm: option combine: /],
  [{ inputs: 3, units: 2, forgetBias: Number.NaN }, /^advanced-lstm: option forgetBias: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => advancedLstm(options)).toThrow(InputError);
  expect(() => advancedLstm(options)).toThrow(message);
});

/** Models that are written to a file and read again: the same weights, the same numbers, the same open sizes. */
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../test/everywhere.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { advancedLstm } from "../cells/advanced-lstm.ts";
import { convLstm } from "../cells/conv-lstm.ts";
import type { Cell } from "../cells/define-cell.ts";
import { g2Lstm } from "../cells/g2-lstm.ts";
import { gru } from "../cells/gru.ts";
import { janet } from "../cells/janet.ts";
import { layerNormalized } from "../cells/layer-normalized.ts";
import { lstm } from "../cells/lstm.ts";
import { minGru } from "../cells/min-gru.ts";
import { minLstm } from "../cells/min-lstm.ts";
import { nestedLstm } from "../cells/nested-lstm.ts";
import { rnn } from "../cells/rnn.ts";
import { sru } from "../cells/sru.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { type ArrayTensor, interpret } from "../graph/interpret.ts";
import { noise, weight } from "../graph/value.ts";
import { dense } from "../layers/dense.ts";
import { bidirectional, recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import type { Model } from "../weights/model.ts";
import { readOnnx } from "./read/model.ts";
import { writeOnnx } from "./write.ts";

const widths = { inputs: 2, units: 3 };

const cells: { title: string; cell: Cell; grid?: number[] }[] = [
  { title: "rnn", cell: rnn(widths) },
  { title: "gru", cell: gru(widths) },
  { title: "gru, reset before", cell: gru({ ...widths, reset: "before" }) },
  { title: "lstm", cell: lstm({ ...widths, peepholes: true, projection: 2 }) },
  { title: "layer-normalized lstm", cell: layerNormalized(lstm(widths)) },
  { title: "sru", cell: sru(widths) },
  { title: "sru, first version", cell: sru({ ...widths, version: "first" }) },
  { title: "nested lstm", cell: nestedLstm(widths) },
  { title: "janet", cell: janet(widths) },
  { title: "advanced lstm", cell: advancedLstm({ ...widths, steps: [1, 2], pastOutputs: true }) },
  { title: "g2 lstm", cell: g2Lstm(widths) },
  { title: "conv lstm", cell: convLstm({ inputs: 2, units: 2, grid: [2, 2], kernel: 3 }), grid: [2, 2] },
  { title: "min gru", cell: minGru(widths) },
  { title: "min lstm", cell: minLstm(widths) },
];

const modelOf = (graph: Graph): Model => ({ graph, weights: initialWeights(graph, 3) });

/** The inputs' numbers, random, and the weights' own; noise is left to be 0.5. */
function feedsOf(
  { graph, weights }: Model,
  inputs: Record<string, ArrayTensor>,
): Record<string, ArrayTensor> {
  const fed = graph.inputs.filter(({ role }) => role !== "noise");
  return Object.fromEntries(
    fed.map(({ name, role, shape }) => [
      name,
      role === "weight" ? { shape: shape as number[], data: Float64Array.from(weights[name]) } : inputs[name],
    ]),
  );
}

function expectSame(model: Model): Model {
  const found = readOnnx(writeOnnx(model));
  const inputs = randomFeeds(model.graph, { sizes: { time: 5, batch: 2 } });
  expect(Object.keys(found.weights).sort()).toEqual(Object.keys(model.weights).sort());
  for (const [path, data] of Object.entries(model.weights)) expect(found.weights[path]).toEqual(data);
  const declared = ({ graph }: Model) =>
    graph.inputs
      .filter(({ role }) => role === "input")
      .map(({ name, shape, dtype }) => `${name} ${dtype}[${shape}]`);
  expect(declared(found)).toEqual(declared(model));
  const expected = interpret(model.graph, feedsOf(model, inputs));
  for (const [name, { shape, data }] of Object.entries(interpret(found.graph, feedsOf(found, inputs)))) {
    expect(shape).toEqual(expected[name].shape);
    expect(largestDifference(data, expected[name].data), name).toBeLessThan(1e-7); // constants are float32 in a file
  }
  return found;
}

test.each(cells)("$title with all that a cell can be given, and a head", ({ cell, grid = [] }) => {
  const layer = recurrent("layer", cell, { initial: "learned", reverse: true, dropout: { inputs: 0.3 } });
  const mask = { shape: ["time", "batch"], dtype: "bool" as const };
  const graph = trace({ x: ["time", "batch", 2, ...grid], mask }, ({ x, mask }) => {
    const { outputs, state } = layer.run(x, { mask });
    return { outputs, ...state };
  });
  const shapes = Object.entries(expectSame(modelOf(graph)).graph.outputs).map(
    ([name, { shape }]) => `${name} ${shape}`,
  );
  expect(shapes).toEqual(Object.entries(graph.outputs).map(([name, { shape }]) => `${name} ${shape}`));
});

test("a stack in both directions keeps its open sizes, and can be written once more", () => {
  const graph = trace({ x: ["time", "batch", 2] }, ({ x }) => {
    const encoder = bidirectional("encoder", lstm(widths));
    const second = recurrent("second", gru({ inputs: encoder.outputs, units: 4 }));
    return { y: dense("head", { inputs: 4, units: 2 })(second(encoder(x))) };
  });
  expectSame(expectSame(modelOf(graph)));
});

describe("what a file says beside the graph", () => {
  const step = trace({ x: ["batch", 2], past: ["batch", 2] }, ({ x, past }) => {
    const next = x.matmul(weight("w", [2, 2])).add(past);
    return { y: next.mul(2), next };
  });
  const model: Model = {
    graph: step,
    weights: { w: Float32Array.of(1, 2, 3, 4) },
    states: { past: "next" },
    thresholds: { w: 0.05 },
  };

  test("states and thresholds come back", () => {
    const found = readOnnx(writeOnnx(model));
    expect(found.states).toEqual({ past: "next" });
    expect(found.thresholds).toEqual({ w: 0.05 });
  });

  test("nothing is said where there is nothing to say", () => {
    const { states, thresholds } = readOnnx(writeOnnx({ graph: step, weights: model.weights }));
    expect([states, thresholds]).toEqual([undefined, undefined]);
  });

  test("weights that are missing are named before anything is written", () => {
    expect(() => writeOnnx({ ...model, weights: {} })).toThrow(
      'weight "w" [2, 2] needs 4 numbers and has none',
    );
  });
});

test("noise is what it is outside training", () => {
  const graph = trace({ x: ["batch", 2] }, ({ x }) => ({ y: x.add(noise("jitter", ["batch", 2])) }));
  expect(expectSame({ graph, weights: {} }).graph.inputs.map(({ name }) => name)).toEqual(["x"]);
});

import { describe, expect, test } from "vitest";
import { interpretSteps } from "../../test/step-by-step.ts";
import {
  advancedLstm,
  type Cell,
  convLstm,
  g2Lstm,
  gru,
  janet,
  layerNormalized,
  lstm,
  minGru,
  minLstm,
  nestedLstm,
  rnn,
  sru,
} from "../cells/index.ts";
import { trace } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { recurrent } from "../layers/index.ts";
import { initialWeights } from "../weights/declare.ts";
import type { Model } from "../weights/model.ts";
import { random } from "../weights/random.ts";
import { compileProgram } from "./compile.ts";
import { loadProgram } from "./engine.ts";
import { stepOf } from "./step-of-model.ts";

function modelOf(write: (x: Value) => Record<string, Value>, features: readonly number[]): Model {
  const graph = trace({ x: ["time", "batch", ...features] }, ({ x }) => write(x));
  const weights = initialWeights(graph, 5);
  // Biases begin as zeros: with those, terms that get lost would not be missed.
  for (const [path, numbers] of Object.entries(weights))
    if (numbers.every((number) => number === numbers[0])) random(7).stream(path).normals(numbers);
  return { graph, weights };
}

const cellModel = (cell: Cell, features: readonly number[]): Model =>
  modelOf((x) => ({ y: recurrent("layer", cell)(x) }), features);

function framesFor(count: number, width: number): Float32Array[] {
  const numbers = random(3).stream("frames");
  return Array.from({ length: count }, () => numbers.normals(new Float32Array(width)));
}

const widths = { inputs: 5, units: 7 };
const cells: { title: string; cell: Cell; features?: readonly number[] }[] = [
  { title: "rnn", cell: rnn(widths) },
  { title: "gru", cell: gru(widths) },
  { title: "gru, reset before", cell: gru({ ...widths, reset: "before" }) },
  { title: "lstm", cell: lstm(widths) },
  { title: "lstm of 16 units", cell: lstm({ inputs: 5, units: 16 }) },
  {
    title: "lstm with peepholes and a projection",
    cell: lstm({ ...widths, peepholes: true, projection: 3 }),
  },
  { title: "sru", cell: sru(widths) },
  { title: "sru as wide as its input", cell: sru({ inputs: 5, units: 5 }) },
  { title: "first sru", cell: sru({ ...widths, version: "first" }) },
  { title: "nested lstm", cell: nestedLstm({ ...widths, depth: 3 }) },
  { title: "janet", cell: janet(widths) },
  { title: "advanced lstm", cell: advancedLstm({ ...widths, pastOutputs: true }) },
  { title: "advanced lstm, mean", cell: advancedLstm({ ...widths, steps: [1, 2], combine: "mean" }) },
  { title: "g2 lstm", cell: g2Lstm(widths) },
  { title: "g2 lstm with hard gates", cell: g2Lstm({ ...widths, hardGates: true }) },
  { title: "min gru", cell: minGru(widths) },
  { title: "min lstm", cell: minLstm(widths) },
  { title: "layer-normalized lstm", cell: layerNormalized(lstm(widths)) },
  {
    title: "convolutional lstm",
    cell: convLstm({ inputs: 2, units: 3, grid: [3, 4], kernel: 3 }),
    features: [2, 3, 4],
  },
];

describe("a stream gives what the equations give", () => {
  test.each(cells)("$title", async ({ cell, features = [5] }) => {
    const model = cellModel(cell, features);
    const width = features.reduce((a, b) => a * b, 1);
    const frames = framesFor(30, width);
    const step = stepOf(model);
    const expected = interpretSteps(
      step,
      frames.map((x) => ({ x })),
    );
    const engine = await loadProgram(compileProgram(step));
    using stream = engine.stream();
    frames.forEach((frame, at) => {
      const y = stream.push(frame);
      const worst = Math.max(...expected[at].y.map((number, i) => Math.abs(number - y[i])));
      expect(worst, `step ${at}`).toBeLessThan(1e-5);
    });
  });
});

import { describe, expect, test } from "vitest";
import { interpretModel, interpretSteps } from "../../test/step-by-step.ts";
import {
  advancedLstm,
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
import { relu, sigmoid, tanh } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { scan } from "../graph/scan.ts";
import { filled, type Value } from "../graph/value.ts";
import {
  attention,
  attentionPooling,
  bidirectional,
  convolutionEncoder,
  dense,
  type Layer,
  maximumPooling,
  meanPooling,
  recurrent,
  stacked,
  temporalStack,
} from "../layers/index.ts";
import { initialWeights } from "../weights/declare.ts";
import type { Model } from "../weights/model.ts";
import { stepOf } from "./step-of-model.ts";

const steps = 6;

function modelOf(write: (x: Value) => Record<string, Value>, features: readonly number[] = [3]): Model {
  const graph = trace({ x: ["time", "batch", ...features] }, ({ x }) => write(x));
  return { graph, weights: initialWeights(graph, 5) };
}

/** Outputs at every step, by the model over whole sequences that grow by one step. */
function compare(model: Model, features: readonly number[] = [3]): void {
  const width = features.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: steps * width }, (_, at) => Math.sin(1 + 2.3 * at));
  const frames = Array.from({ length: steps }, (_, step) => ({
    x: data.subarray(step * width, (step + 1) * width),
  }));
  const streamed = interpretSteps(stepOf(model), frames);
  streamed.forEach((outputs, step) => {
    const whole = interpretModel(model, {
      x: { shape: [step + 1, 1, ...features], data: data.slice(0, (step + 1) * width) },
    });
    for (const [name, data] of Object.entries(outputs)) {
      const last = whole[name].data.subarray(-data.length);
      expect(Math.max(...data.map((value, at) => Math.abs(value - last[at])))).toBeLessThan(1e-12);
    }
  });
}

const widths = { inputs: 3, units: 4 };

describe("the step of a layer, taken one after the other, gives what the layer gives over the whole sequence", () => {
  test.each([
    rnn(widths),
    gru(widths),
    gru({ ...widths, reset: "before" }),
    lstm(widths),
    lstm({ ...widths, peepholes: true, projection: 2 }),
    sru(widths),
    sru({ inputs: 3, units: 3, version: "first" }),
    nestedLstm(widths),
    janet(widths),
    advancedLstm({ ...widths, steps: [1, 2], pastOutputs: true }),
    g2Lstm(widths),
    minGru(widths),
    minLstm(widths),
    layerNormalized(gru(widths)),
  ])("$name", (cell) => {
    const layer = recurrent("layer", cell, { initial: "learned" });
    compare(
      modelOf((x) => {
        const { outputs, state } = layer.run(x);
        return { outputs, ...state };
      }),
    );
  });

  test("a convolutional cell", () => {
    const cell = convLstm({ inputs: 2, units: 2, grid: [2, 3], kernel: 3 });
    const layer = recurrent("layer", cell);
    compare(
      modelOf((x) => ({ y: layer(x) }), [2, 2, 3]),
      [2, 2, 3],
    );
  });

  const layers: [string, Layer][] = [
    [
      "a stack",
      stacked([
        recurrent("a", lstm(widths)),
        recurrent("b", gru({ inputs: 4, units: 2 })),
        dense("c", { inputs: 2, units: 3, activation: relu }),
      ]),
    ],
    [
      "a causal convolution",
      convolutionEncoder("encoder", { ...widths, width: 3, dilation: 2, activation: tanh }),
    ],
    ["causal temporal blocks", temporalStack("blocks", { ...widths, depth: 2 })],
  ];
  test.each(layers)("%s", (_, layer) => compare(modelOf((x) => ({ y: layer(x) }))));

  test("sums, means, maxima and positions so far", () => {
    const layer = dense("layer", widths);
    compare(
      modelOf((x) => {
        const y = layer(x);
        return {
          mean: meanPooling(y),
          maximum: maximumPooling(y),
          scored: sigmoid(meanPooling(y).sum(1)),
          last: y.at(0, -1),
        };
      }),
    );
  });

  test("with the batch first", () => {
    const layer = recurrent("layer", lstm(widths));
    const graph = trace({ x: ["batch", "time", 3] }, ({ x }) => ({
      y: layer(x.transpose([1, 0, 2])).transpose([1, 0, 2]),
    }));
    const model = { graph, weights: initialWeights(graph, 5) };
    const data = Float64Array.from({ length: 9 }, (_, at) => Math.cos(at));
    const whole = interpretModel(model, { x: { shape: [1, 3, 3], data } }).y.data;
    const frames = [0, 1, 2].map((step) => ({ x: data.subarray(3 * step, 3 * step + 3) }));
    const streamed = interpretSteps(stepOf(model), frames);
    expect(streamed.flatMap(({ y }) => [...y])).toEqual([...whole]);
  });
});

test("a mask is true: a step that comes is there", () => {
  const layer = recurrent("layer", lstm(widths));
  const graph = trace(
    { x: ["time", "batch", 3], mask: { shape: ["time", "batch"], dtype: "bool" } },
    ({ x, mask }) => ({ y: layer(x, { mask }) }),
  );
  const step = stepOf({ graph, weights: initialWeights(graph, 1) });
  expect(Object.keys(step.inputs)).toEqual(["x"]);
});

test("what a loop begins with begins as zeros; another input without time comes with each step", () => {
  const layer = recurrent("layer", rnn(widths));
  const graph = trace(
    { x: ["time", "batch", 3], hidden: ["batch", 4], gain: ["batch", 4] },
    ({ x, hidden, gain }) => ({
      y: layer.run(x, { initial: { hidden } }).outputs.mul(gain),
    }),
  );
  const step = stepOf({ graph, weights: initialWeights(graph, 1) });
  expect(Object.keys(step.inputs)).toEqual(["x", "gain"]);
  expect(step.states).toHaveLength(1);
});

test("a graph of one step carries the states that it names", () => {
  const graph = trace({ x: ["batch", 2], sum: ["batch", 2] }, ({ x, sum }) => ({
    y: sum.add(x).mul(2),
    sumN: sum.add(x),
  }));
  const step = stepOf({ graph, weights: {}, states: { sum: "sumN" } });
  const streamed = interpretSteps(step, [{ x: [1, 2] }, { x: [3, 4] }]);
  expect(streamed.map(({ y }) => [...y])).toEqual([
    [2, 4],
    [8, 12],
  ]);
});

test("a short loop inside a step is written out", () => {
  const graph = trace({ x: ["time", "batch", 4] }, ({ x }) => {
    const { outputs } = scan({
      states: { total: filled(0, ["batch"]) },
      sequences: { x },
      step: ({ total }, { x }) => {
        const inner = scan({
          states: { sum: total },
          sequences: { part: x.transpose([1, 0]) },
          step: ({ sum }, { part }) => ({ states: { sum: sum.mul(0.5).add(part) } }),
        });
        return { states: { total: inner.states.sum }, outputs: { y: inner.states.sum } };
      },
    });
    return { y: outputs.y };
  });
  compare({ graph, weights: {} }, [4]);
});

describe("a layer that needs steps to come says so, with its name", () => {
  const refusal = (write: (x: Value) => Value) => () => stepOf(modelOf((x) => ({ y: write(x) })));
  test("both directions", () => {
    expect(refusal(bidirectional("encoder", lstm(widths)))).toThrow(
      'lstm "encoder.backward" can\'t stream: it reads the sequence from its end; use layers that read forward alone',
    );
  });
  test("attention", () => {
    const layer = attention("reader", { inputs: 3, units: 4, heads: 2 } as never);
    expect(refusal((x) => layer(x))).toThrow(
      /layer "reader[^"]*" can't stream: it (sums over all|compares|sets every)/,
    );
  });
  test("attention pooling", () => {
    expect(refusal(attentionPooling("pooling", { inputs: 3 }))).toThrow(
      /"pooling" can't stream: it compares/,
    );
  });
  test("a convolution around each step", () => {
    const layer = convolutionEncoder("wide", { ...widths, width: 3, direction: "both" });
    expect(refusal(layer)).toThrow(/can't stream: it reads steps to come/);
  });
  test("no time at all", () => {
    const graph = trace({ x: [1, 3] }, ({ x }) => ({ y: x.mul(2) }));
    expect(() => stepOf({ graph, weights: {} })).toThrow(
      'the model has no open size that steps could go along (its inputs: "x" [1, 3]): name it, or say which output each state becomes',
    );
  });
});

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { interpretSteps } from "../../test/step-by-step.ts";
import { cellModel, framesFor, largestGap, modelOf } from "../../test/streams.ts";
import { defineCell } from "../cells/define-cell.ts";
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
import {
  abs,
  and,
  argmax,
  concat,
  conv,
  cumulativeSum,
  exp,
  gather,
  maximum,
  minimum,
  not,
  or,
  pad,
  relu,
  softmax,
  sqrt,
  tanh,
  where,
  zeros,
} from "../graph/functions.ts";
import { constant, input, iota, weight } from "../graph/value.ts";
import { dense, maximumPooling, meanPooling, recurrent, temporalStack } from "../layers/index.ts";
import { glorotUniform } from "../weights/initializers.ts";
import type { Model } from "../weights/model.ts";
import { random } from "../weights/random.ts";
import { compileProgram } from "./compile.ts";
import { loadProgram } from "./engine.ts";
import type { StepGraph } from "./step-graph.ts";
import { stepOf } from "./step-of-model.ts";

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

const expectSteps = (model: Model, features: readonly number[]): Promise<void> =>
  expectStep(
    stepOf(model),
    features.reduce((a, b) => a * b, 1),
  );

async function expectStep(step: StepGraph, width: number): Promise<void> {
  const frames = framesFor(30, width);
  const expected = interpretSteps(
    step,
    frames.map((x) => ({ x })),
  );
  const engine = await loadProgram(compileProgram(step));
  using stream = engine.stream();
  frames.forEach((x, at) => {
    const found = stream.push({ x });
    for (const [name, numbers] of Object.entries(expected[at]))
      expect(largestGap(numbers, found[name]), `${name} at step ${at}`).toBeLessThan(1e-5);
  });
}

describe("a stream gives what the equations give", () => {
  test.each(cells)("$title", ({ cell, features = [5] }) => expectSteps(cellModel(cell, features), features));

  test("a stack of layers, each as its own output too", () =>
    expectSteps(
      modelOf(
        (x) => {
          const first = recurrent("first", gru({ inputs: 5, units: 9 }))(x);
          const second = recurrent("second", lstm({ inputs: 9, units: 18 }))(first);
          const scores = dense("scores", { inputs: 18, units: 3 })(second);
          return { first, scores, shares: softmax(scores) };
        },
        [5],
      ),
      [5],
    ));

  test("a causal convolution over the last frames", () =>
    expectSteps(
      modelOf(
        (x) => ({ y: temporalStack("stack", { inputs: 5, units: 6, depth: 3, direction: "forward" })(x) }),
        [5],
      ),
      [5],
    ));

  test("running means and maxima", () =>
    expectSteps(
      modelOf(
        (x) => {
          const h = recurrent("layer", gru({ inputs: 5, units: 7 }))(x);
          return { mean: meanPooling(h), max: maximumPooling(h) };
        },
        [5],
      ),
      [5],
    ));

  test("a cell of one's own", () => {
    const own = defineCell({
      name: "own",
      options: z.object({ units: z.int() }),
      weights: ({ units }) => ({ w: { shape: [5, units], initializer: glorotUniform } }),
      state: ({ units }) => ({ hidden: [units], sum: [1] }),
      outputs: ({ units }) => units,
      step(x, { hidden, sum }, w) {
        const a = x.matmul(w.w);
        const kept = where(a.less(hidden), a, hidden.mul(0.5));
        const next = tanh(cumulativeSum(kept, 1, { reverse: true }).sub(sum)).add(a.slice(1, 0, 7, -1));
        const best = gather(w.w, argmax(next, -1), 1).sum(0).unsqueeze(1);
        return { output: next, state: { hidden: abs(next).pow(0.5), sum: sum.mul(0.9).add(best) } };
      },
    });
    return expectSteps(cellModel(own({ units: 7 }), [5]), [5]);
  });

  test("a step of arithmetic of all kinds, written by hand", () => {
    const x = input("x", [3, 4]);
    const matrix = weight("matrix", [4, 5]);
    const before = input("before", [3, 5]);
    const history = input("history", [2, 3]);
    const product = x
      .matmul(matrix)
      .add(before.mul(0.5))
      .add(constant([1, 2, 3, 4, 5]))
      .add(x.sum(1, { keep: true }));
    const left = matrix.transpose().matmul(x.transpose()); // [5, 3]
    const square = left.matmul(x).reshape([4, 5]).transpose(); // [5, 4]
    const order = concat([square.slice(0, 0, 5, -2), x.slice(1, 0, 3, 2).transpose().matmul(x)], 0); // [5, 4]
    const padded = pad(
      order,
      [
        [1, -1],
        [0, 2],
      ],
      -0.25,
    ); // [5, 6]
    const [low, high] = padded.split([2, 4], 1);
    const flags = or(and(low.less(0), not(low.equal(-0.25))), low.less(high.slice(1, 1, 3)));
    const counted = flags.cast("int32").sum(0).add(iota(2)).div(constant(2, "int32")).cast("float32");
    const chosen = where(flags, exp(minimum(low, 1)), sqrt(abs(low))).max([0, 1]);
    const after = tanh(product).mul(maximum(chosen, 0.5));
    return expectStep(
      {
        inputs: { x },
        outputs: {
          ...{ product, left, order, padded, counted, chosen, earlier: history.neg(), one: constant([1, 2]) },
        },
        states: [
          { name: "before", before, after, initial: matrix.slice(0, 0, 3) },
          {
            name: "history",
            before: history,
            after: concat([history.slice(0, 1, 2), after.slice(0, 0, 1).slice(1, 0, 3)], 0),
            initial: zeros([2, 3]),
          },
        ],
        weights: { matrix: random(1).stream("matrix").normals(new Float32Array(20)) },
        thresholds: {},
      },
      12,
    );
  });

  test.each<{ title: string; thresholds: Record<string, number> }>([
    { title: "dense", thresholds: {} },
    { title: "by differences of threshold 0", thresholds: { first: 0, second: 0, plane: 0 } },
  ])("convolutions within a frame, $title", ({ thresholds }) => {
    const x = input("x", [1, 24]);
    const before = input("before", [1, 6, 11]);
    const first = weight("first", [6, 1, 4]);
    const second = weight("second", [18, 6, 3]);
    const plane = weight("plane", [2, 1, 3, 2]);
    const narrow = conv(x.unsqueeze(1), first, { stride: 2 }); // [1, 6, 11]
    const shifted = relu(narrow.add(constant([1, 2, 3, 4, 5, 6]).reshape([6, 1])).add(before.mul(0.3)));
    const wide = conv(shifted, second, { stride: 3, padding: 1, dilation: 2 });
    const flat = conv(x.reshape([1, 1, 4, 6]), plane, { padding: "same", stride: [2, 1] });
    const pairs = x.reshape([2, 3, 4]).matmul(x.reshape([2, 4, 3]));
    const numbers = random(5);
    return expectStep(
      {
        inputs: { x },
        outputs: { shifted, wide, flat, pairs },
        states: [{ name: "before", before, after: narrow, initial: zeros([1, 6, 11]) }],
        weights: {
          first: numbers.stream("first").normals(new Float32Array(24)),
          second: numbers
            .stream("second")
            .normals(new Float32Array(18 * 18))
            .map((one) => one / 4),
          plane: numbers.stream("plane").normals(new Float32Array(12)),
        },
        thresholds,
      },
      24,
    );
  });

  test("states that take each other's places", () => {
    const x = input("x", [2]);
    const [a, b, c] = ["a", "b", "c"].map((name) => input(name, [2]));
    const initial = constant([1, -1]);
    return expectStep(
      {
        inputs: { x },
        outputs: { a, b, c, sum: a.add(b) },
        states: [
          { name: "a", before: a, after: b, initial },
          { name: "b", before: b, after: a, initial: initial.mul(2) },
          { name: "c", before: c, after: c.add(x), initial },
        ],
        weights: {},
        thresholds: {},
      },
      2,
    );
  });
});

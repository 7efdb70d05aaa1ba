import { describe, expect, test } from "vitest";
import { interpretSteps } from "../../test/step-by-step.ts";
import {
  cellModel,
  engineOf,
  framesFor,
  largestGap,
  modelOf,
  slowFrames,
  thresholdsOf,
} from "../../test/streams.ts";
import { gru, lstm, nestedLstm } from "../cells/index.ts";
import { convolutionEncoder, dense, recurrent } from "../layers/index.ts";
import type { Model } from "../weights/model.ts";
import { stepOf } from "./step-of-model.ts";

const widths = { inputs: 5, units: 7 };

/**
 * An LSTM by Neil et al. (2017): M ← M + W_x Δx + W_h Δh from M₀ = b, where what changed by Θ or more since it was last
 * passed on is passed on, and is then what further changes are counted from.
 */
function deltaLstm(
  weights: Model["weights"],
  threshold: number,
  frames: readonly Float32Array[],
): number[][] {
  const { inputs, units } = widths;
  const sums = Array.from(weights["layer.bias"]);
  const held = { x: Array(inputs).fill(0), h: Array(units).fill(0) };
  let [h, c] = [Array<number>(units).fill(0), Array<number>(units).fill(0)];
  const pass = (now: ArrayLike<number>, before: number[], matrix: Float32Array) => {
    before.forEach((old, j) => {
      if (now[j] === old || Math.abs(now[j] - old) < threshold) return;
      for (let row = 0; row < 4 * units; row++) sums[row] += matrix[j * 4 * units + row] * (now[j] - old);
      before[j] = now[j];
    });
  };
  const sigma = (x: number) => 1 / (1 + Math.exp(-x));
  return frames.map((x) => {
    pass(x, held.x, weights["layer.input"]);
    pass(h, held.h, weights["layer.recurrent"]);
    const gate = (which: number, unit: number) => sums[which * units + unit];
    c = c.map((memory, k) => sigma(gate(1, k)) * memory + sigma(gate(0, k)) * Math.tanh(gate(2, k)));
    h = c.map((memory, k) => sigma(gate(3, k)) * Math.tanh(memory));
    return h;
  });
}

describe("a delta stream", () => {
  test("follows the rule of Neil et al.", async () => {
    const model = cellModel(lstm(widths), [5]);
    const frames = slowFrames(200, 5);
    const engine = await engineOf({ ...model, thresholds: thresholdsOf(model, 0.05) });
    const stream = engine.stream();
    deltaLstm(model.weights, 0.05, frames).forEach((h, step) => {
      expect(largestGap(h, stream.push(frames[step])), `step ${step}`).toBeLessThan(1e-5);
    });
    const { products } = stream.profile();
    for (const { occupancy } of products) {
      expect(occupancy).toBeGreaterThan(0.05);
      expect(occupancy).toBeLessThan(0.8);
    }
  });

  test.each([
    { title: "an LSTM", model: cellModel(lstm(widths), [5]) },
    { title: "a GRU", model: cellModel(gru(widths), [5]) },
    {
      title: "a GRU that resets before the product",
      model: cellModel(gru({ ...widths, reset: "before" }), [5]),
    },
    { title: "a nested LSTM", model: cellModel(nestedLstm(widths), [5]) },
    {
      title: "a stack",
      model: modelOf(
        (x) => {
          const h = recurrent("second", gru({ inputs: 7, units: 20 }))(recurrent("first", lstm(widths))(x));
          return { y: dense("scores", { inputs: 20, units: 3 })(h) };
        },
        [5],
      ),
    },
    {
      title: "a convolution over the last frames",
      model: modelOf(
        (x) => ({
          y: convolutionEncoder("taps", { inputs: 5, units: 6, width: 3, direction: "forward" })(x),
        }),
        [5],
      ),
    },
  ])("of threshold 0 is the dense one: $title", async ({ model }) => {
    const frames = [...slowFrames(50, 5), ...framesFor(50, 5)];
    const delta = (await engineOf({ ...model, thresholds: thresholdsOf(model, 0) })).stream();
    const expected = interpretSteps(
      stepOf(model),
      frames.map((x) => ({ x })),
    );
    frames.forEach((frame, step) => {
      expect(largestGap(expected[step].y, delta.push(frame)), `step ${step}`).toBeLessThan(1e-5);
    });
    expect(delta.profile().products.every(({ threshold }) => threshold === 0)).toBe(true);
  });

  test("passes nothing on where nothing changes", async () => {
    const model = cellModel(lstm(widths), [5]);
    const stream = (await engineOf({ ...model, thresholds: thresholdsOf(model, 0) })).stream();
    const frame = framesFor(1, 5)[0];
    for (let step = 0; step < 100; step++) stream.push(frame);
    const input = stream.profile().products.find(({ weights }) => weights[0] === "layer.input")!;
    expect(input.occupancy).toBeCloseTo(0.01, 10);
  });

  test("does not drift in a million steps", { timeout: 60_000 }, async () => {
    const model = cellModel(lstm({ inputs: 3, units: 8 }), [3]);
    const delta = (await engineOf({ ...model, thresholds: thresholdsOf(model, 0) })).stream();
    const plain = (await engineOf(model)).stream();
    const frames = framesFor(997, 3);
    for (let step = 0; step < 1_000_000; step++) {
      const [a, b] = [delta, plain].map((stream) => stream.push(frames[step % frames.length]));
      if (step % 9973 === 0) expect(largestGap(a, b), `step ${step}`).toBeLessThan(1e-5);
    }
  });
});

describe("int8 weights", () => {
  /** The model with each row of its matrices (an output's weights) in 255 whole steps. */
  function rounded(model: Model): Model {
    const weights = Object.entries(thresholdsOf(model, 0)).map(([path]) => {
      const numbers = model.weights[path];
      const rows = model.graph.inputs.find(({ name }) => name === path)!.shape[1] as number;
      const scales = new Float32Array(rows);
      numbers.forEach((number, at) => {
        scales[at % rows] = Math.max(scales[at % rows], Math.abs(number) / 127);
      });
      return [path, numbers.map((number, at) => Math.round(number / scales[at % rows]) * scales[at % rows])];
    });
    return { ...model, weights: { ...model.weights, ...Object.fromEntries(weights) } };
  }

  test.each([
    { title: "an LSTM", model: cellModel(lstm(widths), [5]) },
    { title: "a GRU", model: cellModel(gru({ inputs: 5, units: 24 }), [5]) },
  ])("give what the rounded weights give: $title", async ({ model }) => {
    const frames = framesFor(100, 5);
    const expected = interpretSteps(
      stepOf(rounded(model)),
      frames.map((x) => ({ x })),
    );
    const stream = (await engineOf(model, { weights: "int8" })).stream();
    frames.forEach((frame, step) => {
      expect(largestGap(expected[step].y, stream.push(frame)), `step ${step}`).toBeLessThan(2e-3);
    });
  });

  test("by differences of threshold 0 are exactly the dense ones, while the range of what they multiply grows", async () => {
    const model = cellModel(lstm(widths), [5]);
    const plain = (await engineOf(model, { weights: "int8" })).stream();
    const zero = { ...model, thresholds: thresholdsOf(model, 0) };
    const delta = (await engineOf(zero, { weights: "int8" })).stream();
    framesFor(2000, 5).forEach((frame, step) => {
      const louder = frame.map((number) => number * 0.01 * (1 + step / 100));
      expect(delta.push(louder), `step ${step}`).toEqual(plain.push(louder));
    });
  });

  test("by differences stay near the rule in float32", async () => {
    const model = cellModel(lstm(widths), [5]);
    const frames = slowFrames(300, 5);
    const stream = (
      await engineOf({ ...model, thresholds: thresholdsOf(model, 0.02) }, { weights: "int8" })
    ).stream();
    deltaLstm(model.weights, 0.02, frames).forEach((h, step) => {
      expect(largestGap(h, stream.push(frames[step])), `step ${step}`).toBeLessThan(0.1);
    });
    expect(stream.profile().products[0].occupancy).toBeLessThan(0.9);
  });
});

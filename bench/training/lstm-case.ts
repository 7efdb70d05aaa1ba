/** One LSTM layer to be trained: sizes, numbers, and what every contestant must come to. */

import { lstm } from "../../src/cells/lstm.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { trace } from "../../src/graph/graph.ts";
import { recurrent } from "../../src/layers/recurrent.ts";
import { gradient } from "../../src/transform/gradient.ts";
import { initialWeights } from "../../src/weights/declare.ts";
import { random } from "../../src/weights/random.ts";
import { type Arrays, apartBy, type Outcome } from "../learner.ts";

export interface Sizes {
  steps: number;
  batch: number;
  inputs: number;
  units: number;
}

/**
 * What is timed. "weights": forward and backward, gradients of the weights (the input is data, as in a first
 * layer). "weights+input": the input's gradient too (as in the layers above). "step": as "weights", then
 * clipping the gradients' common norm at 1, then Adam.
 */
export type Pass = "weights" | "weights+input" | "step";
export const passes: readonly Pass[] = ["weights", "weights+input", "step"];

export const learningRate = 1e-3;

/**
 * The numbers that all begin with. The loss is the sum of hidden × target.
 *
 * Weights are [inputs, 4 × units], [units, 4 × units] and [4 × units], gates in the order i, f, g, o; `x` is
 * [steps, batch, inputs], `target` [steps, batch, units].
 */
export interface LstmCase extends Sizes {
  pass: Pass;
  threads: number;
  x: Float32Array;
  target: Float32Array;
  /** After a turn the outcome has these as they then are, or their gradients; and that of "x". */
  weights: Arrays;
}

export function label({ steps, batch, inputs, units }: Sizes): string {
  return `${steps}×${batch} ${inputs}→${units}`;
}

export function lstmCase(sizes: Sizes, pass: Pass, threads: number): LstmCase {
  const { steps, batch, inputs, units } = sizes;
  const draws = random(1);
  const centered = (name: string, count: number) =>
    draws
      .stream(name)
      .uniforms(new Float32Array(count))
      .map((value) => value - 0.5);
  const weights = Object.entries(initialWeights(lstmGraph(sizes, "weights"), 1));
  return {
    ...sizes,
    pass,
    threads,
    x: centered("x", steps * batch * inputs),
    target: centered("target", steps * batch * units),
    weights: Object.fromEntries(weights.map(([path, values]) => [path.replace("layer.", ""), values])),
  };
}

/** The layer, its loss and its gradients, time and batch left open. */
export function lstmGraph({ inputs, units }: Sizes, pass: Pass): Graph {
  const layer = recurrent("layer", lstm({ inputs, units }));
  const graph = trace(
    { x: ["time", "batch", inputs], target: ["time", "batch", units] },
    ({ x, target }) => ({ loss: layer(x).mul(target).sum() }),
  );
  const weights = ["layer.input", "layer.recurrent", "layer.bias"];
  return gradient(graph, { of: "loss", with: pass === "weights+input" ? [...weights, "x"] : weights });
}

/** How far two outcomes are apart, after a training step by the weights' changes. */
export function difference(one: LstmCase, a: Outcome, b: Outcome): number {
  return apartBy(a, b, one.pass === "step" ? one.weights : {});
}

/** Pooling: one vector of a whole sequence, [time, batch, inputs] → [batch, inputs]. A sequence without steps gives zeros. */
import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { ceilDivide, multiplySizes, subtractSizes } from "../graph/dim.ts";
import { and, cumulativeSum, maximum, mean, pad, tanh, where } from "../graph/functions.ts";
import { filled, type Value } from "../graph/value.ts";
import { declareWeights } from "../weights/declare.ts";
import { glorotUniform, zeros } from "../weights/initializers.ts";
import type { Layer, LayerCall } from "./layer.ts";
import { checkFeatures, checkSequence, present } from "./mask.ts";
import { maskedSoftmax } from "./masked-softmax.ts";

/** Below every float32. */
const lowest = -3.4e38;

/** The largest number of each feature. */
export function maximumPooling(x: Value, { mask }: LayerCall = {}): Value {
  checkSequence("maximumPooling", x, mask);
  return mask ? largest(x, mask.cast(x.dtype).unsqueeze(2)) : x.max(0);
}

/** The mean of each feature. */
export function meanPooling(x: Value, { mask }: LayerCall = {}): Value {
  checkSequence("meanPooling", x, mask);
  if (!mask) return mean(x, 0);
  const count = mask.cast(x.dtype).sum(0).unsqueeze(1);
  return present(x, mask).sum(0).div(maximum(count, 1));
}

/** The last step that is there. */
export function lastPooling(x: Value, { mask }: LayerCall = {}): Value {
  checkSequence("lastPooling", x, mask);
  if (!mask) return x.at(0, -1);
  const left = cumulativeSum(mask.cast(x.dtype), 0, { reverse: true }); // steps from here on
  return present(x, and(mask, left.equal(1))).sum(0);
}

const hierarchicalOptions = z.strictObject({ window: width.default(3) });

/**
 * Hierarchical pooling (Shen et al. 2018, arXiv 1805.09843, SWEM-hier): the mean of each window, then the largest of the
 * windows' means, so that the order of steps counts for something. Windows lie side by side (Xiao 2018; the
 * paper moves them by one step); the last one may be cut short, and of each only the steps that are there count.
 *
 * @param options `window`: how many steps it has, 3 unless stated
 */
export function hierarchicalPooling(
  x: Value,
  { mask, ...given }: LayerCall & z.input<typeof hierarchicalOptions> = {},
): Value {
  const { window } = checkOptions("hierarchicalPooling", hierarchicalOptions, given);
  checkSequence("hierarchicalPooling", x, mask);
  const [time, batch, features] = x.shape;
  const windows = ceilDivide(time, window);
  const missing = subtractSizes(multiplySizes(windows, window), time);
  const sums = (value: Value, width: typeof features) =>
    pad(value, [
      [0, missing],
      [0, 0],
      [0, 0],
    ])
      .reshape([windows, window, batch, width])
      .sum(1);
  const there = mask ? mask.cast(x.dtype).unsqueeze(2) : filled(1, [time, batch, 1], x.dtype);
  const counts = sums(there, 1); // [windows, batch, 1]
  return largest(sums(present(x, mask), features).div(maximum(counts, 1)), counts);
}

/** A layer that also tells how much of each step it took: `weights` [time, batch]. */
export interface AttentionPooling extends Layer {
  run(x: Value, call?: LayerCall): { outputs: Value; weights: Value };
}

const attentionOptions = z.strictObject({ inputs: width, units: width.optional() });

/**
 * Attention pooling: Σ_t softmax_t(s_t) x_t. The score is s = v · x (Tao & Liu 2018, "weighted pooling"), or with `units`
 * hidden numbers s = v · tanh(x W + b) (Yang et al. 2016, equations 5 to 7).
 *
 * ```ts
 * const pooled = attentionPooling("pooling", { inputs: 256 });
 * ```
 */
export function attentionPooling(path: string, given: z.input<typeof attentionOptions>): AttentionPooling {
  const label = `attentionPooling "${path}"`;
  const { inputs, units } = checkOptions(label, attentionOptions, given);
  const score = units === undefined ? linearScore(path, inputs) : hiddenScore(path, inputs, units);
  const run = (given: Value, { mask }: LayerCall = {}) => {
    checkSequence(label, given, mask);
    checkFeatures(label, given, inputs);
    const x = present(given, mask);
    const weights = maskedSoftmax(score(x), mask?.unsqueeze(2), 0); // [time, batch, 1]
    return { outputs: x.mul(weights).sum(0), weights: weights.squeeze(2) };
  };
  const layer = (x: Value, call?: LayerCall) => run(x, call).outputs;
  return Object.assign(layer, { run, outputs: inputs });
}

function linearScore(path: string, inputs: number): (x: Value) => Value {
  const { score } = declareWeights(path, { score: { shape: [inputs, 1], initializer: glorotUniform } });
  return (x) => x.matmul(score);
}

function hiddenScore(path: string, inputs: number, units: number): (x: Value) => Value {
  const { weight, bias, score } = declareWeights(path, {
    weight: { shape: [inputs, units], initializer: glorotUniform },
    bias: { shape: [units], initializer: zeros },
    score: { shape: [units, 1], initializer: glorotUniform },
  });
  return (x) => tanh(x.matmul(weight).add(bias)).matmul(score);
}

/** The largest along the first axis among those whose count is above 0; 0 where there is none. */
function largest(x: Value, counts: Value): Value {
  const peak = where(counts.greater(0), x, lowest).max(0);
  return where(counts.max(0).greater(0), peak, 0);
}

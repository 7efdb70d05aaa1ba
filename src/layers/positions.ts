import { ceilDivide, multiplySizes, type Size } from "../graph/dim.ts";
import { InputError } from "../graph/errors.ts";
import { stack } from "../graph/functions.ts";
import { constant, type Value } from "../graph/value.ts";
import type { Layer, LayerCall } from "./layer.ts";
import { checkFeatures, checkSequence, present } from "./mask.ts";

/** Positions are written in two digits of this base: there are base² of them. */
const base = 256;

/**
 * Sinusoidal positions (Vaswani et al. 2017, section 3.5) of steps 0, 1, …: [time, width], up to 65,536 steps.
 *
 *     P[t, 2i] = sin(t / 10000^(2i / width)),   P[t, 2i + 1] = cos(t / 10000^(2i / width))
 *
 * A position is a sum of two, t = 256 a + b, whose sines and cosines are constants of the graph: any length gets the
 * exact numbers from two small tables, by sin(α + β) = sin α cos β + cos α sin β and its like.
 */
export function sinusoidalPositions(time: Size, width: number): Value {
  if (typeof time === "number" && time > base ** 2)
    throw new InputError(
      `sinusoidalPositions: ${time} steps are more than the ${base ** 2} that have a position`,
    );
  if (!Number.isInteger(width) || width < 1)
    throw new InputError(
      `sinusoidalPositions: a width of ${width} makes no sense: use a whole number above 0`,
    );
  const pairs = Math.ceil(width / 2);
  const table = (of: (angle: number) => number, unit: number) => {
    const angle = (at: number) => (unit * Math.floor(at / pairs)) / 10000 ** ((2 * (at % pairs)) / width);
    const numbers = Float64Array.from({ length: base * pairs }, (_, at) => of(angle(at)));
    return constant(numbers, "float32", [base, pairs]);
  };
  const rows = ceilDivide(time, base);
  const [sinHigh, cosHigh] = [Math.sin, Math.cos].map((of) => table(of, base).slice(0, 0, rows).unsqueeze(1));
  const [sinLow, cosLow] = [Math.sin, Math.cos].map((of) => table(of, 1)); // [256, pairs]
  const sine = sinHigh.mul(cosLow).add(cosHigh.mul(sinLow)); // [rows, 256, pairs]
  const cosine = cosHigh.mul(cosLow).sub(sinHigh.mul(sinLow));
  const all = stack([sine, cosine], -1).reshape([multiplySizes(rows, base), 2 * pairs]);
  return all.slice(0, 0, time).slice(1, 0, width);
}

/**
 * Adds its position to each step: [time, batch, inputs] → the same. The first step of each sequence is at position 0; steps
 * that are not there put out zeros.
 *
 * ```ts
 * const encoder = stacked([dense("embedding", { inputs: 40, units: 64 }), positions({ inputs: 64 }), attention(…)]);
 * ```
 */
export function positions({ inputs }: { inputs: number }): Layer {
  const layer = (x: Value, { mask }: LayerCall = {}) => {
    checkSequence("positions", x, mask);
    checkFeatures("positions", x, inputs);
    return present(x.add(sinusoidalPositions(x.shape[0], inputs).unsqueeze(1)), mask);
  };
  return Object.assign(layer, { outputs: inputs });
}

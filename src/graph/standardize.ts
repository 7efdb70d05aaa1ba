import { InputError } from "./errors.ts";
import { mean, sqrt } from "./functions.ts";
import type { Value } from "./value.ts";

export interface StandardizeOptions {
  /** Any axes: one, several, negative ones; all where none are named. */
  axes?: number | readonly number[];
  /** Added to the variance, so that equal numbers become 0 and not 0 / 0. */
  epsilon?: number;
}

/**
 * (x − μ) / √(σ² + ε), with the mean μ and the variance σ² over some axes: the heart of layer normalization
 * (Ba, Kiros & Hinton 2016, arXiv 1607.06450, equation 3).
 *
 * @throws InputError where an axis is out of range or named twice, or ε is not above 0
 */
export function standardize(x: Value, { axes, epsilon = 1e-5 }: StandardizeOptions = {}): Value {
  if (!(epsilon > 0))
    throw new InputError(`standardize: an epsilon of ${epsilon} guards nothing: use one above 0`);
  const centered = x.sub(mean(x, axes, { keep: true }));
  return centered.div(sqrt(mean(centered.mul(centered), axes, { keep: true }).add(epsilon)));
}

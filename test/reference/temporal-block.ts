import type { Tensors } from "../everywhere.ts";
import { convolved } from "./convolution-encoder.ts";
import { standardized } from "./layer-normalization.ts";
import { eachStep, mapped, type Sequences } from "./sequences.ts";

export interface TemporalBlockReference {
  path: string;
  dilation: number;
  direction?: "forward" | "backward" | "both";
}

const absent = (x: Sequences, mask: Tensors[string]): Sequences =>
  eachStep(x, (vector, t, row) => (mask.data[t * x[0].length + row] === 0 ? vector.map(() => 0) : vector));

/** What spatial dropout at rate ½ leaves of a step: features whose draw lies within ¼ of ½, doubled. */
const thinned = (x: Sequences, draws: Tensors[string]): Sequences =>
  eachStep(x, (vector, _, row) =>
    vector.map((one, unit) => (Math.abs(draws.data[row * vector.length + unit] - 0.5) < 0.25 ? 2 * one : 0)),
  );

/** A residual temporal block with dropout at rate ½, by plain loops. */
export function temporalBlockReference(
  x: Sequences,
  feeds: Tensors,
  { path, dilation, direction }: TemporalBlockReference,
): Sequences {
  const at = (name: string) => feeds[`${path}.${name}`];
  const convolution = (of: Sequences, name: string) => {
    const weights = { kernel: at(`${name}.kernel`), bias: at(`${name}.bias`) };
    const sums = convolved(of, { ...weights, dilation, direction });
    const rectified = eachStep(sums, (vector) => vector.map((one) => Math.max(one, 0)));
    return thinned(absent(rectified, feeds.mask), at(`dropout.${name}`));
  };
  const found = convolution(convolution(x, "first"), "second");
  return absent(
    eachStep(x, (vector, t, row) => {
      const skip = at("skip.weight") ? mapped(vector, at("skip.weight"), at("skip.bias")) : vector;
      const normalized = standardized(skip.map((one, unit) => one + found[t][row][unit]));
      return normalized.map((one, unit) => one * at("norm.gain").data[unit] + at("norm.bias").data[unit]);
    }),
    feeds.mask,
  );
}

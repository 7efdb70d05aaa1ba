import { z } from "zod";
import { checkOptions } from "../cells/define-cell.ts";
import { abs, where } from "../graph/functions.ts";
import { normalizeAxes } from "../graph/shape.ts";
import { noise, type Value } from "../graph/value.ts";

const options = z.strictObject({
  rate: z.number().min(0).lt(1),
  shared: z.array(z.int()).default([]),
});

/**
 * Sets each number to 0 with probability `rate` and scales the others by 1 / (1 − rate). Its random numbers are
 * an input of the graph, which the trainer fills; a number is kept where its draw lies in the middle of 0 to 1.
 * With the draws of a graph that is not being trained, 0.5 everywhere, dropout is the identity; what is used
 * for good is better traced without it.
 *
 * `shared` lists axes along which all numbers share one draw. Sharing over time, axis 0, is variational
 * dropout (Gal & Ghahramani 2016): one mask for the whole sequence.
 *
 * ```ts
 * const thinned = dropout("encoder.dropout", x, { rate: 0.5, shared: [0] });
 * ```
 */
export function dropout(name: string, x: Value, given: z.input<typeof options>): Value {
  const { rate, shared } = checkOptions(`dropout "${name}"`, options, given);
  if (rate === 0) return x;
  const together = normalizeAxes("dropout", shared, x.rank);
  const draws = noise(
    name,
    x.shape.map((size, axis) => (together.includes(axis) ? 1 : size)),
  );
  const off = abs(draws.sub(0.5));
  const kept = off
    .less((1 - rate) / 2)
    .cast(x.dtype)
    .div(1 - rate);
  return x.mul(where(off.equal(0), 1, kept));
}

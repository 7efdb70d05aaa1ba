import { z } from "zod";
import { checkOptions } from "../cells/define-cell.ts";
import { normalizeAxes } from "../graph/shape.ts";
import { noise, type Value } from "../graph/value.ts";

const options = z.object({
  rate: z.number().min(0).lt(1),
  shared: z.array(z.int()).default([]),
});

/**
 * Sets each number to 0 with probability `rate` and scales the others by 1 / (1 − rate). Put it into the
 * graph that is trained and leave it out of the one that is used: its random numbers are an input of the
 * graph, which the trainer fills.
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
  return x.mul(
    draws
      .less(1 - rate)
      .cast(x.dtype)
      .div(1 - rate),
  );
}

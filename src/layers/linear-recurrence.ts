import type { Coefficients } from "../cells/linear-cell.ts";
import { ceilDivide, multiplySizes, subtractSizes } from "../graph/dim.ts";
import { pad, zeros } from "../graph/functions.ts";
import { scan } from "../graph/scan.ts";
import { filled, type Value } from "../graph/value.ts";

/** Steps in a chunk; of 8 to 64, training took least time with 32. */
const CHUNK = 32;

/**
 * All h_t = keep_t ⊙ h_{t−1} + add_t, keep and add being [time, batch, …] and keep from 0 to 1. Of n steps only
 * 32 + n / 32 are walked one after the other.
 *
 * Time is cut into chunks of 32 steps, which are walked side by side, each from 0, together with the products of their
 * keeps; then what each chunk hands on is found from chunk to chunk, and reaches the steps within by those products.
 * The products can only fall, so that nothing overflows however long the sequence; the quotients by which a cumulative
 * sum would do the same overflow soon. A form that doubles its reach at each turn (Hillis & Steele 1986) needs only
 * log n turns, but each is as much work as all of this.
 *
 * @param initial h before the first step [batch, …]
 * @param options `reverse` begins at the last step; `name` is what messages call what reads the sequence
 * @returns h after each step, and after the last one
 */
export function linearRecurrence(
  { keep, add }: Coefficients,
  initial: Value,
  { reverse = false, name }: { reverse?: boolean; name?: string } = {},
): { outputs: Value; final: Value } {
  const [time, ...rest] = keep.shape;
  const chunks = ceilDivide(time, CHUNK);
  const whole = multiplySizes(chunks, CHUNK);
  const borders = [[0, subtractSizes(whole, time)] as const, ...rest.map(() => [0, 0] as const)];
  // [time, …] → [chunk, chunks, …]; steps that are missing in the last chunk change nothing.
  const cut = (value: Value, missing: number) =>
    swapped(pad(value, borders, missing).reshape([chunks, CHUNK, ...rest]));
  const start = [chunks, ...rest];
  const within = scan({
    states: { h: zeros(start, keep.dtype), kept: filled(1, start, keep.dtype) },
    sequences: { keep: cut(keep, 1), add: cut(add, 0) },
    reverse,
    name,
    step({ h, kept }, { keep, add }) {
      const states = { h: keep.mul(h).add(add), kept: keep.mul(kept) };
      return { states, outputs: states };
    },
  });
  const across = scan({
    states: { h: initial },
    sequences: within.states,
    reverse,
    name,
    step: (before, chunk) => ({
      states: { h: chunk.kept.mul(before.h).add(chunk.h) },
      outputs: before,
    }),
  });
  const outputs = swapped(within.outputs.kept.mul(across.outputs.h).add(within.outputs.h))
    .reshape([whole, ...rest])
    .slice(0, 0, time);
  return { outputs, final: across.states.h };
}

function swapped(value: Value): Value {
  return value.transpose([1, 0, ...Array.from({ length: value.rank - 2 }, (_, axis) => axis + 2)]);
}

import { exp, softmax, stopGradient, where } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";

/** Below every score, and far enough from the limits of float32 that differences stay finite. */
const lowest = -1e30;

/**
 * Softmax along an axis over those scores that are allowed: the others get 0, and where none is allowed all do.
 *
 * @param allowed bool, broadcasts to the scores; all are, where none is given
 */
export function maskedSoftmax(scores: Value, allowed: Value | undefined, axis = -1): Value {
  if (!allowed) return softmax(scores, axis);
  const known = where(allowed, scores, lowest);
  const peak = stopGradient(known.max(axis, { keep: true }));
  const powers = where(allowed, exp(known.sub(peak)), 0);
  const total = powers.sum(axis, { keep: true });
  return powers.div(where(total.equal(0), 1, total));
}

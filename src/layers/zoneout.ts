import { where } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";

/**
 * Each number of a state stays as it was with probability `rate` (zoneout: Krueger et al., ICLR 2017). Where draws are
 * 0.5, as in a graph that is not being trained, it becomes what is expected: rate ⊙ before + (1 − rate) ⊙ after.
 *
 * @param draws uniform in [0, 1), in the state's shape
 */
export function zoneout(before: Value, after: Value, rate: number, draws: Value): Value {
  const expected = before.mul(rate).add(after.mul(1 - rate));
  return where(draws.equal(0.5), expected, where(draws.less(rate), before, after));
}

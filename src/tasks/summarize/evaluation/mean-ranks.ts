/** Several scorings of the same things become one, though they have no common scale. */
import { ranking } from "./rank-correlation.ts";

/**
 * The mean of all rankings, each from 0 for the least to 1; equals share the mean of their ranks.
 *
 * @param all at least one list of scores, [n] each
 * @returns [n]
 */
export function meanRanks(all: readonly ArrayLike<number>[]): Float32Array {
  const rankings = all.map(ranking);
  const last = all[0].length - 1;
  return Float32Array.from(all[0], (_, at) => {
    const doubled = rankings.reduce((sum, { centered }) => sum + centered[at] + last, 0);
    return doubled / 2 / Math.max(1, last) / all.length;
  });
}

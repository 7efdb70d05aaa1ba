/** How far a mean over videos could be off, had other videos of the kind been asked for. */
import type { Stream } from "../../../weights/random.ts";

/** How often videos are drawn anew. */
const times = 10_000;

/** Draws of as many videos as there are, with replacement: [times × videos], each the place of a video. */
export function drawVideos(videos: number, stream: Stream): Int32Array {
  return Int32Array.from({ length: times * videos }, () => stream.integer(videos));
}

/**
 * The bootstrap's percentile interval of a weighted mean over videos, 95 %. The same draws for all rows of a table keep their
 * intervals comparable.
 *
 * @param values of the videos; those that are NaN are left out.
 * @param weights how much each video counts, above 0
 * @param draws from `drawVideos`
 */
export function meanInterval(
  values: readonly number[],
  weights: readonly number[],
  draws: Int32Array,
): [number, number] {
  const videos = values.length;
  const counted = values.map((value, at) => (Number.isNaN(value) ? 0 : weights[at]));
  const weighted = values.map((value, at) => (Number.isNaN(value) ? 0 : value * weights[at]));
  const means = new Float64Array(draws.length / videos);
  for (let draw = 0; draw < means.length; draw++) {
    let sum = 0;
    let weight = 0;
    for (let at = draw * videos; at < (draw + 1) * videos; at++) {
      sum += weighted[draws[at]];
      weight += counted[draws[at]];
    }
    means[draw] = sum / weight;
  }
  means.sort();
  return [quantile(means, 0.025), quantile(means, 0.975)];
}

/** Between the two nearest values in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

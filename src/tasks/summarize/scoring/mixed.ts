/** Two scorings of one video become one. */
import { ranking } from "../evaluation/rank-correlation.ts";
import type { FrameScores } from "./score-frames.ts";

/**
 * Scores are the means of both rankings, from 0 for the least important frame to 1; equals share the mean of their ranks. The
 * order takes frames by the sum of their places in both orders.
 */
export function mixed(a: FrameScores, b: FrameScores): FrameScores {
  const [ranks, others] = [ranksOf(a.scores), ranksOf(b.scores)];
  const places = new Float64Array(ranks.length);
  for (const { order } of [a, b])
    order.forEach((frame, place) => {
      places[frame] += place;
    });
  return {
    scores: ranks.map((rank, frame) => (rank + others[frame]) / 2),
    order: Int32Array.from(places.keys()).sort((x, y) => places[x] - places[y] || x - y),
  };
}

function ranksOf(scores: Float32Array): Float32Array {
  const most = Math.max(1, scores.length - 1);
  return Float32Array.from(ranking(scores).centered, (centered) => (centered + scores.length - 1) / 2 / most);
}

/** Two scorings of one video become one. */
import { meanRanks } from "../evaluation/mean-ranks.ts";
import type { FrameScores } from "./score-frames.ts";

/** Scores are the means of both rankings; the order takes frames by the sum of their places in both orders. */
export function mixed(a: FrameScores, b: FrameScores): FrameScores {
  const places = new Float64Array(a.order.length);
  for (const { order } of [a, b])
    order.forEach((frame, place) => {
      places[frame] += place;
    });
  return {
    scores: meanRanks([a.scores, b.scores]),
    order: Int32Array.from(places.keys()).sort((x, y) => places[x] - places[y] || x - y),
  };
}

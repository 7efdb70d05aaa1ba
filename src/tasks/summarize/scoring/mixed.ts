/** Several scorings of one video become one. */
import { meanRanks } from "../evaluation/mean-ranks.ts";
import type { FrameScores } from "./score-frames.ts";

/** Scores are the means of all rankings; the order takes frames by the sum of their places in all orders. */
export function mixed(all: readonly FrameScores[]): FrameScores {
  const places = new Float64Array(all[0].order.length);
  for (const { order } of all)
    order.forEach((frame, place) => {
      places[frame] += place;
    });
  return {
    scores: meanRanks(all.map(({ scores }) => scores)),
    order: Int32Array.from(places.keys()).sort((x, y) => places[x] - places[y] || x - y),
  };
}

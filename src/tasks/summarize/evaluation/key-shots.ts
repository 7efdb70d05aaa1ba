/** From scores of frames or steps to a summary: the field's way (Zhang, Chao, Sha & Grauman, ECCV 2016). */
import type { FrameRange } from "../datasets/annotated-video.ts";
import { knapsack } from "../shots/knapsack.ts";

/** The part of a video's frames that a summary may take. */
export const summaryShare = 0.15;

/**
 * A score for each frame: that of a step holds from its frame until the next step's, the last one to the end. Frames
 * before the first step get 0.
 *
 * @param scores [steps]
 * @param picks the frame that each step shows, increasing, [steps]
 */
export function frameScores(
  scores: ArrayLike<number>,
  picks: ArrayLike<number>,
  frameCount: number,
): Float64Array {
  const frames = new Float64Array(frameCount);
  for (let step = 0; step < picks.length; step++)
    frames.fill(scores[step], picks[step], picks[step + 1] ?? frameCount);
  return frames;
}

/**
 * Which shots make up the summary: those whose mean scores sum up to the most, in no more than 15 % of the frames (rounded
 * down). The value of a shot is its plain mean score: not × its length, not rounded. With either, random scores no longer
 * reach the F1 that is published for them. A shot whose mean is not above 0 is never taken.
 *
 * @param scores [frames]
 * @returns for each shot whether it is taken.
 */
export function keyShots(scores: ArrayLike<number>, shots: readonly FrameRange[]): boolean[] {
  const lengths = shots.map(({ start, end }) => end - start);
  const means = shots.map(({ start, end }) => {
    let sum = 0;
    for (let frame = start; frame < end; frame++) sum += scores[frame];
    return sum / (end - start);
  });
  return knapsack(lengths, means, Math.floor(scores.length * summaryShare));
}

/** The same as frames: 1 where one is in the summary, [frames]. */
export function summaryFrames(
  taken: readonly boolean[],
  shots: readonly FrameRange[],
  frameCount: number,
): Uint8Array {
  const frames = new Uint8Array(frameCount);
  for (const [at, { start, end }] of shots.entries()) if (taken[at]) frames.fill(1, start, end);
  return frames;
}

/** F1 of two summaries from the number of frames in both and in each, 2·both/(a + b); 0 where they share none. */
export function f1(both: number, a: number, b: number): number {
  return both === 0 ? 0 : (2 * both) / (a + b);
}

import type { Quality } from "./quality.ts";
import type { Shot } from "./summary.ts";

/** What the choice of key frames knows of each sample. */
export interface Candidates {
  /** Frame that each sample shows, ascending. */
  frames: ArrayLike<number>;
  scores: ArrayLike<number>;
  quality: readonly Quality[];
  /** [samples, width]: what two pictures are compared by. */
  appearance: Float32Array;
  width: number;
  /** Samples in the order in which they add most to the summary. */
  order: ArrayLike<number>;
}

export interface ChosenFrame {
  sample: number;
  frame: number;
  /** Index of its shot. */
  shot: number;
}

/** Below this deviation of luma a picture is black, white or of one color. */
const leastContrast = 0.03;

/** A picture this much less sharp than the sharpest of its shot was blurred by motion or focus. */
const leastSharpness = 0.4;

/** Squared distance of descriptors below which two pictures are nearly the same. */
const nearlySame = 0.12;

/** Squared distance that a second key frame of a shot must keep from all others. */
const clearlyOther = 0.35;

/**
 * Key frames of the selected shots, ascending: of each shot its most important clear picture, the most important
 * shots first; then, while there is room, what differs clearly from all taken so far. None is flat, blurred or
 * nearly the same as another. Where the whole video is flat, its least flat picture stands for it.
 */
export function chooseKeyframes(candidates: Candidates, shots: readonly Shot[], most: number): ChosenFrame[] {
  const { frames, quality, scores, order } = candidates;
  const shotOf = shotOfSamples(frames, shots);
  const sharpest = shots.map(() => 0);
  shotOf.forEach((shot, k) => {
    sharpest[shot] = Math.max(sharpest[shot], quality[k].sharpness);
  });
  const isClear = (k: number) =>
    quality[k].contrast >= leastContrast && quality[k].sharpness >= leastSharpness * sharpest[shotOf[k]];
  const merit = (k: number) => scores[k] + 0.5 * (quality[k].sharpness / (sharpest[shotOf[k]] || 1));

  const taken: number[] = [];
  const takeIfOther = (k: number, distance: number): boolean => {
    const isOther = taken.every((other) => squaredDistance(candidates, k, other) >= distance);
    if (isOther) taken.push(k);
    return isOther;
  };

  const clear = shotOf.map((_, k) => k).filter((k) => shots[shotOf[k]].selected && isClear(k));
  const ranked = shots.map((_, shot) => shot).filter((shot) => shots[shot].selected);
  ranked.sort((a, b) => shots[b].score - shots[a].score || a - b);
  for (const shot of ranked) {
    if (taken.length >= most) break;
    const inShot = clear.filter((k) => shotOf[k] === shot).sort((a, b) => merit(b) - merit(a) || a - b);
    inShot.find((k) => takeIfOther(k, nearlySame));
  }
  const isCandidate = new Set(clear);
  for (let i = 0; i < order.length && taken.length < most; i++) {
    if (isCandidate.has(order[i])) takeIfOther(order[i], clearlyOther);
  }
  if (taken.length === 0) taken.push(leastFlat(quality));
  return taken
    .sort((a, b) => a - b)
    .map((sample) => ({ sample, frame: frames[sample], shot: shotOf[sample] }));
}

function shotOfSamples(frames: ArrayLike<number>, shots: readonly Shot[]): number[] {
  let shot = 0;
  return Array.from(frames, (frame) => {
    while (shot + 1 < shots.length && frame >= shots[shot].endFrame) shot++;
    return shot;
  });
}

function leastFlat(quality: readonly Quality[]): number {
  return quality.reduce((best, { contrast }, k) => (contrast > quality[best].contrast ? k : best), 0);
}

function squaredDistance({ appearance, width }: Candidates, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += (appearance[a * width + i] - appearance[b * width + i]) ** 2;
  return sum;
}

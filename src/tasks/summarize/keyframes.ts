import { colorDistance, structureDistance } from "./likeness.ts";
import { type Quality, visibility } from "./quality.ts";
import type { Shot } from "./summary.ts";

/** What the choice of key frames knows of each sample. */
export interface Candidates {
  /** Frame that each sample shows, ascending. */
  frames: ArrayLike<number>;
  /** Its time, in seconds. */
  times: ArrayLike<number>;
  scores: ArrayLike<number>;
  quality: readonly Quality[];
  /** The descriptor of a sample. */
  descriptor: (sample: number) => Float32Array;
  /** Frames at which a hard cut begins a new take, ascending. */
  cuts: readonly number[];
  /** Samples in the order in which they add most to the summary. */
  order: ArrayLike<number>;
}

export interface ChosenFrame {
  sample: number;
  frame: number;
  /** Index of its shot. */
  shot: number;
}

/** A picture this much less sharp than the sharpest of its shot was blurred by motion or focus. */
const leastSharpness = 0.4;

/** The same picture with this much more contrast one sample away: a fade. */
const fadingContrast = 1.25;

/** Structure distance below which two pictures are nearly the same. */
const nearlySame = 0.08;

/** Of one take and so near in time, pictures must differ in structure and in color: things and cameras that move don't do. */
const sameTake = { seconds: 4, structure: 0.4, color: 0.1 };

/** Structure distance that a second key frame of a shot must keep from all others. */
const clearlyOther = 0.3;

/**
 * Key frames of the selected shots, ascending: of each shot its most important clear picture, the most important
 * shots first; then, while there is room, what differs clearly from all taken so far. None is flat, fading, blurred or
 * nearly the same as another. Where the whole video is flat, its least flat picture stands for it.
 */
export function chooseKeyframes(candidates: Candidates, shots: readonly Shot[], most: number): ChosenFrame[] {
  const { frames, times, quality, scores, order, descriptor, cuts } = candidates;
  const shotOf = intervalOf(
    frames,
    shots.slice(1).map(({ startFrame }) => startFrame),
  );
  const takeOf = intervalOf(frames, cuts);
  const sharpest = new Float64Array(shots.length);
  shotOf.forEach((shot, k) => {
    sharpest[shot] = Math.max(sharpest[shot], quality[k].sharpness);
  });
  const sharpness = (k: number) => quality[k].sharpness / (sharpest[shotOf[k]] || 1);
  const isClear = (k: number) =>
    visibility(quality[k]) === 1 && sharpness(k) >= leastSharpness && !isFading(candidates, k);
  const merit = (k: number) => scores[k] + 0.5 * sharpness(k);

  const taken: number[] = [];
  const isOther = (k: number, other: number, distance: number): boolean => {
    const [a, b] = [descriptor(k), descriptor(other)];
    const structure = structureDistance(a, b);
    const isNear = takeOf[k] === takeOf[other] && Math.abs(times[k] - times[other]) < sameTake.seconds;
    if (!isNear) return structure >= distance;
    return structure >= Math.max(distance, sameTake.structure) && colorDistance(a, b) >= sameTake.color;
  };
  const takeIfOther = (k: number, distance: number): boolean => {
    const isNew = taken.every((other) => isOther(k, other, distance));
    if (isNew) taken.push(k);
    return isNew;
  };

  const clear = shotOf.map((_, k) => k).filter((k) => shots[shotOf[k]].selected && isClear(k));
  const clearOf = Map.groupBy(clear, (k) => shotOf[k]);
  const ranked = [...clearOf.keys()].sort((a, b) => shots[b].score - shots[a].score || a - b);
  for (const shot of ranked) {
    if (taken.length >= most) break;
    const best = clearOf.get(shot)!.sort((a, b) => merit(b) - merit(a) || a - b);
    best.find((k) => takeIfOther(k, nearlySame));
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

/** For each frame how many of the ascending starts it has reached. */
function intervalOf(frames: ArrayLike<number>, starts: readonly number[]): number[] {
  let reached = 0;
  return Array.from(frames, (frame) => {
    while (reached < starts.length && frame >= starts[reached]) reached++;
    return reached;
  });
}

function isFading({ quality, descriptor, frames }: Candidates, k: number): boolean {
  return [k - 1, k + 1].some(
    (near) =>
      near >= 0 &&
      near < frames.length &&
      quality[near].contrast > fadingContrast * quality[k].contrast &&
      structureDistance(descriptor(near), descriptor(k)) < nearlySame,
  );
}

function leastFlat(quality: readonly Quality[]): number {
  return quality.reduce((best, { contrast }, k) => (contrast > quality[best].contrast ? k : best), 0);
}

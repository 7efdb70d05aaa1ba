import { colorDistance, structureDistance } from "./frames/likeness.ts";
import { type Quality, visibility } from "./frames/quality.ts";
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
const sameTake = { seconds: 10, structure: 0.4, color: 0.1 };

/**
 * Key frames, ascending: of each selected shot its most important clear picture, the most important shots first; then,
 * while there is room, what adds most to them, from selected shots and from those of at least mean importance. None is
 * flat, fading, blurred or nearly the same as another. Where the whole video is flat, its least flat picture stands
 * for it.
 */
export function chooseKeyframes(candidates: Candidates, shots: readonly Shot[], most: number): ChosenFrame[] {
  const { frames, scores, order, quality, cuts } = candidates;
  const shotOf = intervalOf(
    frames,
    shots.slice(1).map(({ startFrame }) => startFrame),
  );
  const sharpness = sharpnessInShot(quality, shotOf);
  const isClear = (k: number) =>
    visibility(quality[k]) === 1 && sharpness[k] >= leastSharpness && !isFading(candidates, k);
  const clear = shotOf.map((_, k) => k).filter(isClear);
  const album = new Album(candidates, intervalOf(frames, cuts), most);

  const merit = (k: number) => scores[k] + 0.5 * sharpness[k];
  const clearOf = Map.groupBy(clear, (k) => shotOf[k]);
  const ranked = [...clearOf.keys()].filter((shot) => shots[shot].selected);
  ranked.sort((a, b) => shots[b].score - shots[a].score || a - b);
  for (const shot of ranked) {
    const best = clearOf.get(shot)!.sort((a, b) => merit(b) - merit(a) || a - b);
    best.find((k) => album.take(k));
  }

  const isClearSample = new Set(clear);
  const mean = shotOf.reduce((sum, _, k) => sum + scores[k], 0) / shotOf.length;
  for (let i = 0; i < order.length; i++) {
    const { selected, score } = shots[shotOf[order[i]]];
    if (isClearSample.has(order[i]) && (selected || score >= mean)) album.take(order[i]);
  }
  if (album.samples.length === 0) album.samples.push(leastFlat(quality));
  return album.samples
    .sort((a, b) => a - b)
    .map((sample) => ({ sample, frame: frames[sample], shot: shotOf[sample] }));
}

/** Collects samples that differ from one another. */
class Album {
  readonly samples: number[] = [];
  readonly #candidates: Candidates;
  readonly #takeOf: readonly number[];
  readonly #most: number;

  constructor(candidates: Candidates, takeOf: readonly number[], most: number) {
    this.#candidates = candidates;
    this.#takeOf = takeOf;
    this.#most = most;
  }

  /** Takes a sample if there is room and it is not nearly the same as one taken; says whether it did. */
  take(k: number): boolean {
    if (this.samples.length >= this.#most) return false;
    if (!this.samples.every((other) => this.#differ(k, other))) return false;
    this.samples.push(k);
    return true;
  }

  #differ(k: number, other: number): boolean {
    const { descriptor, times } = this.#candidates;
    const [a, b] = [descriptor(k), descriptor(other)];
    const structure = structureDistance(a, b);
    const isSameTake = this.#takeOf[k] === this.#takeOf[other];
    if (!isSameTake || Math.abs(times[k] - times[other]) >= sameTake.seconds) return structure >= nearlySame;
    return structure >= sameTake.structure && colorDistance(a, b) >= sameTake.color;
  }
}

/** Sharpness of each sample over that of the sharpest of its shot. */
function sharpnessInShot(quality: readonly Quality[], shotOf: readonly number[]): number[] {
  const sharpest: number[] = [];
  shotOf.forEach((shot, k) => {
    sharpest[shot] = Math.max(sharpest[shot] ?? 0, quality[k].sharpness);
  });
  return shotOf.map((shot, k) => quality[k].sharpness / (sharpest[shot] || 1));
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

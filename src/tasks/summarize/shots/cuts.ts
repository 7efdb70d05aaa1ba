import type { Scan } from "../../../data/video/video.ts";

/** A frame at which the picture jumps, and by how much more than around it. */
export interface Cut {
  frame: number;
  /** Its change over the largest change near it, from 1. */
  prominence: number;
}

/** Changes below this are no cut, however quiet their surroundings: dark noise, a blink, a caption. */
const leastChange = 0.08;

/** A cut exceeds everything within a quarter of a second by this factor; flashes and fast motion don't. */
const leastProminence = 2.5;

/** Part of every surrounding that is taken as moving, so that a still one doesn't make any change prominent. */
const stillness = 0.02;

/** Frames whose change to the frame before is a clear local maximum. */
export function hardCuts({ times, change, keyframesOnly }: Scan): Cut[] {
  if (keyframesOnly) return [];
  const cuts: Cut[] = [];
  for (let frame = 1; frame < change.length; frame++) {
    if (change[frame] < leastChange) continue;
    const prominence = prominenceOf(frame, times, change);
    if (prominence >= leastProminence) cuts.push({ frame, prominence });
  }
  return cuts;
}

function prominenceOf(frame: number, times: Float64Array, change: Float32Array): number {
  let around = 0;
  for (const step of [-1, 1]) {
    for (let f = frame + step, n = 1; f > 0 && f < change.length; f += step, n++) {
      if (n > 3 && Math.abs(times[f] - times[frame]) > 0.25) break;
      around = Math.max(around, change[f]);
    }
  }
  return change[frame] / (around + stillness);
}

export interface ShotOptions {
  /** Boundaries between samples k − 1 and k, from kernel temporal segmentation. */
  changePoints: readonly number[];
  /** Frame that each sample shows, ascending. */
  sampleFrames: ArrayLike<number>;
  scan: Scan;
  cuts: readonly Cut[];
  /** Seconds; of two boundaries nearer than this (twice this without a cut) the weaker one goes. */
  minimum: number;
}

/**
 * First frame of every shot, ascending from 0. A change point between two samples moves to the cut between them,
 * else to the largest change there if it is prominent, else to the middle; cuts that no change point stands for
 * are added.
 */
export function shotStarts({ changePoints, sampleFrames, scan, cuts, minimum }: ShotOptions): number[] {
  const strength = new Map(cuts.map(({ frame, prominence }) => [frame, prominence]));
  for (const k of changePoints) {
    const [after, upTo] = [sampleFrames[k - 1], sampleFrames[k]];
    if (cuts.some(({ frame }) => frame > after && frame <= upTo)) continue;
    strength.set(frameBetween(after, upTo, scan), 0);
  }
  return keepApart(strength, scan.times, minimum);
}

/** Where in (after, upTo] a passage without a hard cut best divides: its first frame after the division. */
export function frameBetween(after: number, upTo: number, { times, change, keyframesOnly }: Scan): number {
  if (keyframesOnly) return upTo;
  let peak = upTo;
  for (let frame = after + 1; frame <= upTo; frame++) if (change[frame] > change[peak]) peak = frame;
  if (prominenceOf(peak, times, change) >= 1.5) return peak;
  return after + Math.ceil((upTo - after) / 2);
}

/** Boundaries without a cut keep this many times the distance: unlike cuts they are a matter of taste. */
const softness = 2;

/** Takes boundaries from the strongest down, leaving out those too near a taken one or an end of the video. */
function keepApart(strength: Map<number, number>, times: Float64Array, minimum: number): number[] {
  const last = times[times.length - 1];
  const taken = [0];
  const byStrength = [...strength].sort(([a, x], [b, y]) => y - x || a - b);
  for (const [frame, prominence] of byStrength) {
    const distance = prominence > 0 ? minimum : softness * minimum;
    const tooNear = taken.some((other) => Math.abs(times[frame] - times[other]) < distance);
    if (frame > 0 && !tooNear && last - times[frame] >= distance / 2) taken.push(frame);
  }
  return taken.sort((a, b) => a - b);
}

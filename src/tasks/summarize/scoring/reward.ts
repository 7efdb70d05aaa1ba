/**
 * How good a set of frames is as a summary, without labels (Zhou, Qiao & Xiang, AAAI 2018, equations 3 to 6):
 * the mean of its diversity and its representativeness, each from 0 to 1. Their rule that frames more than 20
 * samples apart count as wholly different is left out: it favors both ends of a video, which have the most
 * frames far away (on a clip of a minute the outer tenths came to a mean importance of .36 against .21 inside;
 * without it, .21 against .24).
 */

export interface FrameDistances {
  readonly frames: number;
  /** 1 − cosine of two frames' features, [frames × frames]. */
  readonly unlikeness: Float32Array;
  /** Euclidean distance of two frames' features of length 1, [frames × frames]. */
  readonly distance: Float32Array;
}

/** @param features [frames, width], row by row */
export function frameDistances(features: Float32Array, frames: number): FrameDistances {
  const width = features.length / frames;
  const unit = features.slice();
  for (let t = 0; t < frames; t++) {
    const row = unit.subarray(t * width, (t + 1) * width);
    const length = Math.hypot(...row) || 1;
    for (let i = 0; i < width; i++) row[i] /= length;
  }
  const unlikeness = new Float32Array(frames * frames);
  const distance = new Float32Array(frames * frames);
  for (let s = 0; s < frames; s++) {
    for (let t = 0; t < s; t++) {
      let cosine = 0;
      for (let i = 0; i < width; i++) cosine += unit[s * width + i] * unit[t * width + i];
      const apart = Math.max(0, 1 - cosine);
      unlikeness[s * frames + t] = unlikeness[t * frames + s] = apart;
      distance[s * frames + t] = distance[t * frames + s] = Math.sqrt(2 * apart);
    }
  }
  return { frames, unlikeness, distance };
}

/** The reward of a set of frames, ascending; 0 for an empty one. */
export function summaryReward(distances: FrameDistances, chosen: readonly number[]): number {
  if (chosen.length === 0) return 0;
  return (diversity(distances, chosen) + representativeness(distances, chosen)) / 2;
}

/** The mean unlikeness of two frames of the set (equation 3); 0 where there is one alone. */
function diversity({ frames, unlikeness }: FrameDistances, chosen: readonly number[]): number {
  if (chosen.length < 2) return 0;
  let sum = 0;
  for (const s of chosen) {
    for (const t of chosen) if (s !== t) sum += unlikeness[s * frames + t];
  }
  return sum / (chosen.length * (chosen.length - 1));
}

/** exp(−mean distance of each frame to the nearest one of the set) (equation 6). */
function representativeness({ frames, distance }: FrameDistances, chosen: readonly number[]): number {
  let sum = 0;
  for (let t = 0; t < frames; t++) {
    let nearest = Number.POSITIVE_INFINITY;
    for (const s of chosen) nearest = Math.min(nearest, distance[s * frames + t]);
    sum += nearest;
  }
  return Math.exp(-sum / frames);
}

/** A video whose frames are to be scored. */
import { descriptorWidth } from "../frames/descriptor.ts";
import { histogramWidth, shotHistogram } from "../frames/shot-histogram.ts";
import type { Seen } from "./network-input.ts";

export interface VideoToScore {
  /** The frame that each sample shows, ascending, [samples]. */
  frames: Int32Array;
  /** Of the whole video. */
  frameCount: number;
  /** [samples, width], row by row. */
  features: Float32Array;
  /** [samples, descriptorWidth] */
  descriptors: Float32Array;
  /** One after another, from frame 0 to `frameCount`. */
  shots: readonly { start: number; end: number }[];
}

/** The video as a network sees it that reads shots: each is a step, shown by the histogram of the sample at its middle. */
export function shotsSeen({ frames, frameCount, descriptors, shots }: VideoToScore): Seen {
  const data = new Float32Array(shots.length * histogramWidth);
  shots.forEach(({ start, end }, shot) => {
    const sample = sampleAt(frames, start, end);
    const descriptor = descriptors.subarray(sample * descriptorWidth, (sample + 1) * descriptorWidth);
    data.set(shotHistogram(descriptor), shot * histogramWidth);
  });
  return {
    features: { data, width: histogramWidth },
    picks: Int32Array.from(shots, ({ start, end }) => (start + end) >> 1),
    frameCount,
    shots,
  };
}

/** The sample nearest to the middle of a shot; of a shot without one, the last before it. */
function sampleAt(frames: Int32Array, start: number, end: number): number {
  const distance = (sample: number) => Math.abs(2 * frames[sample] - start - end);
  let nearest = 0;
  for (let k = 1; k < frames.length && frames[k] < end; k++)
    if (frames[k - 1] < start || distance(k) < distance(nearest)) nearest = k;
  return nearest;
}

/**
 * Samples in the order of their shots: first the one nearest to the middle of each, then the next nearest of each, and so on.
 *
 * @param shotOf which shot each sample lies in, [samples]
 * @param order all shots, the one that adds most first
 */
export function samplesInOrder(
  { frames, shots }: VideoToScore,
  shotOf: Int32Array,
  order: Int32Array,
): Int32Array {
  const distance = (sample: number) => {
    const { start, end } = shots[shotOf[sample]];
    return Math.abs(2 * frames[sample] - start - end);
  };
  const nearest = Map.groupBy(shotOf.keys(), (sample) => shotOf[sample]);
  for (const samples of nearest.values()) samples.sort((a, b) => distance(a) - distance(b) || a - b);
  const inOrder: number[] = [];
  for (let round = 0; inOrder.length < frames.length; round++)
    for (const shot of order) {
      const sample = nearest.get(shot)?.[round];
      if (sample !== undefined) inOrder.push(sample);
    }
  return Int32Array.from(inOrder);
}

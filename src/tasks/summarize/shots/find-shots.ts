import { appearanceWidth } from "../frames/descriptor.ts";
import type { Watched } from "../frames/watch.ts";
import { type Cut, shotStarts } from "./cuts.ts";
import { segment } from "./kts.ts";
import { segmentCosts } from "./segment-costs.ts";
import { divideLong, longestSpan, type Span, spansFrom } from "./shots.ts";

/** Two boundaries nearer than this many seconds are one. */
const shortestShot = 0.5;

/**
 * `vmax` of the segmentation, at which it parts what people call shots and scenes: tried on the built-in descriptor and on
 * MobileNet's features, whose unrelated pictures are farther apart.
 */
const vmax = { descriptor: 0.12, network: 0.5 };

/** What a segmentation gives, and the rows that it is made by: [samples, width]. */
export interface Spans {
  spans: Span[];
  rows: Float32Array;
  width: number;
}

/** Segmentation, boundaries moved to the cuts: one span after another over all frames. */
export function findSpans(watched: Watched, cuts: readonly Cut[]): Spans {
  const { frames, scan, info } = watched;
  const isDescriptor = watched.features === watched.descriptors;
  const width = isDescriptor ? appearanceWidth : watched.width;
  const rows = unitRows(watched, width);
  const { changePoints } = segment(
    rows,
    { frames: frames.length, width },
    { vmax: isDescriptor ? vmax.descriptor : vmax.network },
  );
  const starts = shotStarts({ changePoints, sampleFrames: frames, scan, cuts, minimum: shortestShot });
  return { spans: spansFrom(starts, info.frames), rows, width };
}

/** What a skim of at most `budget` frames is made of: the spans, those divided that it has no room for. */
export function divideForSkim(
  { frames, scan, info }: Watched,
  { spans, rows, width }: Spans,
  budget: number,
): Span[] {
  const limits = { longest: longestSpan(budget, info.fps), budget };
  return divideLong(spans, limits, {
    costs: segmentCosts(rows, frames.length, width),
    sampleFrames: frames,
    scan,
  });
}

/**
 * The leading `kept` values of each sample's features, scaled to length 1 (the cosine kernel). Motion is left out of the
 * built-in descriptor: the first sample after a cut always differs from the one before, which would part it from its shot.
 */
export function unitRows({ frames, features, width }: Watched, kept: number): Float32Array {
  const unit = new Float32Array(frames.length * kept);
  for (let k = 0; k < frames.length; k++) {
    const row = features.subarray(k * width, k * width + kept);
    const length = Math.hypot(...row) || 1;
    for (let i = 0; i < kept; i++) unit[k * kept + i] = row[i] / length;
  }
  return unit;
}

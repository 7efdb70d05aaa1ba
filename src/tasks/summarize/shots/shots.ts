import type { Scan } from "../../../data/video/video.ts";
import type { Shot } from "../summary.ts";
import { frameBetween } from "./cuts.ts";
import { firstAtLeast } from "./first-at-least.ts";
import { knapsack } from "./knapsack.ts";
import type { SegmentCosts } from "./segment-costs.ts";

/** Frames, end exclusive. */
export interface Span {
  start: number;
  end: number;
}

/** Spans between consecutive starts, the last up to `frames`. */
export function spansFrom(starts: readonly number[], frames: number): Span[] {
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? frames }));
}

/** Seconds: shots of a skim from which none feels torn, and none drags on. */
const [shortEnough, longEnough] = [3, 10];

/** How long a shot may be, in frames, for a skim of `budget` frames: one may take two thirds of it. */
export function longestSpan(budget: number, fps: number): number {
  const seconds = Math.min(Math.max((2 * budget) / fps / 3, shortEnough), longEnough);
  return Math.max(1, Math.min(budget, Math.round(seconds * fps)));
}

/**
 * Divides every span that is longer than `longest` frames, again and again, where its two parts differ most: a
 * shot that no skim has room for could never be chosen, however important a part of it. Where key frames alone were seen
 * and a span has none to divide at, it may fill the whole `budget`: so it can be copied as it is coded.
 *
 * @param costs scatter of the samples, for the least-scatter division (a change point that was not worth its penalty).
 */
export function divideLong(
  spans: readonly Span[],
  { longest, budget }: { longest: number; budget: number },
  { costs, sampleFrames, scan }: { costs: SegmentCosts; sampleFrames: ArrayLike<number>; scan: Scan },
): Span[] {
  const divide = (span: Span): Span[] => {
    const length = span.end - span.start;
    if (length <= longest) return [span];
    const natural = naturalDivision(span, longest, costs, sampleFrames, scan);
    if (natural === undefined && scan.keyframesOnly && length <= budget) return [span];
    const middle = natural ?? span.start + Math.ceil(length / 2);
    return [...divide({ start: span.start, end: middle }), ...divide({ start: middle, end: span.end })];
  };
  return spans.flatMap(divide);
}

/** Scatter a frame that an off-center division must save, at the far end, to be preferred to the center. */
const balance = 0.05;

function naturalDivision(
  { start, end }: Span,
  longest: number,
  costs: SegmentCosts,
  sampleFrames: ArrayLike<number>,
  scan: Scan,
): number | undefined {
  const first = firstAtLeast(sampleFrames, start);
  const after = firstAtLeast(sampleFrames, end);
  const least = Math.min(Math.floor(longest / 2), Math.floor((end - start) / 3));
  let best = Infinity;
  let division: number | undefined;
  for (let k = first + 1; k < after; k++) {
    const frame = frameBetween(sampleFrames[k - 1], sampleFrames[k], scan);
    if (frame - start < least || end - frame < least) continue;
    const skew = Math.abs(2 * frame - start - end) / (end - start);
    const cost = costs.between(first, k) + costs.between(k, after) + balance * skew * (after - first);
    if (cost < best) {
      best = cost;
      division = frame;
    }
  }
  return division;
}

/**
 * Plain mean over a span's frames, each counted with the score of the last sample in the span that it follows
 * (before the first: the first; a span without samples: the one before it).
 */
export function meanScore(
  { start, end }: Span,
  scores: ArrayLike<number>,
  sampleFrames: ArrayLike<number>,
): number {
  const first = firstAtLeast(sampleFrames, start);
  const after = firstAtLeast(sampleFrames, end);
  if (first === after) return scores[Math.max(0, first - 1)];
  let sum = scores[first] * (sampleFrames[first] - start);
  for (let k = first; k < after; k++) {
    sum += scores[k] * ((k + 1 < after ? sampleFrames[k + 1] : end) - sampleFrames[k]);
  }
  return sum / (end - start);
}

/** A shot below this part of the video's mean score is not chosen merely because there is room for it. */
const worthwhile = 0.5;

/** Shots with scores; the worthwhile ones with the greatest summed score within `budget` frames are selected. */
export function chooseShots(
  spans: readonly Span[],
  {
    scores,
    sampleFrames,
    times,
    duration,
    budget,
  }: {
    scores: ArrayLike<number>;
    sampleFrames: ArrayLike<number>;
    times: Float64Array;
    duration: number;
    budget: number;
  },
): Shot[] {
  const values = spans.map((span) => meanScore(span, scores, sampleFrames));
  const lengths = spans.map(({ start, end }) => end - start);
  const mean = meanScore({ start: 0, end: spans.at(-1)!.end }, scores, sampleFrames);
  // The least value keeps the skim from being empty where nothing is worth anything.
  const worth = values.map((value) => (value < worthwhile * mean ? 0 : Math.max(value, 1e-6)));
  const selected = knapsack(lengths, worth, budget);
  return spans.map(({ start, end }, i) => ({
    startFrame: start,
    endFrame: end,
    startTime: times[start],
    endTime: end < times.length ? times[end] : duration,
    score: Math.min(1, Math.max(0, values[i])),
    selected: selected[i],
  }));
}

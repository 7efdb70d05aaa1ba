/** What the network reads at each step: what is seen, and where in the video it is. */
import { InputError } from "../../../graph/errors.ts";
import { shotOfSteps } from "../datasets/shot-of-steps.ts";
import { standardize } from "./standardize.ts";

/**
 * The parts of a network's input, in this order:
 *
 * - `features`: less their mean over the video, divided by their common standard deviation;
 * - `position`: how far into the video, p from −1 to 1, as √3 p and √5 (3p² − 1)/2, of unit variance;
 * - `duration`: ln of the length of the step's shot, less its mean over the steps;
 * - `likeness`: how much the step's features are like those of all steps, and of the nearest forty: the means of c and
 *   of e^(20(c − 1)), c the cosine of two steps' features, each less its mean over the video and divided by its deviation.
 */
export const inputParts = ["features", "position", "duration", "likeness"] as const;
export type InputPart = (typeof inputParts)[number];

/** A video as far as inputs are made from it. */
export interface Seen {
  /** [steps, width], row by row. */
  features?: { data: Float32Array; width: number };
  /** The frame that each step shows, [steps]. */
  picks: ArrayLike<number>;
  frameCount: number;
  shots?: readonly { start: number; end: number }[];
}

/** How many numbers a step has, with features of `width` values. */
export function inputWidth(parts: readonly InputPart[], width: number): number {
  const widths: Record<InputPart, number> = { features: width, position: 2, duration: 1, likeness: 4 };
  return parts.reduce((sum, part) => sum + widths[part], 0);
}

/**
 * A video's input, [steps, inputWidth].
 *
 * @param name the video, as messages call it
 * @throws InputError where the video lacks what a part is made from
 */
export function networkInput(name: string, seen: Seen, parts: readonly InputPart[]): Float32Array {
  const steps = seen.picks.length;
  const blocks = inputParts.filter((part) => parts.includes(part)).map((part) => makers[part](name, seen));
  const widths = blocks.map(({ length }) => length / steps);
  const width = widths.reduce((a, b) => a + b, 0);
  const input = new Float32Array(steps * width);
  for (let step = 0, at = 0; step < steps; step++) {
    blocks.forEach((block, part) => {
      input.set(block.subarray(step * widths[part], (step + 1) * widths[part]), at);
      at += widths[part];
    });
  }
  return input;
}

const makers: Record<InputPart, (name: string, seen: Seen) => Float32Array> = {
  features(name, seen) {
    const { data, width } = featuresOf(name, seen);
    return standardize(data, seen.picks.length, width);
  },
  position(_, { picks, frameCount }) {
    const input = new Float32Array(2 * picks.length);
    for (let step = 0; step < picks.length; step++) {
      const p = (2 * picks[step] + 1) / frameCount - 1;
      input[2 * step] = Math.sqrt(3) * p;
      input[2 * step + 1] = (Math.sqrt(5) / 2) * (3 * p * p - 1);
    }
    return input;
  },
  duration(name, { picks, shots }) {
    if (!shots)
      throw new InputError(`the video ${name} has no shots, whose durations the network is to read`);
    const lengths = Float32Array.from(shotOfSteps(picks, shots), (shot) =>
      Math.log(shots[shot].end - shots[shot].start),
    );
    const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
    return lengths.map((length) => length - mean);
  },
  likeness(name, seen) {
    const { data, width } = featuresOf(name, seen);
    return likeness(data, seen.picks.length, width);
  },
};

function featuresOf(name: string, { features, picks }: Seen): { data: Float32Array; width: number } {
  if (!features) throw new InputError(`the video ${name} has no features, which the network is to read`);
  if (features.data.length !== picks.length * features.width)
    throw new InputError(
      `the video ${name} has ${features.data.length} feature values for ${picks.length} steps of ${features.width}`,
    );
  return features;
}

/** How many steps before and after one are its surroundings, and how sharply near duplicates stand out. */
const near = 20;
const sharpness = 20;

function likeness(features: Float32Array, steps: number, width: number): Float32Array {
  const unit = Float32Array.from(features);
  for (let step = 0; step < steps; step++) {
    const row = unit.subarray(step * width, (step + 1) * width);
    const length = Math.hypot(...row) || 1;
    for (let i = 0; i < width; i++) row[i] /= length;
  }
  const columns = 4;
  const input = new Float32Array(columns * steps);
  for (let s = 0; s < steps; s++) {
    const sums = [0, 0, 0, 0];
    let surroundings = 0;
    for (let t = 0; t < steps; t++) {
      let cosine = 0;
      for (let i = 0; i < width; i++) cosine += unit[s * width + i] * unit[t * width + i];
      const sharp = Math.exp(sharpness * (cosine - 1));
      sums[0] += cosine / steps;
      sums[1] += sharp / steps;
      if (Math.abs(s - t) > near) continue;
      surroundings++;
      sums[2] += cosine;
      sums[3] += sharp;
    }
    input.set([sums[0], sums[1], sums[2] / surroundings, sums[3] / surroundings], columns * s);
  }
  for (let column = 0; column < columns; column++) normalizeColumn(input, column, columns);
  return input;
}

function normalizeColumn(rows: Float32Array, column: number, width: number): void {
  const steps = rows.length / width;
  let [sum, squares] = [0, 0];
  for (let at = column; at < rows.length; at += width) sum += rows[at];
  const mean = sum / steps;
  for (let at = column; at < rows.length; at += width) squares += (rows[at] - mean) ** 2;
  const deviation = Math.sqrt(squares / steps);
  const scale = deviation > 1e-6 ? 1 / deviation : 0; // less is rounding
  for (let at = column; at < rows.length; at += width) rows[at] = (rows[at] - mean) * scale;
}

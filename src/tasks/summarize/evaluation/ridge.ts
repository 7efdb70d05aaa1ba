/** Linear regression of steps' importance on a few numbers: the least that learning can do. */
import { Matrix, solve } from "ml-matrix";
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";

/** A few numbers for each step of a video, [steps][numbers]. */
export type StepFeatures = (video: AnnotatedVideo) => number[][];

/** λ beside standardized features, whose products have mean 1. */
const penalty = 1e-3;

/**
 * Ridge regression of importance on features, standardized by the training videos; every video counts alike, however long. The
 * intercept is not held back.
 *
 * @returns what scores a video's steps, [steps]
 * @throws InputError where no video can be learned from
 */
export function ridgeOn(
  features: readonly StepFeatures[],
  train: readonly AnnotatedVideo[],
): (video: AnnotatedVideo) => Float64Array {
  if (train.length === 0) throw new InputError("a split has no videos of this set to learn from");
  const rowsOf = (video: AnnotatedVideo) => {
    const parts = features.map((describe) => describe(video));
    return parts[0].map((_, step) => parts.flatMap((part) => part[step]));
  };
  const samples = train.flatMap((video) => {
    const target = importanceOf(video);
    return rowsOf(video).map((row, step) => ({ row, target: target[step], weight: 1 / target.length }));
  });
  const width = samples[0].row.length;
  const mean = (of: (sample: (typeof samples)[number]) => number) =>
    samples.reduce((sum, sample) => sum + sample.weight * of(sample), 0) / train.length;
  const means = samples[0].row.map((_, at) => mean(({ row }) => row[at]));
  const deviations = means.map((center, at) => Math.sqrt(mean(({ row }) => (row[at] - center) ** 2)) || 1);
  const targetMean = mean(({ target }) => target);
  const standard = (row: readonly number[]) => row.map((value, at) => (value - means[at]) / deviations[at]);

  const products = new Float64Array(width * width); // [width, width]
  const answers = new Float64Array(width);
  for (const { row, target, weight } of samples) {
    const z = standard(row);
    for (let i = 0; i < width; i++) {
      answers[i] += weight * z[i] * (target - targetMean);
      for (let j = 0; j < width; j++) products[i * width + j] += weight * z[i] * z[j];
    }
  }
  for (let i = 0; i < width; i++) products[i * width + i] += penalty * train.length;
  const slopes = solve(Matrix.from1DArray(width, width, products), Matrix.columnVector(answers)).to1DArray();
  return (video) =>
    Float64Array.from(rowsOf(video), (row) =>
      standard(row).reduce((sum, value, at) => sum + slopes[at] * value, targetMean),
    );
}

/** As the set has it; else the mean of what people said at the steps. */
function importanceOf({ importance, picks, users }: AnnotatedVideo): ArrayLike<number> {
  if (importance) return importance;
  return Float64Array.from(picks, (frame) => {
    const all = users.map(({ scores, summary }) => (scores ?? summary!)[frame]);
    return all.reduce((sum, value) => sum + value, 0) / all.length;
  });
}

/** What is measured of a video's scores or summary, beside what people said of it. */

/** Of one video. NaN where it can't be told: F1 of a video without shots, order where all people's scores are equal. */
export interface Measured {
  /** Mean over people of the F1 of the summary and theirs: what is reported for TVSum. */
  f1Mean: number;
  /** The greatest F1 over people: what is reported for SumMe. */
  f1Max: number;
  /** Kendall's τ-b with each person's scores at the steps, mean over people. */
  tau: number;
  /** Spearman's ρ with each person's scores at the steps, mean over people. */
  rho: number;
  /** Kendall's τ-b with the mean of all people's scores. */
  tauToMean: number;
  /** Spearman's ρ with the mean of all people's scores. */
  rhoToMean: number;
}

export type Metric = keyof Measured;

export const metrics: readonly Metric[] = ["f1Mean", "f1Max", "tau", "rho", "tauToMean", "rhoToMean"];

/** The mean of the values that are not NaN; NaN where there is none. */
export function meanOf(values: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** Each metric's mean over several measurements of one video. */
export function meanMeasured(all: readonly Measured[]): Measured {
  return Object.fromEntries(
    metrics.map((metric) => [metric, meanOf(all.map((one) => one[metric]))]),
  ) as unknown as Measured;
}

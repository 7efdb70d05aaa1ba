/** Whether a validation score still gets better, for early stopping and for schedules that wait for a plateau. */
import { z } from "zod";

export const improvementSettings = z.strictObject({
  /** Observations without a better one that are borne. */
  patience: z.int().min(0).default(5),
  /** How much better a better one must be. */
  minDelta: z.number().min(0).default(0),
});

/** The best score so far, and how many observations ago it was; small enough for JSON. */
export interface Improvement {
  best: number | null;
  since: number;
}

export const noImprovement: Improvement = { best: null, since: 0 };

/**
 * What is known after one more score, of which lower ones are better. A score that is not a number improves
 * nothing.
 */
export function observed(before: Improvement, score: number, minDelta: number): Improvement {
  const better = before.best === null ? Number.isFinite(score) : score < before.best - minDelta;
  return better ? { best: score, since: 0 } : { best: before.best, since: before.since + 1 };
}

/** Those that compute a model's loss and gradients, or train it: brought to the same result, then timed in turn. */
import { type Contestant, inTurn, type Line, median, rounded, type Took } from "./measure.ts";

export type Arrays = Record<string, Float32Array>;

/** What a learner came to: gradients by name, or weights after a step. */
export interface Outcome {
  loss: number;
  arrays: Arrays;
}

/** One that computes gradients, or trains. */
export interface Learner extends Contestant<Took> {
  /** What its last turn came to. */
  outcome(): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Comparison<Names extends string> {
  /** How far the results are apart. */
  apart: number;
  times: Record<Names, Took[]>;
}

/** Float32 sums of half a million products in another order differ by this much. */
const tolerance = 1e-3;

/**
 * Holds the first outcomes of all against one another, then times them in turn; closes them.
 *
 * @param title what is compared, for messages.
 * @param difference how far two outcomes are apart.
 */
export async function compare<Names extends string>(
  title: string,
  learners: Record<Names, Learner>,
  {
    repeats,
    warmUp,
    difference = apartBy,
  }: { repeats: number; warmUp?: number; difference?: (a: Outcome, b: Outcome) => number },
): Promise<Comparison<Names>> {
  const all = Object.values<Learner>(learners);
  try {
    const outcomes = await firstOutcomes(all);
    const apart = Math.max(...outcomes.slice(1).map((other) => difference(other, outcomes[0])));
    if (!(apart < tolerance)) throw new Error(`${title}: the results differ by ${apart}`);
    return { apart: Number(apart.toPrecision(2)), times: await inTurn(learners, { repeats, warmUp }) };
  } finally {
    for (const learner of all) await learner.close();
  }
}

/** What each comes to after one turn. */
async function firstOutcomes(learners: readonly Learner[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const learner of learners) {
    await learner.turn();
    outcomes.push(await learner.outcome());
  }
  return outcomes;
}

/** The largest ‖a − b‖ ÷ ‖b − origin‖ of the arrays and of the loss; an origin is where arrays began, 0 unless given. */
export function apartBy(a: Outcome, b: Outcome, origin: Arrays = {}): number {
  const distances = Object.entries(b.arrays).map(([name, expected]) => {
    const actual = a.arrays[name];
    let [distance, norm] = [0, 0];
    for (let i = 0; i < expected.length; i++) {
      distance += (actual[i] - expected[i]) ** 2;
      norm += (expected[i] - (origin[name]?.[i] ?? 0)) ** 2;
    }
    return Math.sqrt(distance / norm);
  });
  return Math.max(Math.abs(a.loss - b.loss) / Math.abs(b.loss), ...distances);
}

/** The figures of a line: ours, theirs, and theirs ÷ ours. */
export function figures(ours: readonly Took[], theirs: readonly Took[]): Line {
  return {
    gatefoldMs: rounded(clock(ours)),
    peerMs: rounded(clock(theirs)),
    ratio: rounded(clock(theirs) / clock(ours)),
    gatefoldBestMs: rounded(Math.min(...ours.map((took) => took.clock))),
    peerBestMs: rounded(Math.min(...theirs.map((took) => took.clock))),
    gatefoldProcessorMs: rounded(processor(ours)),
    peerProcessorMs: rounded(processor(theirs)),
  };
}

/** The median by the clock, in milliseconds. */
export function clock(turns: readonly Took[]): number {
  return median(turns.map((took) => took.clock));
}

function processor(turns: readonly Took[]): number {
  return median(turns.map((took) => took.processor));
}

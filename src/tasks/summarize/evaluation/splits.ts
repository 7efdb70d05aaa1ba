/** Which videos are learned from, and which are measured on. */
import { InputError } from "../../../graph/errors.ts";
import { random } from "../../../weights/random.ts";
import type { Split } from "../datasets/splits.ts";

/**
 * Divides videos so that each is measured on exactly once: each part is the test of one split, the rest is learned from. The
 * parts depend on the names and the seed, not on the order of the names, and differ in size by one at most.
 *
 * @param names of all videos
 * @param count of the splits
 * @throws InputError for fewer videos than splits
 */
export function folds(names: readonly string[], { count = 5, seed = 1 } = {}): Split[] {
  if (count < 2 || names.length < count)
    throw new InputError(
      `${names.length} videos can't be divided into ${count} parts, each measured on once`,
    );
  const order = random(seed).stream("folds").shuffle(names.toSorted());
  return Array.from({ length: count }, (_, fold) => ({
    train: order.filter((_, at) => at % count !== fold).toSorted(),
    test: order.filter((_, at) => at % count === fold).toSorted(),
  }));
}

/**
 * Makes sure that splits measure something, on videos that are there, and never on what was learned from.
 *
 * @param names of all videos; what is learned from may lie outside, in other sets.
 * @throws InputError that names split and video
 */
export function checkSplits(splits: readonly Split[], names: readonly string[]): void {
  if (splits.length === 0) throw new InputError("there are no splits: give at least one");
  const known = new Set(names);
  for (const [at, { train, test }] of splits.entries()) {
    if (test.length === 0) throw new InputError(`split ${at} has no test videos`);
    const learned = new Set(train);
    const both = test.find((name) => learned.has(name));
    if (both !== undefined)
      throw new InputError(
        `split ${at} has video "${both}" in both parts: what was learned from can't be measured on`,
      );
    const unknown = test.find((name) => !known.has(name));
    if (unknown !== undefined)
      throw new InputError(`split ${at} tests video "${unknown}", which is not in the set`);
    const twice = test.find((name, place) => test.indexOf(name) !== place);
    if (twice !== undefined) throw new InputError(`split ${at} tests video "${twice}" twice`);
  }
}

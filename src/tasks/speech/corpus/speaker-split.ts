/** Which speakers are trained on and which are kept for validation and test. */
import { InputError } from "../../../graph/errors.ts";

export interface SpeakerSplit {
  training: readonly string[];
  validation: readonly string[];
  test: readonly string[];
}

/**
 * Split k of a corpus, by a rule that looks at nothing but names: of the sorted speakers, the k-th from the front and the
 * k-th from the back are for the test, of the others the k-th is for validation, and all else is trained on.
 *
 * @throws InputError where there are fewer than 4 speakers, or no such split
 */
export function speakerSplit(speakers: Iterable<string>, k: number): SpeakerSplit {
  const all = [...new Set(speakers)].sort();
  const splits = Math.floor(all.length / 2);
  if (all.length < 4) throw new InputError(`a split by speakers needs 4 of them, not ${all.length}`);
  if (!Number.isInteger(k) || k < 0 || k >= splits)
    throw new InputError(`there is no split ${k}: ${all.length} speakers give splits 0 to ${splits - 1}`);
  const test = [all[k], all[all.length - 1 - k]];
  const others = all.filter((speaker) => !test.includes(speaker));
  return {
    training: others.filter((_, index) => index !== k),
    validation: [others[k]],
    test,
  };
}

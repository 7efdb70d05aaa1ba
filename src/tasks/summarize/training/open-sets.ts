/** Opens the sets and the split that a training is asked for. */
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedSet } from "../datasets/annotated-video.ts";
import { openAnnotatedSet } from "../datasets/open.ts";
import { withShotFeatures } from "../datasets/shot-histograms.ts";
import { readSplits, type Split } from "../datasets/splits.ts";
import { folds } from "../evaluation/splits.ts";
import { featuresAtSteps } from "./features-at-steps.ts";

/**
 * @param features shots' features, one path a set, for sets that have none themselves
 * @throws InputError where something can't be read, or there are not as many features as sets
 */
export async function openSets(
  paths: readonly string[],
  features: readonly string[] = [],
): Promise<AnnotatedSet[]> {
  if (features.length > 0 && features.length !== paths.length)
    throw new InputError(
      `${features.length} sets of features are given for ${paths.length} data sets: give one for each, in the same order`,
    );
  const sets = [];
  for (const [at, path] of paths.entries()) {
    const set = await openAnnotatedSet(path);
    if (features.length === 0) sets.push(set);
    else sets.push(featuresAtSteps(set, withShotFeatures(set, await openAnnotatedSet(features[at]))));
  }
  return sets;
}

/**
 * @param split a split of a file; else one of five folds
 * @throws InputError where the file has no such split
 */
export async function splitOf(
  { videos }: AnnotatedSet,
  { split, fold }: { split?: { file: string; number: number }; fold: number },
): Promise<Split> {
  const names = videos.map(({ name }) => name);
  if (!split) return folds(names)[fold];
  const splits = await readSplits(split.file, videos);
  const found = splits[split.number];
  if (!found)
    throw new InputError(
      `${split.file} has splits 0 to ${splits.length - 1}, and none with the number ${split.number}`,
    );
  return found;
}

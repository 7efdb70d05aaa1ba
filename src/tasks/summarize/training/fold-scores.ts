/** Scores of a set's videos, each by what did not learn from it; what is finished is kept in a folder and not done again. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { InputError } from "../../../graph/errors.ts";
import { writeAside } from "../../../train/write-aside.ts";
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import type { Split } from "../datasets/splits.ts";
import { folds } from "../evaluation/splits.ts";
import { openScorer } from "../scoring/score-frames.ts";
import { type Recipe, readTaskFile } from "../scoring/task-file.ts";
import { scoresOfRun } from "./run-scores.ts";
import type { Setting } from "./select-videos.ts";
import { trainSummaries } from "./train.ts";

/** By video, scores of its steps. */
export type Scores = Record<string, number[]>;

export interface FoldOptions {
  setting: Setting;
  /** Of ONNX Runtime. */
  threads?: number;
  signal?: AbortSignal;
  onProgress?: (sentence: string) => void;
}

/** The seed of five folds, and of all else that is drawn to measure with. */
export const seed = 1;

/**
 * A network's scores, trained once a fold.
 *
 * @param runs where the runs are kept, up to the number of the fold
 * @returns nothing where the signal came first
 * @throws InputError where a run of other settings is kept there
 */
export function trainedScores(
  sets: readonly AnnotatedSet[],
  runs: string,
  recipe: Recipe,
  { setting, threads, signal, onProgress }: FoldOptions,
): Promise<Scores | undefined> {
  const [set] = sets;
  const names = set.videos.map(({ name }) => name);
  // Where nothing is learned from the set, one training serves all of its videos.
  const splits: Split[] = setting === "transfer" ? [{ train: [], test: names }] : folds(names, { seed });
  const isSame = async (run: string) => isDeepStrictEqual((await readTaskFile(run)).recipe, recipe);
  return foldByFold(set, splits, { runs, isSame }, async (split, run) => {
    const { reason, best } = await trainSummaries(sets, run, { recipe, setting, split, threads, signal });
    if (reason === "interrupted") return undefined;
    onProgress?.(`${run}: best after epoch ${best?.epoch}`);
    return scoresOfRun(run, set, { videos: testedOf(set, split) });
  });
}

/**
 * Scores of networks that are each fitted to one video without labels.
 *
 * @param runs where the scores are kept, up to the number of the fold
 * @returns nothing where the signal came first
 * @throws InputError where a video has no features
 */
export function fittedScores(
  set: AnnotatedSet,
  runs: string,
  fitSeed: number,
  { signal, onProgress }: FoldOptions,
): Promise<Scores | undefined> {
  const names = set.videos.map(({ name }) => name);
  return foldByFold(set, folds(names, { seed }), { runs }, async (split, run) => {
    const all: Float32Array[] = [];
    for (const video of testedOf(set, split)) {
      if (signal?.aborted) return undefined;
      all.push(await fitted(video, fitSeed));
    }
    onProgress?.(`${run}: fitted to ${all.length} videos`);
    return all;
  });
}

async function fitted(video: AnnotatedVideo, fitSeed: number): Promise<Float32Array> {
  if (!video.features) throw new InputError(`the video ${video.name} has no features to fit a network to`);
  const { data, width } = video.features;
  const scorer = await openScorer(width, { seed: fitSeed, model: "fit" });
  try {
    const { picks: frames, frameCount, shots = [] } = video;
    const descriptors = new Float32Array();
    return (await scorer.score({ frames, frameCount, shots, features: data, descriptors })).scores;
  } finally {
    await scorer.close();
  }
}

function testedOf({ videos }: AnnotatedSet, { test }: Split): AnnotatedVideo[] {
  return videos.filter(({ name }) => test.includes(name));
}

/** Where scores are kept, up to the number of the fold, and whether those of a run are of what is asked for. */
interface Kept {
  runs: string;
  isSame?: (run: string) => Promise<boolean>;
}

/** @param score of a split's test videos, in their order */
async function foldByFold(
  set: AnnotatedSet,
  splits: readonly Split[],
  { runs, isSame }: Kept,
  score: (split: Split, run: string) => Promise<readonly Float32Array[] | undefined>,
): Promise<Scores | undefined> {
  const all: Scores = {};
  for (const [fold, split] of splits.entries()) {
    const run = `${runs}-fold${fold}`;
    const file = join(run, "scores.json");
    const tested = testedOf(set, split);
    const found = await readFile(file, "utf8").catch(() => undefined);
    if (found !== undefined) {
      const kept: Scores = JSON.parse(found);
      const isOfAll = tested.every(({ name, picks }) => kept[name]?.length === picks.length);
      if (!isOfAll || (isSame && !(await isSame(run))))
        throw new InputError(
          `${run} has scores of other settings or videos: give another folder, or delete it`,
        );
      Object.assign(all, kept);
      continue;
    }
    await mkdir(run, { recursive: true });
    const scores = await score(split, run);
    if (!scores) return undefined;
    const named = Object.fromEntries(tested.map(({ name }, at) => [name, [...scores[at]]]));
    await writeAside(file, `${JSON.stringify(named)}\n`);
    Object.assign(all, named);
  }
  return all;
}

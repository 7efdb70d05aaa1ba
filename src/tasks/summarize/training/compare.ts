/** Networks beside what looks at no picture, on five folds that test every video once. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAside } from "../../../train/write-aside.ts";
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import type { Split } from "../datasets/splits.ts";
import { baselines } from "../evaluation/baselines.ts";
import { type Candidate, type Evaluation, evaluateSummaries } from "../evaluation/evaluate.ts";
import { meanMeasured } from "../evaluation/metrics.ts";
import { ranking } from "../evaluation/rank-correlation.ts";
import { ridgeOn } from "../evaluation/ridge.ts";
import { folds } from "../evaluation/splits.ts";
import { networkInput } from "../scoring/network-input.ts";
import { importanceOf } from "./labels.ts";
import { recipeOf } from "./recipes.ts";
import { scoresOfRun } from "./run-scores.ts";
import type { Setting } from "./select-videos.ts";
import type { ModelName, Recipe } from "./task-file.ts";
import { trainSummaries } from "./train.ts";

export interface CompareOptions {
  models: readonly ModelName[];
  /** What differs from the models' own recipes. */
  changes: Partial<Recipe>;
  setting: Setting;
  /** Seeds 1 to this, of each fold. */
  seeds: number;
  threads?: number;
  signal?: AbortSignal;
  onProgress?: (sentence: string) => void;
}

/** The seed of folds, bootstrap and tests. */
const seed = 1;

/** By video, scores of its steps. */
type Scores = Record<string, number[]>;

/**
 * Trains each model on each fold with each seed, and measures all beside the baselines. A network's numbers are means over seeds; of
 * several seeds there is also what they say together, by the mean of their ranks.
 * Each training is a run in `folder`: what is finished is not done again, and what was interrupted goes on.
 *
 * @param sets the first is the one that is tested on
 * @returns nothing where the signal came first
 */
export async function compareNetworks(
  sets: readonly AnnotatedSet[],
  folder: string,
  options: CompareOptions,
): Promise<Evaluation | undefined> {
  const { models, changes, setting, seeds, signal } = options;
  const [set, ...others] = sets;
  const candidates: Candidate[] = [...baselines(set, seed), linear(changes.inputs, setting, others)];
  for (const model of models) {
    const bySeed: Scores[] = [];
    for (let one = 1; one <= seeds; one++) {
      const scores = await scoresOfFolds(
        sets,
        folder,
        { ...recipeOf[model], ...changes, seed: one },
        options,
      );
      if (!scores || signal?.aborted) return undefined;
      bySeed.push(scores);
    }
    const measure: ReturnType<Candidate["fit"]> = (judge) =>
      meanMeasured(bySeed.map((scores) => judge.measure(scores[judge.video.name])));
    candidates.push({ name: model, origin: "given", fit: () => measure });
    if (seeds === 1) continue;
    const together: ReturnType<Candidate["fit"]> = (judge) =>
      judge.measure(meanRanks(bySeed.map((scores) => scores[judge.video.name])));
    candidates.push({ name: `${model}, ${seeds} together`, origin: "given", fit: () => together });
  }
  return evaluateSummaries(set, { candidates, seed });
}

/** The mean of several scores' ranks, each from 0 to 1: scores of different networks have no common scale. */
function meanRanks(all: readonly (readonly number[])[]): Float64Array {
  const rankings = all.map(ranking);
  const count = all[0].length;
  return Float64Array.from(all[0], (_, step) => {
    const sum = rankings.reduce((total, { centered }) => total + centered[step], 0);
    return (sum / rankings.length + count) / (2 * count);
  });
}

/** Ridge regression on what the networks read, of the labels and the videos that they learn from. */
function linear(
  inputs: Recipe["inputs"] = recipeOf.vslstm.inputs,
  setting: Setting,
  others: readonly AnnotatedSet[],
): Candidate {
  const rows = (video: AnnotatedVideo) => {
    const data = networkInput(video.name, video, inputs);
    const width = data.length / video.picks.length;
    return Array.from(video.picks, (_, step) => [...data.subarray(step * width, (step + 1) * width)]);
  };
  const more = setting === "canonical" ? [] : others.flatMap(({ videos }) => videos);
  return {
    name: `ridge: ${inputs.join(", ")}`,
    origin: "given",
    fit(train) {
      const learned = [...(setting === "transfer" ? [] : train), ...more];
      const score = ridgeOn(
        [rows],
        learned.map((video) => ({ ...video, importance: importanceOf(video) })),
      );
      return (judge) => judge.measure(score(judge.video));
    },
  };
}

/** Five folds; where nothing is learned from the set, one training serves all of its videos. */
function partsOf({ videos }: AnnotatedSet, setting: Setting): Split[] {
  const names = videos.map(({ name }) => name);
  return setting === "transfer" ? [{ train: [], test: names }] : folds(names, { seed });
}

async function scoresOfFolds(
  sets: readonly AnnotatedSet[],
  folder: string,
  recipe: Recipe,
  { setting, threads, signal, onProgress }: CompareOptions,
): Promise<Scores | undefined> {
  const [set] = sets;
  const all: Scores = {};
  for (const [fold, split] of partsOf(set, setting).entries()) {
    const run = join(folder, `${set.name}-${setting}-${recipe.model}-seed${recipe.seed}-fold${fold}`);
    const file = join(run, "scores.json");
    const found = await readFile(file, "utf8").catch(() => undefined);
    if (found !== undefined) {
      Object.assign(all, JSON.parse(found));
      continue;
    }
    await mkdir(run, { recursive: true });
    const { reason, best } = await trainSummaries(sets, run, { recipe, setting, split, threads, signal });
    if (reason === "interrupted") return undefined;
    const videos = set.videos.filter(({ name }) => split.test.includes(name));
    const scores = await scoresOfRun(run, set, { videos });
    const named = Object.fromEntries(videos.map(({ name }, at) => [name, [...scores[at]]]));
    await writeAside(file, `${JSON.stringify(named)}\n`);
    Object.assign(all, named);
    onProgress?.(`${run}: best after epoch ${best?.epoch}`);
  }
  return all;
}

/** Networks beside what looks at no picture, on five folds that test every video once. */
import { join } from "node:path";
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import { baselines } from "../evaluation/baselines.ts";
import { type Candidate, type Evaluation, evaluateSummaries } from "../evaluation/evaluate.ts";
import { meanRanks } from "../evaluation/mean-ranks.ts";
import { meanMeasured } from "../evaluation/metrics.ts";
import { ridgeOn } from "../evaluation/ridge.ts";
import { networkInput } from "../scoring/network-input.ts";
import type { Recipe } from "../scoring/task-file.ts";
import { type FoldOptions, fittedScores, type Scores, seed, trainedScores } from "./fold-scores.ts";
import { importanceOf } from "./labels.ts";
import { type RecipeName, recipeOf } from "./recipes.ts";
import type { Setting } from "./select-videos.ts";

/** What gives a video scores: networks trained by a recipe, or ones that are fitted to each video without labels. */
export type Part = RecipeName | "fit";

export interface CompareOptions extends FoldOptions {
  /** Each a row; one of several parts by the mean of their ranks. */
  models: readonly (readonly Part[])[];
  /** What differs from the models' own recipes. */
  changes: Partial<Recipe>;
  /** Seeds 1 to this, of each fold. */
  seeds: number;
}

/**
 * Trains each model on each fold with each seed, and measures all beside the baselines. A network's numbers are means over seeds; of
 * several seeds there is also what they say together, by the mean of their ranks.
 * Each training is a run in `folder`: what is finished is not done again, and what was interrupted goes on.
 *
 * @param sets the first is the one that is tested on
 * @returns nothing where the signal came first
 * @throws InputError where `folder` has runs of other settings, or videos to fit to have no features
 */
export async function compareNetworks(
  sets: readonly AnnotatedSet[],
  folder: string,
  options: CompareOptions,
): Promise<Evaluation | undefined> {
  const { models, changes, setting, seeds } = options;
  const [set, ...others] = sets;
  const known = new Map<Part, Scores[]>();
  for (const part of new Set(models.flat())) {
    const bySeed: Scores[] = [];
    for (let one = 1; one <= seeds; one++) {
      const runs = join(folder, `${set.name}-${part === "fit" ? part : `${setting}-${part}`}-seed${one}`);
      const scores =
        part === "fit"
          ? await fittedScores(set, runs, one, options)
          : await trainedScores(sets, runs, { ...recipeOf[part], ...changes, seed: one }, options);
      if (!scores || options.signal?.aborted) return undefined;
      bySeed.push(scores);
    }
    known.set(part, bySeed);
  }
  const rows = models.flatMap((parts) => {
    const all = parts.map((part) => known.get(part)!);
    const bySeed = all[0].map((_, at) => mixed(all.map((ofPart) => ofPart[at])));
    return rowsOf(parts.join(" + "), bySeed);
  });
  const candidates = [...baselines(set, seed), linear(changes.inputs, setting, others), ...rows];
  return evaluateSummaries(set, { candidates, seed });
}

/** Of several scorings of a set's videos the one that counts all alike. */
function mixed(all: readonly Scores[]): Scores {
  const [first] = all;
  if (all.length === 1) return first;
  const names = Object.keys(first);
  return Object.fromEntries(names.map((name) => [name, [...meanRanks(all.map((one) => one[name]))]]));
}

/** The mean over seeds; of several, also what they say together: scores of different networks have no common scale. */
function rowsOf(name: string, bySeed: readonly Scores[]): Candidate[] {
  const row = (name: string, measure: ReturnType<Candidate["fit"]>): Candidate => ({
    name,
    origin: "given",
    fit: () => measure,
  });
  const alone = row(name, (judge) =>
    meanMeasured(bySeed.map((scores) => judge.measure(scores[judge.video.name]))),
  );
  if (bySeed.length === 1) return [alone];
  const together = row(`${name}, ${bySeed.length} together`, (judge) =>
    judge.measure(meanRanks(bySeed.map((scores) => scores[judge.video.name]))),
  );
  return [alone, together];
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

/** Training a summary network: sets of videos become a run. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions } from "../../../cells/define-cell.ts";
import { InputError } from "../../../graph/errors.ts";
import { type Graph, inputsOf } from "../../../graph/graph.ts";
import { saveModel } from "../../../models/file.ts";
import { fit } from "../../../train/fit.ts";
import type { FitEvent, FitOptions, FitResult } from "../../../train/fit-options.ts";
import type { NamedArrays } from "../../../train/optimizers.ts";
import { planTraining } from "../../../train/plan-training.ts";
import { startTrainer } from "../../../train/start-trainer.ts";
import type { Trainer, Weights } from "../../../train/trainer.ts";
import { averageOver } from "../../../train/validation.ts";
import { initialWeights } from "../../../weights/declare.ts";
import type { AnnotatedSet } from "../datasets/annotated-video.ts";
import type { Split } from "../datasets/splits.ts";
import { meanOf } from "../evaluation/metrics.ts";
import { rewardGraph } from "../scoring/fit-without-labels.ts";
import { type SummaryNetwork, scoringGraph, startingAt, summaryNetwork } from "../scoring/network.ts";
import { inputWidth } from "../scoring/network-input.ts";
import { type Recipe, recipeSettings, writeTaskFile } from "../scoring/task-file.ts";
import { drawnExamples, labeledExamples, meanReward, sharesOf } from "./examples.ts";
import { importanceOf } from "./labels.ts";
import { type LabelLoss, labelObjective } from "./objective.ts";
import { featureWidth } from "./prepare.ts";
import { type NamedVideo, type Selection, type Setting, selectVideos } from "./select-videos.ts";
import { stepsOfShots } from "./shot-steps.ts";

export interface TrainSummariesOptions {
  recipe: Recipe;
  setting: Setting;
  /** The first set's videos to learn from and to test on, by name; the setting `all` needs none. */
  split?: Split;
  /** Threads of ONNX Runtime. */
  threads?: number;
  signal?: AbortSignal;
  /** @param stage a folder of `training/`: the losses that are learned from, one after another */
  onEvent?: (event: FitEvent, stage: Stage) => void;
}

type Learned = Pick<Selection, "training" | "validation">;

export type Stage = LabelLoss | "reward";

/**
 * Trains a network and keeps the epoch that was best on the validation part. The run's folder gets `training/` (metrics and
 * checkpoints of each stage: what was interrupted goes on from there), and in the end `task.json` and `model.onnx`.
 *
 * ```ts
 * await trainSummaries([tvsum, summe], "run", {
 *   recipe: { ...recipeOf.dpplstm, units: 64 }, setting: "augmented", split: folds(names)[0],
 * });
 * ```
 *
 * @param sets the first is the one that is tested on
 * @throws InputError for sets that can't be learned from together, settings out of range, or a folder of another run
 */
export async function trainSummaries(
  sets: readonly AnnotatedSet[],
  run: string,
  options: TrainSummariesOptions,
): Promise<FitResult> {
  const { setting, split, signal } = options;
  const recipe = checkOptions("recipe", recipeSettings, options.recipe);
  if (recipe.joint && recipe.model !== "dpplstm")
    throw new InputError(`${recipe.model} has one loss: only dpplstm can learn from two jointly`);
  const videos = selectVideos(sets, { setting, split, seed: recipe.seed });
  const { training, validation } = withSteps(videos, recipe);
  const features = featureWidth([...training, ...validation, ...videos.test]);
  const { units, width, cell } = recipe;
  const network = summaryNetwork({ inputs: inputWidth(recipe.inputs, features), units, width, cell });
  const namesOf = (part: Selection["test"]) => part.map(({ name }) => name);
  const names = { training: namesOf(training), validation: namesOf(validation), test: namesOf(videos.test) };
  const task = { recipe, setting, features, videos: names };
  const model = scoringGraph(network);
  const drawn = initialWeights(model, recipe.seed);
  let weights = recipe.model === "dsn" ? drawn : startingAt(meanImportance(training, recipe), drawn);
  let result: FitResult | undefined;
  for (const stage of stagesOf(recipe)) {
    result = await trainStage(stage, {
      network,
      videos: { training, validation },
      weights,
      run,
      task,
      options,
    });
    if (signal?.aborted) result.reason = "interrupted";
    if (result.reason === "interrupted") return result;
    weights = { ...weights, ...result.weights };
  }
  await writeTaskFile(run, task);
  await saveModel(run, { graph: model, weights });
  return result!;
}

/** All videos count alike, and of a video all of its parts. */
function meanImportance(videos: readonly NamedVideo[], { steps }: Recipe): number {
  const ofEach = videos.map(({ video }) => {
    const shares = sharesOf(video, steps);
    return importanceOf(video).reduce((sum, importance, step) => sum + shares[step] * importance, 0);
  });
  return meanOf(ofEach);
}

/** The videos learned from, with the steps that the recipe asks for. */
function withSteps({ training, validation }: Learned, { steps }: Recipe): Learned {
  if (steps === "picks") return { training, validation };
  const condensed = (part: readonly NamedVideo[]) =>
    part.map(({ name, video }) => ({ name, video: stepsOfShots(video) }));
  return { training: condensed(training), validation: condensed(validation) };
}

/** The losses that a model learns from, one after another. */
function stagesOf({ model, joint }: Recipe): Stage[] {
  if (model === "dsn") return ["reward"];
  if (model === "vslstm") return ["importance"];
  return joint ? ["joint"] : ["importance", "process"];
}

interface StageOptions {
  network: SummaryNetwork;
  videos: Learned;
  /** Where the stage begins. */
  weights: NamedArrays;
  run: string;
  task: object;
  options: TrainSummariesOptions;
}

async function trainStage(
  stage: Stage,
  { network, videos, weights, run, task, options }: StageOptions,
): Promise<FitResult> {
  const { recipe, threads = 1, signal, onEvent } = options;
  const graphs =
    stage === "reward"
      ? { training: rewardGraph(network), evaluation: scoringGraph(network) }
      : { training: labelObjective(network, stage) };
  const { weightDecay, learningRate, epochs, videosPerStep } = recipe;
  const settings = { seed: recipe.seed, optimizer: { kind: "adam", weightDecay } as const, clip: 5 };
  const trainer = await startTrainer(
    planTraining(graphs, settings, {
      weights: weightsOf(graphs.training, weights),
      session: { threads },
    }),
  );
  const folder = join(run, "training", stage);
  await mkdir(join(run, "training"), { recursive: true });
  try {
    return await fit({
      trainer,
      ...lessons(stage, videos, recipe, trainer),
      schedule: { kind: "constant", rate: learningRate },
      epochs,
      batchesPerStep: videosPerStep,
      folder,
      description: task,
      signal,
      onEvent: onEvent && ((event) => onEvent(event, stage)),
    });
  } finally {
    await trainer.close();
  }
}

/** What a stage learns from, and how it is told when to stop. */
function lessons(
  stage: Stage,
  { training, validation }: Learned,
  recipe: Recipe,
  trainer: Trainer,
): Pick<FitOptions, "examples" | "validate" | "earlyStopping"> {
  const { patience } = recipe;
  if (stage === "reward")
    return {
      examples: drawnExamples(training, recipe, (feeds) => trainer.evaluate(feeds)),
      validate: meanReward(validation, recipe),
      earlyStopping: { metric: "reward", better: "higher", patience },
    };
  return {
    examples: labeledExamples(training, recipe, stage),
    validate: averageOver(labeledExamples(validation, recipe, stage)),
    earlyStopping: { metric: "loss", patience },
  };
}

/** A graph's weights, by path, with their shapes. */
function weightsOf(graph: Graph, numbers: NamedArrays): Weights {
  const paths = [...inputsOf(graph, "weight")];
  return Object.fromEntries(
    paths.map(([path, { shape }]) => [path, { dims: shape as readonly number[], data: numbers[path] }]),
  );
}

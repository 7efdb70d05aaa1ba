/** Scores frames by the scoring network: trained before, fitted to this video alone, or both. */
import { stat } from "node:fs/promises";
import { InputError } from "../../../graph/errors.ts";
import { compile } from "../../../runtime/session.ts";
import { type Tensor, tensor } from "../../../runtime/tensor.ts";
import { shotOfSteps } from "../datasets/shot-of-steps.ts";
import { histogramWidth } from "../frames/shot-histogram.ts";
import { builtInRuns, type ScoringModel } from "./built-in.ts";
import { decode, descending, greedyOrder } from "./decode.ts";
import { type FitEvents, type Judgment, openFit } from "./fit-without-labels.ts";
import { mixed } from "./mixed.ts";
import { scoringGraph, summaryNetwork } from "./network.ts";
import type { Seen } from "./network-input.ts";
import { loadNetworkWeights } from "./network-weights.ts";
import { standardize } from "./standardize.ts";
import type { TaskFile } from "./task-file.ts";
import { openTrainedRun } from "./trained-run.ts";
import { samplesInOrder, shotsSeen, type VideoToScore } from "./video-to-score.ts";

/** How important each frame is. */
export interface FrameScores {
  /** 0 to 1, one a frame. */
  scores: Float32Array;
  /**
   * All frames in the order in which they add most to the summary: by greedy search in the point process, until
   * nothing is left that those before don't span, then by their scores.
   */
  order: Int32Array;
}

export interface Scorer {
  /**
   * Scores a video's frames.
   *
   * @throws InputError where a feature is not finite
   */
  score(video: VideoToScore, events?: FitEvents): Promise<FrameScores>;
  /** May be called more than once. */
  close(): Promise<void>;
}

export interface ScorerOptions {
  seed: number;
  /** A safetensors file with trained weights, or the folder of a run; else `model` tells what is used. */
  weights?: string;
  /** `fit` unless given. */
  model?: ScoringModel;
  /** Also fits a network to the video, and takes the mean of all rankings. */
  adapt?: boolean;
}

/** The network that is fitted to one video: small, since it sees little. */
const fittedSize = { units: 64, width: 32 };

/**
 * Makes a network ready that scores frames by features of `width` values.
 *
 * @throws InputError where the weights are not for such features
 */
export async function openScorer(width: number, options: ScorerOptions): Promise<Scorer> {
  const { score, close } = await openChosen(width, options);
  let closing: Promise<void> | undefined;
  return {
    score(video, events = {}) {
      events.signal?.throwIfAborted();
      return score(video, events);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function openChosen(width: number, options: ScorerOptions): Promise<OpenedScorer> {
  const { seed, weights, model = "fit", adapt = false } = options;
  if (weights === undefined && model === "fit") return openFitted(width, seed);
  const runs = weights === undefined ? builtInRuns(model as Exclude<ScoringModel, "fit">) : [weights];
  const scorers = await Promise.all(runs.map((run) => openTrained(run, width)));
  if (adapt) scorers.push(await openFitted(width, seed));
  return together(scorers);
}

/** The mean of all rankings. */
function together(scorers: readonly OpenedScorer[]): OpenedScorer {
  if (scorers.length === 1) return scorers[0];
  return {
    async score(video, events) {
      const all: FrameScores[] = [];
      for (const one of scorers) all.push(await one.score(video, events));
      return mixed(all);
    },
    async close() {
      await Promise.all(scorers.map((one) => one.close()));
    },
  };
}

const openTrained = async (weights: string, width: number): Promise<OpenedScorer> =>
  (await isFolder(weights)) ? openRun(weights, width) : openWeights(weights, width);

interface OpenedScorer {
  score(video: VideoToScore, events: FitEvents): Promise<FrameScores>;
  close(): Promise<void>;
}

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function openFitted(width: number, seed: number): Promise<OpenedScorer> {
  const { judge, close } = await openFit(summaryNetwork({ inputs: width, ...fittedSize }), seed);
  return {
    score: async ({ features }, events) => scoresOf(await judge(inputOf(features, width), features, events)),
    close,
  };
}

async function openWeights(file: string, width: number): Promise<OpenedScorer> {
  const { network, weights } = await loadNetworkWeights(file, width);
  const session = await compile(scoringGraph(network));
  const named = Object.entries(weights).map(([name, { data, dims }]) => [name, tensor(data, dims)]);
  return {
    async score({ features }) {
      const feeds = { ...Object.fromEntries(named), x: inputOf(features, width) };
      return scoresOf((await session.run(feeds)) as Judgment);
    },
    close: () => session.release(),
  };
}

/** A run of `gatefold train summarize`; scores by its own decoding, the greatest of those beyond 1 becoming 1. */
async function openRun(folder: string, width: number): Promise<OpenedScorer> {
  const run = await openTrainedRun(folder);
  const { task, decoding, judge, close } = run;
  const fault = unsuited(task, width);
  if (fault) {
    await close();
    throw new InputError(`the run ${folder} can't weigh this video: ${fault}`);
  }
  const byShot = task.recipe.steps === "shots";
  return {
    async score(video) {
      const { frames, frameCount, features, shots } = video;
      const seen: Seen = byShot
        ? shotsSeen(video)
        : { features: { data: features, width }, picks: frames, frameCount, shots };
      const judgment = await judge("the video", seen);
      const decoded = decode(judgment, decoding);
      const most = decoded.reduce((a, b) => Math.max(a, b), 1);
      const scores = decoded.map((score) => score / most);
      const order = task.recipe.model === "vslstm" ? descending(decoded) : greedyOrder(judgment); // vsLSTM's φ is untrained
      if (!byShot) return { scores, order };
      const shotOf = shotOfSteps(frames, shots);
      return {
        scores: Float32Array.from(shotOf, (shot) => scores[shot]),
        order: samplesInOrder(video, shotOf, order),
      };
    },
    close,
  };
}

/** Why a run can't be used on features of this width. */
function unsuited({ features, recipe: { steps, inputs } }: TaskFile, width: number): string | undefined {
  if (!inputs.includes("features") && !inputs.includes("likeness")) return undefined;
  if (steps === "shots" && features !== histogramWidth)
    return `it reads shots by features of ${features} values, and here shots have histograms of ${histogramWidth}: train one on such histograms, or one whose steps are picks`;
  if (steps === "picks" && inputs.includes("features") && features !== width)
    return `it was trained on features of ${features} values, and here there are ${width} a frame: give the network that made those by --features, or train on these`;
}

const inputOf = (features: Float32Array, width: number): Tensor => {
  const frames = features.length / width;
  return tensor(standardize(features, frames, width), [frames, 1, width]);
};

const scoresOf = (judgment: Judgment): FrameScores => ({
  scores: judgment.importance.data as Float32Array,
  order: greedyOrder(judgment),
});

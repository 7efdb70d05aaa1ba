/** Scores frames by the scoring network: trained before, or fitted to this video alone. */
import { stat } from "node:fs/promises";
import { InputError } from "../../../graph/errors.ts";
import { compile } from "../../../runtime/session.ts";
import { type Tensor, tensor } from "../../../runtime/tensor.ts";
import type { TaskFile } from "../training/task-file.ts";
import { decode, greedyOrder } from "./decode.ts";
import { type FitEvents, type Judgment, openFit } from "./fit-without-labels.ts";
import { scoringGraph, summaryNetwork } from "./network.ts";
import { loadNetworkWeights } from "./network-weights.ts";
import { standardize } from "./standardize.ts";
import { openTrainedRun } from "./trained-run.ts";

/** How important each frame is, from its features alone. */
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
   * @param features [frames, width], row by row
   * @throws InputError where a feature is not finite
   */
  score(features: Float32Array, events?: FitEvents): Promise<FrameScores>;
  /** May be called more than once. */
  close(): Promise<void>;
}

export interface ScorerOptions {
  seed: number;
  /** A safetensors file with trained weights, or the folder of a run; else the network is fitted to the video. */
  weights?: string;
}

/** The network that is fitted to one video: small, since it sees little. */
const fittedSize = { units: 64, width: 32 };

/**
 * Makes a network ready that scores frames by features of `width` values.
 *
 * @throws InputError where the weights are not for such features
 */
export async function openScorer(width: number, { seed, weights }: ScorerOptions): Promise<Scorer> {
  const { score, close } =
    weights === undefined
      ? await openFitted(width, seed)
      : (await isFolder(weights))
        ? await openRun(weights, width)
        : await openTrained(weights, width);
  let closing: Promise<void> | undefined;
  return {
    score(features, events = {}) {
      events.signal?.throwIfAborted();
      return score(features, events);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

interface OpenedScorer {
  score(features: Float32Array, events: FitEvents): Promise<FrameScores>;
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
    score: async (features, events) => scoresOf(await judge(inputOf(features, width), features, events)),
    close,
  };
}

async function openTrained(file: string, width: number): Promise<OpenedScorer> {
  const { network, weights } = await loadNetworkWeights(file, width);
  const session = await compile(scoringGraph(network));
  const named = Object.entries(weights).map(([name, { data, dims }]) => [name, tensor(data, dims)]);
  return {
    async score(features) {
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
  return {
    async score(data) {
      const frames = data.length / width;
      // Frames were taken at even times, so that their numbers tell their positions.
      const picks = Int32Array.from({ length: frames }, (_, frame) => frame);
      const judgment = await judge("the video", { features: { data, width }, picks, frameCount: frames });
      const scores = decode(judgment, decoding);
      const most = scores.reduce((a, b) => Math.max(a, b), 1);
      return { scores: scores.map((score) => score / most), order: greedyOrder(judgment) };
    },
    close,
  };
}

/** Why a run can't be used on features of this width. */
function unsuited({ features, recipe }: TaskFile, width: number): string | undefined {
  if (recipe.steps === "shots" || recipe.inputs.includes("duration"))
    return "it reads shots, which are found only after frames are scored: train one whose steps are picks, without the input duration";
  const reads = recipe.inputs.includes("features");
  if (reads && features !== width)
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

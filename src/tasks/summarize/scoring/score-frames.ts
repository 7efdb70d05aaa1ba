/** Scores frames by the scoring network: trained before, or fitted to this video alone. */
import { InputError } from "../../../graph/errors.ts";
import { dppGreedy } from "../../../layers/dpp-greedy.ts";
import { compile, type Session } from "../../../runtime/session.ts";
import { type Tensor, tensor } from "../../../runtime/tensor.ts";
import type { Weights } from "../../../train/trainer.ts";
import { fitWithoutLabels } from "./fit-without-labels.ts";
import { type NetworkSize, type SummaryNetwork, scoringGraph, summaryNetwork } from "./network.ts";
import { loadNetworkWeights } from "./network-weights.ts";

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

export interface ScoreOptions {
  seed: number;
  /** A safetensors file with trained weights; else the network is fitted to this video. */
  weights?: string;
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** A frame that adds less than this to the determinant is spanned by those before, up to rounding. */
const spanned = 1e-9;

/** The network that is fitted to one video: small, since it sees little. */
const fittedSize = { units: 64, width: 32 };

/**
 * Scores a video's frames.
 *
 * @param features [frames, width], row by row
 * @throws InputError where a feature is not finite, or the weights are not for such features
 */
export async function scoreFrames(
  features: Float32Array,
  { frames, width }: { frames: number; width: number },
  options: ScoreOptions,
): Promise<FrameScores> {
  options.signal?.throwIfAborted();
  const x = tensor(standardize(features, frames, width), [frames, 1, width]);
  const { network, weights } = options.weights
    ? await loadNetworkWeights(options.weights, width)
    : await fitted(x, features, { inputs: width, ...fittedSize }, options);
  const session = await compile(scoringGraph(network));
  try {
    return await judge(session, weights, x);
  } finally {
    await session.release();
  }
}

async function judge(session: Session, weights: Weights, x: Tensor): Promise<FrameScores> {
  const feeds = Object.fromEntries(
    Object.entries(weights).map(([name, { data, dims }]) => [name, tensor(data, dims)]),
  );
  const { importance, rows } = await session.run({ ...feeds, x });
  const [items, width] = rows.dims;
  const greedy = dppGreedy({ rows: rows.data as Float32Array, items, width }, { least: spanned });
  const scores = importance.data as Float32Array;
  const byScore = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  const order = new Set([...greedy.map(({ item }) => item), ...byScore]);
  return { scores, order: Int32Array.from(order) };
}

async function fitted(
  x: Tensor,
  features: Float32Array,
  size: NetworkSize,
  options: ScoreOptions,
): Promise<{ network: SummaryNetwork; weights: Weights }> {
  const network = summaryNetwork(size);
  return { network, weights: await fitWithoutLabels(network, x, features, options) };
}

/** Each value less its mean over the video, all divided by their common standard deviation. */
function standardize(features: Float32Array, frames: number, width: number): Float32Array {
  const means = new Float64Array(width);
  for (let k = 0; k < features.length; k++) {
    if (!Number.isFinite(features[k])) {
      throw new InputError(
        `the features of frame ${Math.floor(k / width)} hold ${features[k]}: the network that made them does not suit this video`,
      );
    }
    means[k % width] += features[k] / frames;
  }
  let squares = 0;
  for (let k = 0; k < features.length; k++) squares += (features[k] - means[k % width]) ** 2;
  const deviation = Math.sqrt(squares / features.length) || 1;
  return features.map((value, k) => (value - means[k % width]) / deviation);
}

/** Scores frames by the scoring network: trained before, or fitted to this video alone. */
import { dppGreedy } from "../../../layers/dpp-greedy.ts";
import { compile } from "../../../runtime/session.ts";
import { type Tensor, tensor } from "../../../runtime/tensor.ts";
import { type FitEvents, type Judgment, openFit } from "./fit-without-labels.ts";
import { scoringGraph, summaryNetwork } from "./network.ts";
import { loadNetworkWeights } from "./network-weights.ts";
import { standardize } from "./standardize.ts";

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
  /** A safetensors file with trained weights; else the network is fitted to the video. */
  weights?: string;
}

/** A frame that adds less than this to the determinant is spanned by those before, up to rounding. */
const spanned = 1e-9;

/** The network that is fitted to one video: small, since it sees little. */
const fittedSize = { units: 64, width: 32 };

/**
 * Makes a network ready that scores frames by features of `width` values.
 *
 * @throws InputError where the weights are not for such features
 */
export async function openScorer(width: number, { seed, weights }: ScorerOptions): Promise<Scorer> {
  const { judge, close } =
    weights === undefined
      ? await openFit(summaryNetwork({ inputs: width, ...fittedSize }), seed)
      : await openTrained(weights, width);
  let closing: Promise<void> | undefined;
  return {
    async score(features, events = {}) {
      events.signal?.throwIfAborted();
      const frames = features.length / width;
      const x = tensor(standardize(features, frames, width), [frames, 1, width]);
      return ranked(await judge(x, features, events));
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function openTrained(file: string, width: number) {
  const { network, weights } = await loadNetworkWeights(file, width);
  const session = await compile(scoringGraph(network));
  const named = Object.entries(weights).map(([name, { data, dims }]) => [name, tensor(data, dims)]);
  return {
    judge: (x: Tensor) => session.run({ ...Object.fromEntries(named), x }) as Promise<Judgment>,
    close: () => session.release(),
  };
}

function ranked({ importance, rows }: Judgment): FrameScores {
  const [items, width] = rows.dims;
  const greedy = dppGreedy({ rows: rows.data as Float32Array, items, width }, { least: spanned });
  const scores = importance.data as Float32Array;
  const byScore = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  const order = new Set([...greedy.map(({ item }) => item), ...byScore]);
  return { scores, order: Int32Array.from(order) };
}

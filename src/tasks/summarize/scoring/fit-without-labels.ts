/**
 * Fits the scoring network to one video without labels (Zhou, Qiao & Xiang, AAAI 2018): frames are drawn by
 * their importance, and the network is moved toward draws that make better summaries than usual. φ is
 * trained beside it: the likeliest set of the point process shall be the best draw of each step.
 */
import { clip, countOf, log, mean } from "../../../graph/functions.ts";
import { type Graph, trace } from "../../../graph/graph.ts";
import { dppLogLikelihood } from "../../../layers/dpp.ts";
import { scalar, type Tensor, tensor } from "../../../runtime/tensor.ts";
import { planTraining } from "../../../train/plan-training.ts";
import { startTrainer } from "../../../train/start-trainer.ts";
import type { Trainer } from "../../../train/trainer.ts";
import { random, type Stream } from "../../../weights/random.ts";
import { type SummaryNetwork, scoringGraph } from "./network.ts";
import { type FrameDistances, frameDistances, summaryReward } from "./reward.ts";

const steps = 100;
/** Draws a step: with 40, where the paper has 5, different seeds come to like scores (rank correlation .8 to .95). */
const episodes = 40;
/** How many frames in sequence a step looks at, and how many such stretches of a long video, evenly spread. */
const window = { frames: 240, most: 8 };
/**
 * The LSTM reads a stretch of more than `whole` frames in pieces of about `frames`, side by side, in less than half
 * the time; scores come to the same (rank correlation .99 on 240 frames).
 */
const piece = { whole: 120, frames: 60 };
/** What share of the frames a draw shall have, and how strongly it is held there (ε and β of equation 12). */
const target = { share: 0.2, weight: 0.5 };
const learningRate = 1e-3;
/** Weight of the point process beside the draws. */
const processWeight = 0.05;

/** A scoring network that is ready to be fitted to a video. */
export interface Fit {
  /**
   * Fits the network, then judges by it.
   *
   * @param x the network's input [frames, 1, width]
   * @param features what frames are compared by, [frames, width]
   */
  judge(x: Tensor, features: Float32Array, events: FitEvents): Promise<Judgment>;
  close(): Promise<void>;
}

export interface FitEvents {
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** Importance [frames] and rows of B [frames, width] (see scoringGraph). */
export type Judgment = Record<"importance" | "rows", Tensor>;

/** Makes a network and its trainer ready, which takes a third of a second and needs nothing of the video. */
export async function openFit(network: SummaryNetwork, seed: number): Promise<Fit> {
  const plan = planTraining(
    { training: rewardGraph(network), evaluation: scoringGraph(network) },
    { seed, optimizer: { kind: "adam" }, clip: 5 },
  );
  const trainer = await startTrainer(plan);
  return {
    async judge(x, features, { onProgress, signal }) {
      const draws = random(seed).stream("episodes");
      const videos = new Windows(x, features);
      let usual: number | undefined;
      for (let step = 1; step <= steps; step++) {
        signal?.throwIfAborted();
        const { rewards } = await improve(trainer, videos.draw(draws), { step, usual, draws });
        const now = rewards.reduce((a, b) => a + b) / rewards.length;
        usual = usual === undefined ? now : 0.9 * usual + 0.1 * now;
        onProgress?.(step / steps);
      }
      return (await trainer.evaluate({ x })) as Judgment;
    },
    close: () => trainer.close(),
  };
}

/** Draws sets of frames, finds how good they are, and moves the network toward the better ones. */
async function improve(
  trainer: Trainer,
  { x, distances }: Window,
  { step, usual, draws }: { step: number; usual: number | undefined; draws: Stream },
): Promise<{ rewards: number[] }> {
  const { importance } = await trainer.evaluate({ x });
  const { frames } = distances;
  const [time, pieces] = x.dims;
  const actions = new Float32Array(episodes * frames);
  const sets = Array.from({ length: episodes }, (_, episode) => {
    const chosen: number[] = [];
    for (let t = 0; t < frames; t++) {
      if (draws.uniform() >= importance.data[t]) continue;
      actions[episode * frames + t] = 1;
      chosen.push(t);
    }
    return chosen;
  });
  const rewards = sets.map((chosen) => summaryReward(distances, chosen));
  const baseline = usual ?? rewards.reduce((a, b) => a + b) / episodes;
  const best = rewards.indexOf(Math.max(...rewards));
  const worthwhile = sets[best].length > 0 && rewards[best] > baseline;
  const feeds = {
    x,
    actions: tensor(actions, [episodes, pieces, time]),
    advantages: tensor(rewards.map((reward) => reward - baseline)),
    best: tensor(worthwhile ? sets[best] : [0], undefined, "int32"),
    processWeight: scalar(worthwhile ? processWeight : 0),
  };
  await trainer.step([{ feeds, weight: 1 }], { step, learningRate });
  return { rewards };
}

/**
 * The loss of some draws: −Σ advantage · ln p(draw) (REINFORCE, equation 9), the pull of the mean
 * importance toward its target, and the point process's −ln P(best draw) a frame.
 */
export function rewardGraph(network: SummaryNetwork): Graph {
  const inputs = {
    x: ["time", "pieces", network.size.inputs],
    actions: ["episodes", "pieces", "time"],
    advantages: ["episodes"],
    best: { shape: ["chosen"], dtype: "int32" as const },
    processWeight: [],
  };
  return trace(inputs, ({ x, actions, advantages, best, processWeight }) => {
    const { importance, similarity } = network.judge(x);
    const p = clip(importance, 1e-4, 1 - 1e-4);
    const taken = actions.reshape(["episodes", -1]);
    const likelihood = taken.mul(log(p)).add(taken.rsub(1).mul(log(p.rsub(1))));
    const drawn = mean(mean(likelihood, 1).mul(advantages)).neg();
    const held = mean(p).sub(target.share).pow(2).mul(target.weight);
    const process = dppLogLikelihood(p, similarity, best, { jitter: 1e-3 }).cast("float32");
    const perFrame = process.div(countOf(p.shape, p));
    return { loss: drawn.add(held).sub(perFrame.mul(processWeight)) };
  });
}

/** What a step looks at: the network's input, and how far its frames are apart. */
interface Window {
  x: Tensor;
  distances: FrameDistances;
}

/** The parts of a video that steps look at, one at random: all of a short video, else stretches of it. */
class Windows {
  private readonly whole: Tensor;
  private readonly features: Float32Array;
  private readonly starts: readonly number[];
  private readonly known = new Map<number, Window>();

  constructor(whole: Tensor, features: Float32Array) {
    this.whole = whole;
    this.features = features;
    const [frames] = whole.dims;
    const count = Math.min(window.most, Math.ceil(frames / window.frames));
    const room = Math.max(0, frames - window.frames);
    this.starts = Array.from({ length: count }, (_, k) => Math.round((k * room) / Math.max(1, count - 1)));
  }

  draw(draws: Stream): Window {
    const start = this.starts[draws.integer(this.starts.length)];
    const drawn = this.known.get(start) ?? this.cut(start);
    this.known.set(start, drawn);
    return drawn;
  }

  private cut(start: number): Window {
    const [all, , width] = this.whole.dims;
    const length = Math.min(all, window.frames);
    const pieces = length <= piece.whole ? 1 : Math.ceil(length / piece.frames);
    const time = Math.floor(length / pieces);
    const frames = pieces * time;
    const rows = (of: Float32Array) => of.subarray(start * width, (start + frames) * width);
    const given = rows(this.whole.data as Float32Array);
    const x = new Float32Array(given.length);
    for (let k = 0; k < frames; k++) {
      const row = (k % time) * pieces + Math.floor(k / time);
      x.set(given.subarray(k * width, (k + 1) * width), row * width);
    }
    return { x: tensor(x, [time, pieces, width]), distances: frameDistances(rows(this.features), frames) };
  }
}

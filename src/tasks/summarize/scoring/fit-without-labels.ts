/**
 * Fits the scoring network to one video without labels (Zhou, Qiao & Xiang, AAAI 2018): frames are drawn by
 * their importance, and the network is moved toward draws that make better summaries than usual. φ is
 * trained beside it: the likeliest set of the point process shall be the best draw of each step.
 */
import { clip, countOf, log, mean } from "../../../graph/functions.ts";
import { type Graph, trace } from "../../../graph/graph.ts";
import { dppLogLikelihood } from "../../../layers/dpp.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { planTraining } from "../../../train/plan-training.ts";
import { startTrainer } from "../../../train/start-trainer.ts";
import { random } from "../../../weights/random.ts";
import { drawEpisodes, targetShare, usualAfter } from "./episodes.ts";
import { type SummaryNetwork, scoringGraph } from "./network.ts";
import { Windows } from "./windows.ts";

const steps = 100;
/** How strongly the share of a draw is held at its target (β of equation 12). */
const shareWeight = 0.5;
const learningRate = 1e-3;

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
        const part = videos.draw(draws);
        const { importance } = await trainer.evaluate({ x: part.x });
        const { feeds, reward } = drawEpisodes(part, importance.data, { usual, draws });
        await trainer.step([{ feeds, weight: 1 }], { step, learningRate });
        usual = usualAfter(usual, reward);
        onProgress?.(step / steps);
      }
      return (await trainer.evaluate({ x })) as Judgment;
    },
    close: () => trainer.close(),
  };
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
    const held = mean(p).sub(targetShare).pow(2).mul(shareWeight);
    const process = dppLogLikelihood(p, similarity, best, { jitter: 1e-3 }).cast("float32");
    const perFrame = process.div(countOf(p.shape, p));
    return { loss: drawn.add(held).sub(perFrame.mul(processWeight)) };
  });
}

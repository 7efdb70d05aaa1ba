/** Sets of frames drawn by their importance, and how much better than usual each of them is (REINFORCE). */
import { scalar, type Tensor, tensor } from "../../../runtime/tensor.ts";
import type { Stream } from "../../../weights/random.ts";
import { summaryReward } from "./reward.ts";
import type { Window } from "./windows.ts";

/** Draws a step: with 40, where the paper has 5, different seeds come to like scores (rank correlation .8 to .95). */
const episodes = 40;
/** What share of the frames a draw shall have (ε of equation 12). */
export const targetShare = 0.2;
/** Weight of the point process beside the draws. */
const processWeight = 0.05;

export interface Episodes {
  /** What `rewardGraph` reads. */
  feeds: Record<string, Tensor>;
  /** The draws' mean reward. */
  reward: number;
}

/**
 * Draws sets of a window's frames and weighs them.
 *
 * @param importance each frame's probability, [frames]
 * @param usual the reward that a draw is compared with; these draws' own mean where there is none yet
 */
export function drawEpisodes(
  { x, distances }: Window,
  importance: ArrayLike<number>,
  { usual, draws }: { usual: number | undefined; draws: Stream },
): Episodes {
  const { frames } = distances;
  const [time, pieces] = x.dims;
  const actions = new Float32Array(episodes * frames);
  const sets = Array.from({ length: episodes }, (_, episode) => {
    const chosen: number[] = [];
    for (let t = 0; t < frames; t++) {
      if (draws.uniform() >= importance[t]) continue;
      actions[episode * frames + t] = 1;
      chosen.push(t);
    }
    return chosen;
  });
  const rewards = sets.map((chosen) => summaryReward(distances, chosen));
  const reward = rewards.reduce((a, b) => a + b) / episodes;
  const baseline = usual ?? reward;
  const best = rewards.indexOf(Math.max(...rewards));
  const worthwhile = sets[best].length > 0 && rewards[best] > baseline;
  const feeds = {
    x,
    actions: tensor(actions, [episodes, pieces, time]),
    advantages: tensor(rewards.map((one) => one - baseline)),
    best: tensor(worthwhile ? sets[best] : [0], undefined, "int32"),
    processWeight: scalar(worthwhile ? processWeight : 0),
  };
  return { feeds, reward };
}

/** The moving baseline after one more step. */
export function usualAfter(usual: number | undefined, reward: number): number {
  return usual === undefined ? reward : 0.9 * usual + 0.1 * reward;
}

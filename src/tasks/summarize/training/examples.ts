/** Videos as the examples of a training: with labels, or as draws that are compared with what is usual. */
import { type Tensor, tensor } from "../../../runtime/tensor.ts";
import type { Examples, Validate } from "../../../train/fit-options.ts";
import type { Tensors } from "../../../train/step.ts";
import { random } from "../../../weights/random.ts";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { drawEpisodes, targetShare, usualAfter } from "../scoring/episodes.ts";
import type { Recipe } from "../scoring/task-file.ts";
import { Windows } from "../scoring/windows.ts";
import { importanceOf, keyStepsOf } from "./labels.ts";
import type { LabelLoss } from "./objective.ts";
import { inputOf } from "./prepare.ts";
import type { NamedVideo } from "./select-videos.ts";

/** Each video an example of its own, with the labels that a loss reads. All count alike, however long. */
export function labeledExamples(
  videos: readonly NamedVideo[],
  { inputs, steps }: Recipe,
  loss: LabelLoss,
): Examples {
  const feeds = videos.map((one) => {
    const importance = importanceOf(one.video);
    const x = inputOf(one, inputs);
    const labeled = { x, labels: tensor(importance), shares: tensor(sharesOf(one.video, steps)) };
    if (loss === "importance") return labeled;
    const keySteps = tensor(keyStepsOf(one.video, importance), undefined, "int32");
    return loss === "process" ? { x, keySteps } : { ...labeled, keySteps };
  });
  return { count: videos.length, load: ([index]) => ({ feeds: feeds[index] as Tensors, weight: 1 }) };
}

/** What part of the video each step stands for: a frame that was picked like any other, a shot by its length. [steps], sum 1 */
export function sharesOf({ picks, shots, frameCount }: AnnotatedVideo, steps: Recipe["steps"]): Float32Array {
  if (steps === "picks") return new Float32Array(picks.length).fill(1 / picks.length);
  return Float32Array.from(shots!, ({ start, end }) => (end - start) / frameCount);
}

interface Memory {
  /** How often each video was looked at: what is drawn depends on it. */
  visits: number[];
  /** The reward that is usual for each video, its moving baseline. */
  usual: (number | null)[];
}

/** Each video an example of its own: sets of its frames are drawn as the network now judges them. */
export function drawnExamples(
  videos: readonly NamedVideo[],
  { inputs, seed }: Recipe,
  evaluate: (feeds: Tensors) => Promise<Tensors>,
): Examples {
  const windows = windowsOf(videos, inputs);
  const draws = random(seed);
  let memory: Memory = { visits: videos.map(() => 0), usual: videos.map(() => null) };
  return {
    count: videos.length,
    async load([index]) {
      const stream = draws.stream(`episodes.${index}.${memory.visits[index]++}`);
      const part = windows[index].draw(stream);
      const { importance } = await evaluate({ x: part.x });
      const usual = memory.usual[index] ?? undefined;
      const { feeds, reward } = drawEpisodes(part, importance.data, { usual, draws: stream });
      memory.usual[index] = usualAfter(usual, reward);
      return { feeds, weight: 1 };
    },
    memory: {
      save: () => structuredClone(memory),
      restore: (saved) => {
        memory = structuredClone(saved as Memory);
      },
    },
  };
}

/**
 * The mean reward of sets drawn from videos, always by the same random numbers. Importance is scaled so that a set has a fifth
 * of the frames: of more frames any choice stands for the rest, so that a network that has not yet come down to its share
 * would seem better.
 */
export function meanReward(videos: readonly NamedVideo[], { inputs, seed }: Recipe): Validate {
  const windows = windowsOf(videos, inputs);
  return async (evaluate) => {
    const draws = random(seed).stream("validation.episodes");
    let sum = 0;
    for (const window of windows) {
      const part = window.draw(draws);
      const { importance } = await evaluate({ x: part.x });
      const scaled = ofShare(importance.data as Float32Array);
      sum += drawEpisodes(part, scaled, { usual: undefined, draws }).reward;
    }
    return { reward: sum / videos.length };
  };
}

function ofShare(importance: Float32Array): Float32Array {
  const mean = importance.reduce((a, b) => a + b, 0) / importance.length;
  return importance.map((one) => (targetShare / mean) * one);
}

function windowsOf(videos: readonly NamedVideo[], inputs: Recipe["inputs"]): Windows[] {
  return videos.map((one) => {
    const x: Tensor = inputOf(one, inputs);
    const compared = one.video.features?.data ?? (x.data as Float32Array);
    return new Windows(x, compared);
  });
}

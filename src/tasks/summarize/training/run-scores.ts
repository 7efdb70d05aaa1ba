/** What a trained run says of the videos of a set. */
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import { shotOfSteps } from "../datasets/shot-of-steps.ts";
import { type Decoding, decode } from "../scoring/decode.ts";
import { openTrainedRun } from "../scoring/trained-run.ts";
import { stepsOfShots } from "./shot-steps.ts";

export interface RunScoresOptions {
  /** How scores are made; as the model is trained unless given: `importance`, and `diagonal` for dppLSTM in stages. */
  decoding?: Decoding;
  /** Of a set, the videos to score: all unless given. */
  videos?: readonly AnnotatedVideo[];
}

/**
 * Scores the steps of a set's videos, each [steps], in their order.
 *
 * ```ts
 * const scores = await scoresOfRun("run", await openAnnotatedSet("tvsum"));
 * ```
 *
 * @param run the folder of a finished run
 * @throws InputError where there is none, or a video lacks what its network reads
 */
export async function scoresOfRun(
  run: string,
  { name, videos: all }: AnnotatedSet,
  { decoding, videos = all }: RunScoresOptions = {},
): Promise<Float32Array[]> {
  const { task, judge, close, ...trained } = await openTrainedRun(run);
  const isByShot = task.recipe.steps === "shots";
  const way = decoding ?? trained.decoding;
  try {
    const scores: Float32Array[] = [];
    for (const video of videos) {
      const seen = isByShot ? stepsOfShots({ ...video, users: [], importance: undefined }) : video;
      const ofSteps = decode(await judge(`${name}/${video.name}`, seen), way);
      scores.push(
        isByShot
          ? Float32Array.from(shotOfSteps(video.picks, video.shots!), (shot) => ofSteps[shot])
          : ofSteps,
      );
    }
    return scores;
  } finally {
    await close();
  }
}

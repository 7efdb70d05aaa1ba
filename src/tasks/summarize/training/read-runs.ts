/** Trained runs as something to be measured, each on the videos that it was to be tested on. */
import { basename } from "node:path";
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedSet } from "../datasets/annotated-video.ts";
import type { Split } from "../datasets/splits.ts";
import type { Candidate } from "../evaluation/evaluate.ts";
import { readTaskFile } from "../scoring/task-file.ts";
import { scoresOfRun } from "./run-scores.ts";

/** What `evaluateSummaries` takes. */
export interface TestedRuns {
  /** Named like the first run; on a run's split it has that run's scores. */
  candidate: Candidate;
  /** One a run: its test part, and all other videos of the set for what else learns. */
  splits: Split[];
}

/**
 * Scores the test parts of finished runs, such as those of five folds.
 *
 * ```ts
 * const set = await openAnnotatedSet("tvsum.h5");
 * const { candidate, splits } = await readRuns(["fold0", "fold1"], set);
 * const { rows } = evaluateSummaries(set, { candidates: [candidate, ...baselines(set, 1)], splits });
 * ```
 *
 * @param runs at least one folder of `trainSummaries`
 * @param set the one that they were to be tested on
 * @throws InputError where a run tests no video of the set, or a video lacks what its network reads
 */
export async function readRuns(runs: readonly string[], set: AnnotatedSet): Promise<TestedRuns> {
  const parts: { split: Split; scores: ReadonlyMap<string, Float32Array> }[] = [];
  for (const run of runs) {
    const { videos } = await readTaskFile(run);
    const tested = set.videos.filter(({ name }) => videos.test.includes(`${set.name}/${name}`));
    if (tested.length === 0)
      throw new InputError(
        `${run} is not to be tested on ${set.name}: ${videos.test.length > 0 ? `its test videos are ${videos.test.slice(0, 3).join(", ")}, …` : "it learned from all videos"}`,
      );
    const others = set.videos.filter((video) => !tested.includes(video));
    const scores = await scoresOfRun(run, set, { videos: tested });
    parts.push({
      split: { train: others.map(({ name }) => name), test: tested.map(({ name }) => name) },
      scores: new Map(tested.map(({ name }, at) => [name, scores[at]])),
    });
  }
  const candidate: Candidate = {
    name: basename(runs[0]),
    origin: "given",
    fit(_, split) {
      const { scores } = parts[split];
      return (judge) => judge.measure(scores.get(judge.video.name)!);
    },
  };
  return { candidate, splits: parts.map(({ split }) => split) };
}

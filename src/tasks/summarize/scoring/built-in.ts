/** The networks that the package brings along, trained on SumMe and TVSum (weights/summarize/README.md). */
import { fileURLToPath } from "node:url";

/** What weighs a video's moments: a network fitted to it alone, or one of those brought along. */
export const scoringModels = ["fit", "dpplstm", "dsn"] as const;
export type ScoringModel = (typeof scoringModels)[number];

/**
 * What is used where nothing is chosen: the best that looks at the pictures. That a trained network is better is not shown, neither
 * against position and duration nor against the fit: see the tables of docs/summarize-training.md and docs/results.md.
 */
export const defaultModel: ScoringModel = "fit";

/** The folder of a network brought along: a run of `gatefold train summarize` without its checkpoints. */
export function builtInRun(model: Exclude<ScoringModel, "fit">): string {
  return fileURLToPath(new URL(`../../../../weights/summarize/${model}`, import.meta.url));
}

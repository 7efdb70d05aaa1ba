/** The networks that the package brings along, trained on SumMe and TVSum (weights/summarize/README.md). */
import { fileURLToPath } from "node:url";

/** What weighs a video's moments: a network fitted to it alone, or one of those brought along. */
export const scoringModels = ["fit", "dpplstm", "dsn"] as const;
export type ScoringModel = (typeof scoringModels)[number];

/**
 * What is used where nothing is chosen: of all that look at pictures the network whose order is like people's on both sets
 * (docs/summarize-training.md). Where an image network makes the features, the fit, which reads them.
 */
export function defaultModel(features: string | undefined): ScoringModel {
  return features === undefined ? "dpplstm" : "fit";
}

/** The folder of a network brought along: a run of `gatefold train summarize` without its checkpoints. */
export function builtInRun(model: Exclude<ScoringModel, "fit">): string {
  return fileURLToPath(new URL(`../../../../weights/summarize/${model}`, import.meta.url));
}

/** The networks that the package brings along, trained on SumMe and TVSum (weights/summarize/README.md). */
import { fileURLToPath } from "node:url";

/** What weighs a video's moments: networks brought along, the mean of whose rankings counts where + joins them, or one fitted to it alone. */
export const scoringModels = ["vslstm+dpplstm", "vslstm", "dpplstm", "dsn", "fit"] as const;
export type ScoringModel = (typeof scoringModels)[number];

/**
 * What is used where nothing is chosen: of networks that learned from both sets none is proven to order frames more as people do on
 * either (docs/summarize-training.md). Where an image network makes the features, the fit, which reads them.
 */
export function defaultModel(features: string | undefined): ScoringModel {
  return features === undefined ? "vslstm+dpplstm" : "fit";
}

/** The folders of a model's networks: runs of `gatefold train summarize` without their checkpoints. */
export function builtInRuns(model: Exclude<ScoringModel, "fit">): string[] {
  return model
    .split("+")
    .map((name) => fileURLToPath(new URL(`../../../../weights/summarize/${name}`, import.meta.url)));
}

/** The networks that the package brings along, trained on SumMe and TVSum (weights/summarize/README.md). */
import { fileURLToPath } from "node:url";

/** What weighs a video's moments: a network fitted to it alone, or one of those brought along. */
export const scoringModels = ["fit", "dpplstm", "dsn"] as const;
export type ScoringModel = (typeof scoringModels)[number];

/**
 * What is used where nothing is chosen. A fit tells frames of one shot apart, which a network over shots can't, so that it serves
 * videos of a single take, too. On TVSum's edited videos dppLSTM orders frames more as people do: see docs/summarize-training.md.
 */
export const defaultModel: ScoringModel = "fit";

/** The folder of a network brought along: a run of `gatefold train summarize` without its checkpoints. */
export function builtInRun(model: Exclude<ScoringModel, "fit">): string {
  return fileURLToPath(new URL(`../../../../weights/summarize/${model}`, import.meta.url));
}

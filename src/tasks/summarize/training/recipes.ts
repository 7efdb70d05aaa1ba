/** How each network is made and trained, unless told otherwise. */
import type { ModelName, Recipe } from "../scoring/task-file.ts";

/** The sizes, step and batch of Zhang et al. (2016), section 4.1. */
const paper = {
  cell: "lstm",
  units: 256,
  width: 256,
  steps: "picks" as const,
  inputs: ["features"] satisfies Recipe["inputs"],
  joint: false,
  epochs: 60,
  patience: 5,
  learningRate: 1e-3,
  weightDecay: 0,
  videosPerStep: 10,
  seed: 1,
};

export type RecipeName = ModelName | "dpplstm-joint";

export const recipeOf: Readonly<Record<RecipeName, Recipe>> = {
  vslstm: { model: "vslstm", ...paper },
  dpplstm: { model: "dpplstm", ...paper },
  /** As the authors' code does it, where the paper has one stage after the other. */
  "dpplstm-joint": { model: "dpplstm", ...paper, joint: true },
  /** Zhou et al. (2018), section 4.1: 60 epochs; an epoch without a better reward means little. */
  dsn: { model: "dsn", ...paper, patience: 10 },
};

/** How each network is made and trained, unless told otherwise. */
import type { ModelName, Recipe } from "./task-file.ts";

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

export const recipeOf: Readonly<Record<ModelName, Recipe>> = {
  vslstm: { model: "vslstm", ...paper },
  dpplstm: { model: "dpplstm", ...paper },
  /** Zhou et al. (2018), section 4.1: 60 epochs; an epoch without a better reward means little. */
  dsn: { model: "dsn", ...paper, patience: 10 },
};

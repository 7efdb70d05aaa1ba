/** Recipes that were found on validation speakers, never on those of the tests. */
import type { CorpusSettings, SpeechTask } from "./corpus/settings.ts";
import type { Recipe } from "./task-file.ts";

/** How each corpus is heard. */
export const corpusOf: Readonly<Record<SpeechTask, Omit<CorpusSettings, "split">>> = {
  phones: { task: "phones", rate: 16_000, bands: 40, delay: 5, speeds: [0.9, 1, 1.1] },
  digits: { task: "digits", rate: 8000, bands: 40, delay: 0, speeds: [1] },
};

/** How each task's network is made and trained. */
export const recipeOf: Readonly<Record<SpeechTask, Recipe>> = {
  phones: {
    cell: "lstm",
    layers: 3,
    units: 256,
    dropout: 0.3,
    dropoutPattern: "plain",
    epochs: 12,
    piece: 80,
    batch: 16,
    learningRate: 3e-3,
    seed: 1,
  },
  digits: {
    cell: "lstm",
    layers: 2,
    units: 128,
    dropout: 0.3,
    dropoutPattern: "plain",
    epochs: 15,
    batch: 16,
    learningRate: 2e-3,
    seed: 1,
  },
};

/** How what was made from a trained network is tuned. */
export const tuning = {
  epochs: 1,
  /** At the start; it falls to 0 along a cosine. */
  learningRate: 1e-3,
  /** Of changes, for networks with thresholds. */
  cost: 1,
} as const;

/** `task.json` of a run: what its model was trained for, on what, and how. */
import { z } from "zod";
import { readTask, writeTask } from "../../train/task-file.ts";
import { corpusSettings } from "./corpus/settings.ts";

/** How a network is made and trained. */
export const recipeSettings = z.strictObject({
  cell: z.string(),
  layers: z.int().positive(),
  units: z.int().positive(),
  /** Of what goes from layer to layer. */
  dropout: z.number().min(0).lt(1),
  /** Whether that is drawn number by number, or approximately, in patterns that leave a smaller product. */
  dropoutPattern: z.enum(["plain", "row", "tile"]),
  epochs: z.int().positive(),
  /** Frames that are asked for in a training sequence, where utterances are cut into pieces. */
  piece: z.int().positive().optional(),
  /** Sequences a step. */
  batch: z.int().positive(),
  /** Adam's, at its highest; it falls to 0 along a cosine. */
  learningRate: z.number().positive(),
  seed: z.int().min(0),
});
export type Recipe = z.output<typeof recipeSettings>;

const taskFile = z.strictObject({
  format: z.literal("gatefold-speech"),
  version: z.literal(1),
  corpus: corpusSettings,
  recipe: recipeSettings,
  classes: z.array(z.string()),
  /** Of each band's numbers, over the training frames. */
  statistics: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
});
export type TaskFile = z.output<typeof taskFile>;

export const writeTaskFile = (run: string, task: Omit<TaskFile, "format" | "version">): Promise<void> =>
  writeTask(run, { format: "gatefold-speech", version: 1, ...task } satisfies TaskFile);

/** @throws InputError where there is none, or one of something else */
export const readTaskFile = (run: string): Promise<TaskFile> => readTask(run, taskFile, "gatefold speech");

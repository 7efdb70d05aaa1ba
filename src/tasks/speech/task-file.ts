/** `task.json` of a run: what its model was trained for, on what, and how. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../../graph/errors.ts";
import { writeAside } from "../../train/write-aside.ts";
import { corpusSettings } from "./corpus/settings.ts";

const TASK_FILE = "task.json";

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

export async function writeTaskFile(run: string, task: Omit<TaskFile, "format" | "version">): Promise<void> {
  const whole: TaskFile = { format: "gatefold-speech", version: 1, ...task };
  await writeAside(join(run, TASK_FILE), `${JSON.stringify(whole, null, 2)}\n`);
}

/** @throws InputError where there is none, or one of something else */
export async function readTaskFile(run: string): Promise<TaskFile> {
  const path = join(run, TASK_FILE);
  const text = await readFile(path, "utf8").catch(() => {
    throw new InputError(`${run} is no run of "gatefold speech": it has no ${TASK_FILE}`);
  });
  try {
    return taskFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new InputError(`${path} is damaged or of another version: train again`, { cause });
  }
}

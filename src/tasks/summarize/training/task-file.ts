/** `task.json` of a run: what its model was trained for, on what, and how. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../../../graph/errors.ts";
import { writeAside } from "../../../train/write-aside.ts";
import { inputParts } from "../scoring/network-input.ts";

export const TASK_FILE = "task.json";

/** What a network learns by: vsLSTM and dppLSTM from labels, DR-DSN without. */
export const modelNames = ["vslstm", "dpplstm", "dsn"] as const;
export type ModelName = (typeof modelNames)[number];

/** How a network is made and trained. */
export const recipeSettings = z.strictObject({
  model: z.enum(modelNames),
  /** The encoder's, by name. */
  cell: z.string(),
  /** Units a direction, and of both hidden layers. */
  units: z.int().positive(),
  /** Width of φ. */
  width: z.int().positive(),
  /** What a step is: a frame that was picked, or a whole shot. */
  steps: z.enum(["picks", "shots"]),
  /** What a step's input is made of. */
  inputs: z.array(z.enum(inputParts)).min(1),
  /** Of dppLSTM: the two losses at once, instead of one stage after the other. */
  joint: z.boolean(),
  /** Most epochs; of dppLSTM, of each stage. */
  epochs: z.int().positive(),
  /** Epochs without a better validation that are borne. */
  patience: z.int().min(0),
  /** Adam's. */
  learningRate: z.number().positive(),
  /** Draws all matrices toward 0, as an L2 term in the gradient. */
  weightDecay: z.number().min(0),
  /** Videos whose gradients are averaged for a step. */
  videosPerStep: z.int().positive(),
  seed: z.int().min(0),
});
export type Recipe = z.output<typeof recipeSettings>;

const names = z.array(z.string());

const taskFile = z.strictObject({
  format: z.literal("gatefold-summary-training"),
  version: z.literal(1),
  recipe: recipeSettings,
  setting: z.enum(["canonical", "augmented", "transfer", "all"]),
  /** Values of a step's features. */
  features: z.int().min(0),
  /** The parts that the videos were in, each as "SET/VIDEO". */
  videos: z.strictObject({ training: names, validation: names, test: names }),
});
export type TaskFile = z.output<typeof taskFile>;

export async function writeTaskFile(run: string, task: Omit<TaskFile, "format" | "version">): Promise<void> {
  const whole: TaskFile = { format: "gatefold-summary-training", version: 1, ...task };
  await writeAside(join(run, TASK_FILE), `${JSON.stringify(whole, null, 2)}\n`);
}

/** @throws InputError where there is none, or one of something else */
export async function readTaskFile(run: string): Promise<TaskFile> {
  const path = join(run, TASK_FILE);
  const text = await readFile(path, "utf8").catch(() => {
    throw new InputError(`${run} is no run of "gatefold train summarize": it has no ${TASK_FILE}`);
  });
  try {
    return taskFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new InputError(
      `${path} is damaged, or of another task or version: give a run of "gatefold train summarize"`,
      { cause },
    );
  }
}

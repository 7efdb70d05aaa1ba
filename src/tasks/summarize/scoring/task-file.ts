/** `task.json` of a run: what its model was trained for, on what, and how. */
import { z } from "zod";
import { readTask, writeTask } from "../../../train/task-file.ts";
import { inputParts } from "./network-input.ts";

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

export const writeTaskFile = (run: string, task: Omit<TaskFile, "format" | "version">): Promise<void> =>
  writeTask(run, { format: "gatefold-summary-training", version: 1, ...task } satisfies TaskFile);

/** @throws InputError where there is none, or one of something else */
export const readTaskFile = (run: string): Promise<TaskFile> =>
  readTask(run, taskFile, "gatefold train summarize");

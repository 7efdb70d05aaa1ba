/** What a training is given, what happens in it and what comes of it. */
import { z } from "zod";
import { improvementSettings } from "./improvement.ts";
import type { NamedArrays } from "./optimizers.ts";
import type { ScheduleSettings } from "./schedules.ts";
import type { Tensors } from "./step.ts";
import type { MicroBatch, Trainer } from "./trainer.ts";

/** What a training goes through. */
export interface Examples {
  count: number;
  /** The examples with these numbers, as one micro-batch. The same numbers (and memory) always give the same batch. */
  load(indices: readonly number[]): MicroBatch | Promise<MicroBatch>;
  /**
   * What batches depend on beside their numbers and changes as they are loaded, such as the moving baseline of a policy
   * gradient: kept in checkpoints. Where there is one, batches are loaded one after the other, and those of a step after
   * the step before, so that they may ask the trainer.
   */
  memory?: { save(): unknown; restore(saved: unknown): void };
}

/** Scores the model: computes outputs by `evaluate` and reduces them to numbers. */
export type Validate = (evaluate: (feeds: Tensors) => Promise<Tensors>) => Promise<Record<string, number>>;

const stoppingSettings = z.strictObject({
  /** The score that decides. */
  metric: z.string().default("loss"),
  /** Whether a lower or a higher score is better. */
  better: z.enum(["lower", "higher"]).default("lower"),
  ...improvementSettings.shape,
});

export const fitSettings = z.strictObject({
  epochs: z.int().positive(),
  /** Examples that go through the model together. */
  batch: z.int().positive().default(1),
  /** Micro-batches whose gradients are averaged, by their weights, for one step. */
  batchesPerStep: z.int().positive().default(1),
  /** Stops when validation gets no better, and goes back to the best weights. */
  earlyStopping: stoppingSettings.optional(),
});

export interface FitOptions extends z.input<typeof fitSettings> {
  trainer: Trainer;
  examples: Examples;
  schedule: ScheduleSettings;
  /** Is called after every epoch. */
  validate?: Validate;
  /** Where the run is kept; the same folder again continues it. */
  folder?: string;
  /** Whatever else the numbers depend on (data, model), to be kept in run.json and compared when continuing. */
  description?: object;
  /** Seconds between checkpoints. */
  checkpointSeconds?: number;
  /** Stops, after a checkpoint, when it aborts. */
  signal?: AbortSignal;
  onEvent?: (event: FitEvent) => void;
}

/** What happens in a training, in the order of its happening; plain JSON. */
export type FitEvent =
  | { event: "start"; step: number; epoch: number; epochs: number; stepsPerEpoch: number }
  | ({ event: "step" } & StepLine)
  | ({ event: "epoch" } & EpochLine)
  | { event: "checkpoint"; step: number }
  | { event: "end"; reason: FitResult["reason"]; step: number; best?: Best };

/** A line of metrics.jsonl after a step; epochs and steps count from 1. */
interface StepLine {
  step: number;
  epoch: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
  metrics: Record<string, number>;
}

/** A line of metrics.jsonl after an epoch: the mean loss of its steps, and what validation gave. */
interface EpochLine {
  step: number;
  epoch: number;
  loss: number;
  validation?: Record<string, number>;
}

/** The validation that was the best. */
export interface Best {
  step: number;
  epoch: number;
  validation: Record<string, number>;
}

export interface FitResult {
  reason: "epochs" | "early stopping" | "interrupted";
  /** Steps made in all. */
  step: number;
  best?: Best;
  /** The best ones with early stopping, else the last. The trainer has them too. */
  weights: NamedArrays;
}

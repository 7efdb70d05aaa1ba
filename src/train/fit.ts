/** The training loop: epochs of steps in a seeded order, validation, early stopping, checkpoints. */
import type { z } from "zod";
import { checkOptions } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { random } from "../weights/random.ts";
import { type Best, type FitEvent, type FitOptions, type FitResult, fitSettings } from "./fit-options.ts";
import { type Improvement, noImprovement, observed } from "./improvement.ts";
import type { NamedArrays } from "./optimizers.ts";
import type { RunFolder } from "./run-folder.ts";
import { createSchedule, type Schedule, type ScheduleState } from "./schedules.ts";
import type { MicroBatch } from "./trainer.ts";

/** Where a training stands, as JSON: with the trainer's state it determines all that follows. */
interface Position {
  step: number;
  /** Finished epochs. */
  epochs: number;
  /** Steps made of the current one; all of them while its validation is still to come. */
  stepsOfEpoch: number;
  lossSum: number;
  schedule: ScheduleState;
  improvement: Improvement;
  best?: Best;
  /** The examples' own. */
  memory?: unknown;
}

const beginning = (schedule: Schedule): Position => ({
  step: 0,
  epochs: 0,
  stepsOfEpoch: 0,
  lossSum: 0,
  schedule: schedule.state,
  improvement: noImprovement,
});

/**
 * Trains. With a folder, a run that was interrupted or killed continues from its last checkpoint and ends with
 * the same numbers as one that was not; a finished run can be given more epochs.
 *
 * The same numbers means: to the last bit, with the same runtime and number of threads, which decide the order
 * in which it adds.
 *
 * @throws InputError for settings out of range, a folder of another run, or a loss that is not finite.
 * @example
 * const { weights } = await fit({
 *   trainer,
 *   examples: { count: clips.length, load: ([index]) => ({ feeds: feedsOf(clips[index]), weight: clips[index].frames }) },
 *   schedule: { kind: "constant", rate: 1e-3 },
 *   epochs: 20,
 *   batchesPerStep: 4,
 * });
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  const training = new Training(options);
  const { folder } = options;
  if (folder !== undefined) await training.open(folder);
  try {
    return await training.run();
  } finally {
    training.close();
  }
}

class Training {
  readonly #options: FitOptions;
  readonly #settings: z.output<typeof fitSettings>;
  readonly #schedule: Schedule;
  readonly #stepsPerEpoch: number;
  #position: Position;
  #folder: RunFolder<Position> | undefined;
  #bestWeights: NamedArrays | undefined;
  #upcoming: Promise<MicroBatch[]> | undefined;
  #order: { epoch: number; indices: number[] } | undefined;
  #savedAt = performance.now();

  constructor(options: FitOptions) {
    const { epochs, batch, batchesPerStep, earlyStopping, examples, validate } = options;
    this.#options = options;
    this.#settings = checkOptions("training", fitSettings, { epochs, batch, batchesPerStep, earlyStopping });
    this.#schedule = createSchedule(options.schedule);
    this.#position = beginning(this.#schedule);
    if (examples.count < 1) throw new InputError("there are no examples to train on");
    if (!validate && (earlyStopping || options.schedule.kind === "plateau"))
      throw new InputError("early stopping and a plateau schedule need a validation, and there is none");
    this.#stepsPerEpoch = Math.ceil(examples.count / this.#settings.batch / this.#settings.batchesPerStep);
  }

  /** Continues the run in a folder, or begins one there. */
  async open(path: string): Promise<void> {
    const { trainer, examples, schedule, description } = this.#options;
    const { epochs, ...settings } = this.#settings; // More epochs may follow later.
    const { RunFolder } = await import("./run-folder.ts"); // Needs Node's files, which a browser lacks.
    this.#folder = await RunFolder.open<Position>(
      path,
      {
        ...trainer.settings,
        ...settings,
        schedule,
        examples: examples.count,
        weights: trainer.shapes,
        description,
      },
      trainer.shapes,
    );
    const { latest } = this.#folder;
    if (!latest) return;
    await trainer.restore(latest.state);
    this.#position = latest.progress;
    this.#schedule.state = latest.progress.schedule;
    examples.memory?.restore(latest.progress.memory);
    if (latest.progress.best) this.#bestWeights = await this.#folder.readWeights(latest.progress.best.step);
  }

  async run(): Promise<FitResult> {
    const { epochs } = this.#settings;
    const { signal } = this.#options;
    const { step } = this.#position;
    this.#emit({
      event: "start",
      step,
      epoch: this.#position.epochs + 1,
      epochs,
      stepsPerEpoch: this.#stepsPerEpoch,
    });
    while (this.#position.epochs < epochs && !this.#isExhausted() && !signal?.aborted) {
      if (this.#position.stepsOfEpoch < this.#stepsPerEpoch) await this.#step();
      else if (!(await this.#endEpoch())) break;
      await this.#saveWhenDue();
    }
    if (this.#isExhausted()) return this.#end("early stopping");
    return this.#end(this.#position.epochs < epochs ? "interrupted" : "epochs");
  }

  close(): void {
    this.#folder?.close();
  }

  /** Whether early stopping has borne enough. */
  #isExhausted(): boolean {
    const { earlyStopping } = this.#settings;
    return earlyStopping !== undefined && this.#position.improvement.since > earlyStopping.patience;
  }

  async #step(): Promise<void> {
    const position = this.#position;
    const { epochs, stepsOfEpoch } = position;
    const batches = await (this.#upcoming ?? this.#load(epochs, stepsOfEpoch));
    const step = position.step + 1;
    const learningRate = this.#schedule.rate(position.step);
    const stepping = this.#options.trainer.step(batches, { step, learningRate });
    // While the trainer's thread computes, the next step's examples are read.
    const isKnown = stepsOfEpoch + 1 < this.#stepsPerEpoch && !this.#options.examples.memory;
    this.#upcoming = isKnown ? this.#load(epochs, stepsOfEpoch + 1) : undefined;
    this.#upcoming?.catch(() => {}); // Its error comes when it is awaited, or not at all.
    const { loss, gradientNorm, metrics } = await stepping;
    this.#position = {
      ...position,
      step,
      stepsOfEpoch: stepsOfEpoch + 1,
      lossSum: position.lossSum + loss,
    };
    this.#record({
      event: "step",
      step,
      epoch: epochs + 1,
      loss,
      gradientNorm,
      learningRate,
      metrics,
    });
  }

  /** The micro-batches of a step. */
  async #load(epoch: number, stepOfEpoch: number): Promise<MicroBatch[]> {
    const { batch, batchesPerStep } = this.#settings;
    const perStep = batch * batchesPerStep;
    const ofStep = this.#orderOf(epoch).slice(stepOfEpoch * perStep, (stepOfEpoch + 1) * perStep);
    const groups = Array.from({ length: Math.ceil(ofStep.length / batch) }, (_, index) =>
      ofStep.slice(index * batch, (index + 1) * batch),
    );
    const { examples } = this.#options;
    if (!examples.memory) return Promise.all(groups.map((indices) => examples.load(indices)));
    const batches: MicroBatch[] = [];
    for (const indices of groups) batches.push(await examples.load(indices));
    return batches;
  }

  /** The order of all examples in an epoch: a function of the seed and of the epoch's number alone. */
  #orderOf(epoch: number): number[] {
    if (this.#order?.epoch !== epoch) {
      const { trainer, examples } = this.#options;
      const indices = Array.from({ length: examples.count }, (_, index) => index);
      random(trainer.settings.seed).stream(`order.${epoch}`).shuffle(indices);
      this.#order = { epoch, indices };
    }
    return this.#order.indices;
  }

  /** Validates and goes on to the next epoch; false where the signal came first. */
  async #endEpoch(): Promise<boolean> {
    const { validate, signal, trainer } = this.#options;
    const validation = await validate?.(async (feeds) => {
      if (signal?.aborted) throw signal.reason;
      return trainer.evaluate(feeds);
    }).catch((error) => {
      if (signal?.aborted) return undefined;
      throw error;
    });
    if (signal?.aborted && validate && !validation) return false;
    const { step, epochs, lossSum } = this.#position;
    this.#position = { ...this.#position, epochs: epochs + 1, stepsOfEpoch: 0, lossSum: 0 };
    const improved = validation ? await this.#judge(validation) : false;
    this.#record({
      event: "epoch",
      step,
      epoch: epochs + 1,
      loss: lossSum / this.#stepsPerEpoch,
      validation,
    });
    if (improved) await this.#save();
    return true;
  }

  /** Takes note of a validation; whether it is the best so far. */
  async #judge(validation: Record<string, number>): Promise<boolean> {
    const { earlyStopping } = this.#settings;
    const { metric = "loss", better = "lower", minDelta = 0 } = earlyStopping ?? {};
    const score = validation[metric];
    if (score === undefined && (earlyStopping || this.#options.schedule.kind === "plateau"))
      throw new InputError(
        `early stopping waits for "${metric}", but validation gives ${Object.keys(validation).join(", ") || "nothing"}`,
      );
    const cost = better === "lower" ? score : -score;
    this.#schedule.observe(cost);
    this.#position.schedule = this.#schedule.state;
    if (!earlyStopping) return false;
    this.#position.improvement = observed(this.#position.improvement, cost, minDelta);
    if (this.#position.improvement.since > 0) return false;
    const { step, epochs } = this.#position;
    this.#position.best = { step, epoch: epochs, validation };
    this.#bestWeights = (await this.#options.trainer.state()).weights;
    return true;
  }

  async #end(reason: FitResult["reason"]): Promise<FitResult> {
    const { trainer } = this.#options;
    const { step, best } = this.#position;
    await this.#save();
    if (this.#bestWeights && reason !== "interrupted") await trainer.restore({ weights: this.#bestWeights });
    const { weights } = await trainer.state();
    if (reason !== "interrupted") await this.#folder?.writeModel(weights);
    this.#emit({ event: "end", reason, step, best });
    return { reason, step, best, weights };
  }

  async #saveWhenDue(): Promise<void> {
    const { checkpointSeconds = 60 } = this.#options;
    if (performance.now() - this.#savedAt >= checkpointSeconds * 1000) await this.#save();
  }

  async #save(): Promise<void> {
    if (!this.#folder) return;
    const { step, best } = this.#position;
    const { trainer, examples } = this.#options;
    const state = await trainer.state();
    const progress = { ...this.#position, memory: examples.memory?.save() };
    await this.#folder.save({ step, progress, state }, best?.step);
    this.#savedAt = performance.now();
    this.#emit({ event: "checkpoint", step });
  }

  #record(event: FitEvent): void {
    const { event: _, ...line } = event;
    this.#folder?.appendMetrics(line);
    this.#emit(event);
  }

  #emit(event: FitEvent): void {
    this.#options.onEvent?.(event);
  }
}

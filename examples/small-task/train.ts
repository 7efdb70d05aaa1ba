/** What the small tasks share: a model is trained on examples with Adam, in one thread, then scored on others. */
import type { Graph } from "gatefold";
import {
  averageOver,
  createProgress,
  type Examples,
  fit,
  planTraining,
  showTraining,
  startTrainer,
  watchInterrupt,
} from "gatefold/train";

export interface SmallTask {
  /** With the scalar output "loss", and other scalars worth knowing. */
  model: Graph;
  training: Examples;
  test: Examples;
  epochs: number;
  /** Examples an update. */
  batch: number;
  /** The learning rate at the beginning; it falls to 0 along a cosine. */
  rate: number;
  seed: number;
}

export interface Score {
  /** Means of the model's scalars over the test examples. */
  scores: Record<string, number>;
  /** How many numbers were trained. */
  weights: number;
  minutes: number;
}

/** Trains and scores; Ctrl-C ends the process. */
export async function trainAndScore(task: SmallTask): Promise<Score> {
  const { model, training, test, epochs, batch, rate, seed } = task;
  using interrupt = watchInterrupt();
  const start = performance.now();
  const trainer = await startTrainer(
    planTraining({ training: model }, { seed, optimizer: { kind: "adam" }, clip: 1 }),
  );
  const { reason, weights } = await fit({
    trainer,
    examples: training,
    schedule: { kind: "cosine", rate, steps: epochs * Math.ceil(training.count / batch) },
    epochs,
    batch,
    signal: interrupt.signal,
    onEvent: showTraining(createProgress(process.stderr)),
  });
  if (reason === "interrupted") process.exit(130);
  const scores = await averageOver(test, batch)((feeds) => trainer.evaluate(feeds));
  await trainer.close();
  return {
    scores,
    weights: Object.values(weights).reduce((sum, { length }) => sum + length, 0),
    minutes: (performance.now() - start) / 60_000,
  };
}

/** One line: what was trained, how it scored beside a baseline, and what that took. */
export function printScore(
  title: string,
  metric: string,
  { value, baseline }: { value: number; baseline: string },
  { weights, minutes }: Score,
): void {
  console.log(
    `${title}: ${metric} ${Number(value.toPrecision(3))} (${baseline}); ${weights} weights, ${minutes.toFixed(1)} minutes`,
  );
}

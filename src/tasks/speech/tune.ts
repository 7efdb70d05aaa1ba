/** Tuning what was made from a trained acoustic model, with that model as teacher. */
import type { Graph } from "../../graph/graph.ts";
import type { FitEvent } from "../../train/fit-options.ts";
import { tune } from "../../train/tune.ts";
import type { Model } from "../../weights/model.ts";
import { trainingBatches } from "./batches.ts";
import { speechObjective } from "./objective.ts";
import { tuning } from "./recipes.ts";
import type { SpeechRun } from "./run.ts";
import { taughtBy } from "./teacher.ts";

export interface TuneSpeechOptions {
  /** Does to another graph with the run's weights what was done to the model's (`LowRankResult.rewrite`). */
  rewrite?: (graph: Graph) => Graph;
  /** How often all is heard; as in the table unless given. */
  epochs?: number;
  /** Of the order of examples and of dropout; the run's own unless given. */
  seed?: number;
  signal?: AbortSignal;
  onEvent?: (event: FitEvent) => void;
}

/**
 * Trains a model further that was made from a run's: half of what is wanted are the labels, half what the run's own model
 * gives. With thresholds it is trained through the delta rule, and pays for what changes. The epoch that is best on the
 * validation part is kept.
 *
 * ```ts
 * const run = await openSpeechRun("phones", "emodb");
 * const { model, rewrite } = lowRank(run.model, { energy: 0.6 });
 * const tuned = await tuneSpeech(model, run, { rewrite });
 * ```
 */
export async function tuneSpeech(
  model: Model,
  run: SpeechRun,
  { rewrite, epochs = tuning.epochs, seed, signal, onEvent }: TuneSpeechOptions = {},
): Promise<Model> {
  const { task, data, thinned, validate } = run;
  const { bands } = task.corpus;
  const { learningRate, teacher, cost } = tuning;
  const filler = task.statistics.mean;
  return tune(model, {
    objective: (graph, use) => speechObjective(graph, use === "training" ? { filler, teacher, cost } : {}),
    rewrite: () => rewrite?.(thinned) ?? thinned,
    delta: { cost: model.thresholds !== undefined },
    examples: trainingBatches(await taughtBy(run.model, data.training, bands), bands, task.recipe),
    validate,
    earlyStopping: { metric: "accuracy", better: "higher", patience: epochs },
    epochs,
    learningRate,
    seed: seed ?? task.recipe.seed,
    signal,
    onEvent,
  });
}

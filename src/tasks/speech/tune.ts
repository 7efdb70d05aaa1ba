/** Tuning what was made from a trained acoustic model, with that model as teacher. */
import type { FitEvent } from "../../train/fit-options.ts";
import { tune } from "../../train/tune.ts";
import type { Model } from "../../weights/model.ts";
import { trainingBatches } from "./batches.ts";
import { speechObjective, type Training } from "./objective.ts";
import { tuning } from "./recipes.ts";
import type { SpeechRun } from "./run.ts";

export interface TuneSpeechOptions {
  /** How often all is heard; as in the table unless given. */
  epochs?: number;
  signal?: AbortSignal;
  onEvent?: (event: FitEvent) => void;
}

/**
 * Trains a model further that was made from a run's, to tell what the run's own model tells of all that it is trained to hear:
 * labels, and dropout, would take it further from that. With thresholds it is trained through the delta rule, and pays for what
 * changes. The run's model itself is trained as it was. The epoch that is best on the validation part is kept.
 *
 * ```ts
 * const run = await openSpeechRun("phones", "emodb");
 * const { model } = lowRank(run.model, { energy: 0.6 });
 * const tuned = await tuneSpeech(model, run);
 * ```
 */
export async function tuneSpeech(
  model: Model,
  run: SpeechRun,
  { epochs = tuning.epochs, signal, onEvent }: TuneSpeechOptions = {},
): Promise<Model> {
  const { task, data, thinned, validate } = run;
  const { bands } = task.corpus;
  const isChanged = model.graph !== run.model.graph || model.thresholds !== undefined;
  const training: Training = {
    filler: task.statistics.mean,
    teacher: isChanged ? run.model : undefined,
    cost: tuning.cost,
  };
  return tune(model, {
    objective: (graph, use) => speechObjective(graph, use === "training" ? training : {}),
    rewrite: (graph) => (isChanged ? graph : thinned),
    delta: { cost: model.thresholds !== undefined },
    examples: trainingBatches(data.training, bands, task.recipe),
    validate,
    earlyStopping: { metric: "accuracy", better: "higher", patience: epochs },
    epochs,
    learningRate: tuning.learningRate,
    seed: task.recipe.seed,
    signal,
    onEvent,
  });
}

/** Training an acoustic model: a corpus becomes a run. */
import { join } from "node:path";
import type { Graph } from "../../graph/graph.ts";
import { approximateDropout } from "../../layers/approximate-dropout.ts";
import { saveModel } from "../../models/file.ts";
import { fit } from "../../train/fit.ts";
import type { FitEvent, FitResult } from "../../train/fit-options.ts";
import { planTraining } from "../../train/plan-training.ts";
import { startTrainer } from "../../train/start-trainer.ts";
import { averageOver } from "../../train/validation.ts";
import { batchesOf, trainingBatches, VALIDATION_BATCH } from "./batches.ts";
import { readCorpus } from "./corpus/read-corpus.ts";
import type { CorpusSettings } from "./corpus/settings.ts";
import type { SpeechData } from "./corpus/utterance.ts";
import { bandStatistics, type NetworkOptions, speechGraph } from "./model.ts";
import { speechObjective } from "./objective.ts";
import { type Recipe, writeTaskFile } from "./task-file.ts";

export interface TrainSpeechOptions {
  corpus: CorpusSettings;
  recipe: Recipe;
  /** Threads of ONNX Runtime. */
  threads?: number;
  signal?: AbortSignal;
  onEvent?: (event: FitEvent) => void;
}

/**
 * Trains on a corpus and keeps the epoch that was best on the validation part. The run's folder gets `task.json`,
 * `training/` (metrics and checkpoints: what was interrupted goes on from there) and, in the end, `model.onnx`.
 *
 * @param data the corpus's folder, or what was read from it
 * @throws InputError for a corpus that can't be read, settings out of range, or a folder that holds another run
 */
export async function trainSpeech(
  data: string | SpeechData,
  run: string,
  { corpus, recipe, threads = 1, signal, onEvent }: TrainSpeechOptions,
): Promise<FitResult> {
  const speech = typeof data === "string" ? await readCorpus(data, corpus) : data;
  const statistics = bandStatistics(speech.training, corpus.bands);
  const options = { ...recipe, classes: speech.classes.length, statistics };
  const model = speechGraph(options);
  const training = speechObjective(dropoutGraph(options, recipe), { filler: statistics.mean });
  const trainer = await startTrainer(
    planTraining(
      { training, evaluation: speechObjective(model) },
      { seed: recipe.seed, optimizer: { kind: "adam" }, clip: 1 },
      { session: { threads } },
    ),
  );
  const examples = trainingBatches(speech.training, corpus.bands, recipe);
  const steps = recipe.epochs * examples.count;
  try {
    const result = await fit({
      trainer,
      examples,
      epochs: recipe.epochs,
      schedule: { kind: "cosine", rate: recipe.learningRate, steps, warmup: Math.min(50, steps - 1) },
      validate: averageOver(batchesOf(speech.validation, corpus.bands, VALIDATION_BATCH)),
      // The rate falls to 0 in any case: all epochs are trained, and the best is kept.
      earlyStopping: { metric: "accuracy", better: "higher", patience: recipe.epochs },
      folder: join(run, "training"),
      description: { corpus, recipe },
      signal,
      onEvent,
    });
    if (result.reason === "interrupted") return result;
    await writeTaskFile(run, { corpus, recipe, classes: [...speech.classes], statistics });
    await saveModel(run, { graph: model, weights: result.weights });
    return result;
  } finally {
    await trainer.close();
  }
}

/** The network as it is trained: what a layer passes on is thinned, number by number or in a regular pattern. */
export function dropoutGraph(options: NetworkOptions, { dropout, dropoutPattern }: Recipe): Graph {
  if (dropoutPattern === "plain") return speechGraph(options, dropout);
  const readers = Array.from({ length: options.layers - 1 }, (_, layer) => `layer.${layer + 1}.input`);
  return approximateDropout(speechGraph(options), {
    rate: dropout,
    weights: [...readers, "output.weight"],
    pattern: dropoutPattern,
  });
}

/** A trained run, opened together with the corpus that it is tested and tuned on. */
import { isDeepStrictEqual } from "node:util";
import { InputError } from "../../graph/errors.ts";
import { type Graph, inputsOf } from "../../graph/graph.ts";
import { formatShape } from "../../graph/shape.ts";
import { openModel } from "../../models/file.ts";
import { compile } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import type { Examples, Validate } from "../../train/fit-options.ts";
import type { Tensors } from "../../train/step.ts";
import { averageOver } from "../../train/validation.ts";
import type { Model } from "../../weights/model.ts";
import { batchesOf, VALIDATION_BATCH } from "./batches.ts";
import { readCorpus } from "./corpus/read-corpus.ts";
import type { SpeechData } from "./corpus/utterance.ts";
import { speechGraph } from "./model.ts";
import { speechObjective } from "./objective.ts";
import { readTaskFile, type TaskFile } from "./task-file.ts";
import { dropoutGraph } from "./train.ts";

export interface SpeechScores {
  /** Cross-entropy a frame. */
  loss: number;
  /** The share of frames whose class has the highest score. */
  accuracy: number;
}

export interface SpeechRun {
  task: TaskFile;
  model: Model;
  data: SpeechData;
  /**
   * The network as it was trained, with dropout: what is done to the model's graph can be done to it. Where the model was
   * made smaller before, the model's own graph.
   */
  thinned: Graph;
  /** Loss and accuracy on the validation part. */
  validate: Validate;
  /** Loss and accuracy of a model on a part of the corpus, the test unless said otherwise. */
  evaluate(model: Model, part?: "training" | "validation" | "test"): Promise<SpeechScores>;
}

/**
 * Opens a run of `gatefold speech train`, or one that was made from it.
 *
 * @param data the corpus's folder, or what was read from it
 * @throws InputError where the run is incomplete, or the corpus is not the one that it was trained on
 */
export async function openSpeechRun(run: string, data: string | SpeechData): Promise<SpeechRun> {
  const task = await readTaskFile(run);
  const model = await openModel(run);
  const speech = typeof data === "string" ? await readCorpus(data, task.corpus) : data;
  checkClasses(task, speech, run);
  const { bands } = task.corpus;
  const options = { ...task.recipe, classes: task.classes.length, statistics: task.statistics };
  return {
    task,
    model,
    data: speech,
    thinned: hasSameWeights(model.graph, speechGraph(options))
      ? dropoutGraph(options, task.recipe)
      : model.graph,
    validate: averageOver(batchesOf(speech.validation, bands, VALIDATION_BATCH)),
    evaluate: (one, part = "test") => scoresOf(one, batchesOf(speech[part], bands, VALIDATION_BATCH)),
  };
}

async function scoresOf({ graph, weights }: Model, examples: Examples): Promise<SpeechScores> {
  const objective = speechObjective(graph);
  const numbers: Tensors = Object.fromEntries(
    [...inputsOf(objective, "weight")].map(([path, { shape }]) => [
      path,
      tensor(weights[path], shape as readonly number[]),
    ]),
  );
  const session = await compile(objective);
  try {
    const { loss, accuracy } = await averageOver(examples)((feeds) => session.run({ ...numbers, ...feeds }));
    return { loss, accuracy };
  } finally {
    await session.release();
  }
}

function hasSameWeights(a: Graph, b: Graph): boolean {
  const shapes = (graph: Graph) =>
    [...inputsOf(graph, "weight")].map(([path, { shape }]) => `${path} ${formatShape(shape)}`).sort();
  return isDeepStrictEqual(shapes(a), shapes(b));
}

function checkClasses({ classes }: TaskFile, data: SpeechData, run: string): void {
  if (classes.join("\t") === data.classes.join("\t")) return;
  throw new InputError(
    `${run} tells ${classes.length} classes (${classes.slice(0, 4).join(", ")}, …) and this corpus has ${data.classes.length} (${data.classes.slice(0, 4).join(", ")}, …): it was trained on another`,
  );
}

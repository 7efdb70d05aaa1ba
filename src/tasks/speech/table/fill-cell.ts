/** One cell of the table: makes what it needs from the cell that it begins from, and scores it. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openModel, saveModel } from "../../../models/file.ts";
import { writeAside } from "../../../train/write-aside.ts";
import { delta } from "../../../transform/delta.ts";
import { lowRank } from "../../../transform/low-rank.ts";
import type { Model } from "../../../weights/model.ts";
import type { CorpusSettings } from "../corpus/settings.ts";
import type { SpeechData } from "../corpus/utterance.ts";
import { recipeOf } from "../recipes.ts";
import { openSpeechRun } from "../run.ts";
import { type StreamScores, streamScores } from "../stream-scores.ts";
import { writeTaskFile } from "../task-file.ts";
import { trainSpeech } from "../train.ts";
import { tuneSpeech } from "../tune.ts";
import { type Cell, cellName, type Treatment } from "./cells.ts";

/** Utterances that are enough to measure the time of a step again. */
const TIMED = 20;

export interface FillOptions {
  folder: string;
  /** How the cell's split is heard. */
  corpus: CorpusSettings;
  data: SpeechData;
  /** Changes to the task's recipe. */
  recipe?: { epochs?: number };
  /** Measures the time of a step again. */
  timesAnew?: boolean;
  signal?: AbortSignal;
  onProgress?: (sentence: string) => void;
}

/**
 * A cell's scores on the test part: from its folder, where they are already; else it is trained, tuned and scored now.
 *
 * @returns nothing where the signal came first
 */
export async function fillCell(cell: Cell, options: FillOptions): Promise<StreamScores | undefined> {
  const run = join(options.folder, cellName(cell));
  const file = join(run, "scores.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  const found = text === undefined ? undefined : (JSON.parse(text) as StreamScores);
  if (found && !options.timesAnew) return found;
  const model = await modelOf(cell, options);
  if (!model || options.signal?.aborted) return found;
  const { test } = options.data;
  const scores = found
    ? { ...found, microseconds: (await streamScores(model, test.slice(0, TIMED))).microseconds }
    : await streamScores(model, test);
  await mkdir(run, { recursive: true });
  await writeAside(file, `${JSON.stringify(scores, null, 2)}\n`);
  options.onProgress?.(`${cellName(cell)}: accuracy ${scores.accuracy.toFixed(4)}`);
  return scores;
}

/** The cell's model; trained and tuned ones are kept in its folder. */
async function modelOf(cell: Cell, options: FillOptions): Promise<Model | undefined> {
  const run = join(options.folder, cellName(cell));
  const { network, split, seed, energy, threshold, tuned } = cell;
  const isTrained = energy === undefined && threshold === undefined;
  if (tuned > 0 || isTrained) {
    const kept = await openModel(run).catch(() => undefined);
    if (kept) return kept;
  }
  // What others are made from comes first.
  const trained =
    isTrained && tuned === 0 ? undefined : await modelOf({ network, split, seed, tuned: 0 }, options);
  if (options.signal?.aborted) return undefined;
  if (!trained) return train(cell, run, options);
  if (tuned > 0) return tuneCell(cell, run, options);
  return changed(trained, cell);
}

/** What is made of a trained model before any tuning. */
function changed(trained: Model, { energy, threshold }: Treatment): Model {
  const model =
    energy === undefined ? trained : lowRank(trained, { energy, forDelta: threshold !== undefined }).model;
  return threshold === undefined ? model : delta(model, { threshold });
}

async function train(cell: Cell, run: string, options: FillOptions): Promise<Model | undefined> {
  const { corpus, data, signal, onProgress } = options;
  const recipe = {
    ...recipeOf[corpus.task],
    ...options.recipe,
    seed: cell.seed,
    ...(cell.network === "row" ? { dropoutPattern: "row" as const } : { cell: cell.network }),
  };
  const { reason } = await trainSpeech(data, run, {
    corpus,
    recipe,
    signal,
    onEvent(event) {
      if (event.event === "epoch")
        onProgress?.(
          `${cellName(cell)}: epoch ${event.epoch}, validation ${event.validation?.accuracy.toFixed(4)}`,
        );
    },
  });
  return reason === "interrupted" ? undefined : openModel(run);
}

/** Tunes what the cell's network was made into, with the network as it was trained as teacher. */
async function tuneCell(cell: Cell, run: string, options: FillOptions): Promise<Model | undefined> {
  const { folder, data, signal, recipe } = options;
  const { network, split, seed, tuned: epochs } = cell;
  const trained = join(folder, cellName({ network, split, seed, tuned: 0 }));
  const whole = await openSpeechRun(trained, data);
  const tuned = await tuneSpeech(changed(whole.model, cell), whole, {
    epochs: Math.min(epochs, recipe?.epochs ?? epochs),
    signal,
  });
  if (signal?.aborted) return undefined;
  const { format: _, version: __, ...task } = whole.task;
  await mkdir(run, { recursive: true });
  await writeTaskFile(run, task);
  await saveModel(run, tuned);
  return tuned;
}

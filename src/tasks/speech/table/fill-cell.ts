/** One cell of the table: makes what it needs from the cell that it begins from, and scores it. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openModel, saveModel } from "../../../models/file.ts";
import { tune } from "../../../train/tune.ts";
import { writeAside } from "../../../train/write-aside.ts";
import { delta } from "../../../transform/delta.ts";
import { lowRank } from "../../../transform/low-rank.ts";
import type { Model } from "../../../weights/model.ts";
import type { CorpusSettings } from "../corpus/settings.ts";
import type { SpeechData } from "../corpus/utterance.ts";
import { recipeOf } from "../recipes.ts";
import { openSpeechRun } from "../run.ts";
import { type StreamScores, streamScores } from "../stream-scores.ts";
import { readTaskFile, writeTaskFile } from "../task-file.ts";
import { trainSpeech } from "../train.ts";
import { type Cell, cellName } from "./cells.ts";

/** Epochs of one tuning, all speeds heard in each, and its learning rate at the start. */
export const TUNE = { epochs: 1, learningRate: 1e-3 };

export interface FillOptions {
  folder: string;
  /** How the cell's split is heard. */
  corpus: CorpusSettings;
  data: SpeechData;
  /** Changes to the task's recipe. */
  recipe?: { epochs?: number };
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
  const found = await readFile(file, "utf8").catch(() => undefined);
  if (found !== undefined) return JSON.parse(found) as StreamScores;
  const model = await modelOf(cell, options);
  if (!model || options.signal?.aborted) return undefined;
  const scores = await streamScores(model, options.data.test);
  await mkdir(run, { recursive: true });
  await writeAside(file, `${JSON.stringify(scores, null, 2)}\n`);
  options.onProgress?.(`${cellName(cell)}: accuracy ${scores.accuracy.toFixed(4)}`);
  return scores;
}

/** The cell's model; trained and tuned ones are kept in its folder. */
async function modelOf(cell: Cell, options: FillOptions): Promise<Model | undefined> {
  const { folder } = options;
  const run = join(folder, cellName(cell));
  const { energy, threshold, tuned } = cell;
  const isKept = tuned > (energy !== undefined && threshold !== undefined ? 1 : 0) || isWhole(cell);
  if (isKept) {
    const kept = await openModel(run).catch(() => undefined);
    if (kept) return kept;
  }
  if (isWhole(cell) && tuned === 0) return train(cell, run, options);
  if (isKept) return tuneCell(cell, run, options);
  // What is left is a change of another cell's model.
  const without = await modelOf(
    { ...cell, energy: undefined, threshold: undefined, ...parentOf(cell) },
    options,
  );
  if (!without) return undefined;
  return threshold === undefined ? lowRank(without, { energy }).model : delta(without, { threshold });
}

const isWhole = ({ energy, threshold }: Cell) => energy === undefined && threshold === undefined;

/** What an untuned change is made to: thresholds are given to the tuned network of low rank, where there is both. */
function parentOf({ energy, threshold, tuned }: Cell): Partial<Cell> {
  return threshold !== undefined && energy !== undefined ? { energy, tuned } : { tuned: 0 };
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

/** Tunes the model of the same cell as it was before, in the way that it is now. */
async function tuneCell(cell: Cell, run: string, options: FillOptions): Promise<Model | undefined> {
  const { folder, data, signal, recipe } = options;
  const { network, split, seed, energy, tuned } = cell;
  const model = await modelOf({ ...cell, tuned: tuned - 1 }, options);
  const whole = join(folder, cellName({ network, split, seed, tuned: 0 }));
  const { loss, objective, examples, validate, thinned } = await openSpeechRun(whole, data);
  if (!model || signal?.aborted) return undefined;
  const rewrite = energy === undefined ? undefined : lowRank(await openModel(whole), { energy }).rewrite;
  const result = await tune(model, {
    objective: (graph, use) => (use === "training" ? loss(graph) : objective(graph)),
    rewrite: () => rewrite?.(thinned) ?? thinned,
    examples,
    validate,
    epochs: Math.min(TUNE.epochs, recipe?.epochs ?? TUNE.epochs),
    learningRate: TUNE.learningRate,
    seed: seed + tuned,
    signal,
  });
  if (signal?.aborted) return undefined;
  const { format: _, version: __, ...task } = await readTaskFile(whole);
  await mkdir(run, { recursive: true });
  await writeTaskFile(run, task);
  await saveModel(run, result);
  return result;
}

/** The table of the experiment: what compressing and skipping cost in accuracy and save in work. */
import { readCorpus } from "../corpus/read-corpus.ts";
import type { SpeechTask } from "../corpus/settings.ts";
import { corpusOf } from "../recipes.ts";
import type { StreamScores } from "../stream-scores.ts";
import { type Treatment, treatments } from "./cells.ts";
import { fillCell } from "./fill-cell.ts";

export interface TableOptions {
  task: SpeechTask;
  /** How often all is done: run k is on split k with seed k + 1. */
  runs: number;
  /** Measures the time of a step again where a cell is finished: on a machine that has nothing else to do. */
  timesAnew?: boolean;
  /** Fewer epochs than the task's recipe has, for a quick look. */
  epochs?: number;
  signal?: AbortSignal;
  onProgress?: (sentence: string) => void;
}

/** A treatment with its scores in every run that was finished. */
export interface TableRow extends Treatment {
  cells: ({ split: number; seed: number } & StreamScores)[];
}

/**
 * Fills the table. Each cell is a folder of its own in `folder`: what is finished is not done again, and what was interrupted
 * goes on.
 *
 * @returns all rows; those of an interrupted table lack cells
 */
export async function fillTable(corpus: string, folder: string, options: TableOptions): Promise<TableRow[]> {
  const { task, runs, timesAnew, epochs, signal, onProgress } = options;
  const rows: TableRow[] = treatments(task).map((treatment) => ({ ...treatment, cells: [] }));
  const recipe = epochs === undefined ? undefined : { epochs };
  for (let split = 0; split < runs; split++) {
    const seed = split + 1;
    const settings = { ...corpusOf[task], split };
    const data = await readCorpus(corpus, settings);
    const how = { folder, corpus: settings, data, recipe, timesAnew, signal, onProgress };
    for (const { cells, ...treatment } of rows) {
      if (signal?.aborted) return rows;
      const scores = await fillCell({ ...treatment, split, seed }, how);
      if (scores) cells.push({ split, seed, ...scores });
    }
  }
  return rows;
}

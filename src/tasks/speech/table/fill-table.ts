/** The table of the experiment: what compressing and skipping cost in accuracy and save in work. */
import { readCorpus } from "../corpus/read-corpus.ts";
import type { SpeechTask } from "../corpus/settings.ts";
import { corpusOf } from "../recipes.ts";
import type { StreamScores } from "../stream-scores.ts";
import { type Treatment, treatments } from "./cells.ts";
import { fillCell } from "./fill-cell.ts";

export interface TableOptions {
  task: SpeechTask;
  /** Splits 0 to this, and seeds 1 to that, of each. */
  splits: number;
  seeds: number;
  /** Fewer epochs than the task's recipe has, for a quick look. */
  epochs?: number;
  signal?: AbortSignal;
  onProgress?: (sentence: string) => void;
}

/** A treatment with its scores on every split and seed that were finished. */
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
  const { task, splits, seeds, epochs, signal, onProgress } = options;
  const rows: TableRow[] = treatments(task).map((treatment) => ({ ...treatment, cells: [] }));
  for (let split = 0; split < splits; split++) {
    const settings = { ...corpusOf[task], split };
    const data = await readCorpus(corpus, settings);
    for (let seed = 1; seed <= seeds; seed++) {
      for (const { cells, ...treatment } of rows) {
        if (signal?.aborted) return rows;
        const cell = { ...treatment, split, seed };
        const recipe = epochs === undefined ? undefined : { epochs };
        const scores = await fillCell(cell, { folder, corpus: settings, data, recipe, signal, onProgress });
        if (scores) cells.push({ split, seed, ...scores });
      }
    }
  }
  return rows;
}

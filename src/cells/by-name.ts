/** Cells by the names that commands and run folders call them by. */
import { InputError } from "../graph/errors.ts";
import { advancedLstm } from "./advanced-lstm.ts";
import type { Cell } from "./define-cell.ts";
import { g2Lstm } from "./g2-lstm.ts";
import { gru } from "./gru.ts";
import { janet } from "./janet.ts";
import { lstm } from "./lstm.ts";
import { minGru } from "./min-gru.ts";
import { minLstm } from "./min-lstm.ts";
import { nestedLstm } from "./nested-lstm.ts";
import { rnn } from "./rnn.ts";
import { sru } from "./sru.ts";

/** Those that need no more than how wide input and output are. */
const cells: Readonly<Record<string, (widths: { inputs: number; units: number }) => Cell>> = {
  lstm,
  gru,
  sru,
  janet,
  g2: g2Lstm,
  nested: nestedLstm,
  advanced: advancedLstm,
  "min-gru": minGru,
  "min-lstm": minLstm,
  rnn,
};

export const cellNames: readonly string[] = Object.keys(cells);

/**
 * Makes a cell by its name, with its usual options.
 *
 * ```ts
 * const encoder = bidirectional("encoder", cellByName("sru", { inputs: 96, units: 64 }));
 * ```
 *
 * @throws InputError for a cell that there is not
 */
export function cellByName(name: string, widths: { inputs: number; units: number }): Cell {
  if (!Object.hasOwn(cells, name))
    throw new InputError(`there is no cell "${name}", only ${cellNames.join(", ")}`);
  return cells[name](widths);
}

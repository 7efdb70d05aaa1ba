import { z } from "zod";
import { checkOptions } from "../cells/define-cell.ts";
import type { LinearCell } from "../cells/linear-cell.ts";
import { InputError, named } from "../graph/errors.ts";
import { where } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import { checkInitial, initialOption, initialState } from "./cell-state.ts";
import type { LayerCall } from "./layer.ts";
import { linearRecurrence } from "./linear-recurrence.ts";
import { checkSequence, present } from "./mask.ts";
import type { RecurrentCall, RecurrentLayer } from "./recurrent.ts";

const options = z.strictObject({ reverse: z.boolean().default(false), initial: initialOption });

/** `reverse` and `initial` as in `RecurrentOptions`. */
export type ParallelRecurrentOptions = z.input<typeof options>;

/**
 * Runs a cell whose recurrence is linear (minGRU, minLSTM) over all steps at once: [time, batch, inputs] →
 * [time, batch, units]. It has the weights of `recurrent` of the same cell and path, and its results: train one, then
 * run the other step by step.
 *
 * It is worth it for long sequences in small batches, where a step is so little work that going from one to the next
 * takes most of the time; in large batches it moves more memory than the step form and is slower.
 *
 * ```ts
 * const encoder = parallelRecurrent("encoder", minGru({ inputs: 40, units: 128 }));
 * const graph = trace({ x: ["time", "batch", 40] }, ({ x }) => ({ hidden: encoder(x) }));
 * ```
 */
export function parallelRecurrent(
  path: string,
  cell: LinearCell,
  given: ParallelRecurrentOptions = {},
): RecurrentLayer {
  const label = `${cell.name} "${path}"`;
  const { reverse, initial: start } = checkOptions(label, options, given);
  const { coefficients } = cell.at(path);
  if (!coefficients)
    throw new InputError(`${label}: its steps depend on one another through its gates: use recurrent`);
  const begin = initialState(path, cell, start);

  const run = (x: Value, { mask, initial = {} }: RecurrentCall = {}) => {
    checkSequence(label, x, mask);
    checkInitial(label, cell, initial, x);
    const { keep, add } = named(label, () => coefficients(x));
    const kept = mask ? where(mask.unsqueeze(2), keep, 1) : keep;
    const { hidden } = { ...begin(x), ...initial };
    const found = linearRecurrence({ keep: kept, add: present(add, mask) }, hidden, {
      reverse,
      name: label,
    });
    return { outputs: present(found.outputs, mask), state: { hidden: found.final } };
  };
  const layer = (x: Value, call?: LayerCall) => run(x, call).outputs;
  return Object.assign(layer, { run, outputs: cell.outputs });
}

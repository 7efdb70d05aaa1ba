/** `scan`: a function of one step becomes a loop over the first axis of its sequences. */
import { InputError } from "./errors.ts";
import { where } from "./functions.ts";
import { Loop } from "./loop.ts";
import { formatShape } from "./shape.ts";
import { deepestScope, filled, type Value } from "./value.ts";

export type Values<Names extends string = string> = Record<Names, Value>;

export interface ScanOptions<States extends string, Sequences extends string, Outputs extends string> {
  /** What each state is before the first step. */
  states: Values<States>;
  /** Sequences to walk along, [time, …]. */
  sequences: Values<Sequences>;
  /** One step: the states after it, and what it puts out. */
  step: (
    states: Values<States>,
    inputs: Values<Sequences>,
  ) => { states: Values<States>; outputs?: Values<Outputs> };
  /** Walk from the last step to the first. Outputs keep their positions in time. */
  reverse?: boolean;
  /**
   * Which steps are there, bool [time, batch]: for sequences of unequal length. Where a step is not
   * there, states stay as they are and outputs are 0. States and outputs then have batch as first axis.
   */
  mask?: Value;
  /** What a message about the sequences' length calls what walks along them; "scan" unless stated. */
  name?: string;
}

/** How many scans are being written: a loop inside another lies one deeper. */
let depth = 0;

/**
 * Runs a step along time.
 *
 * ```ts
 * // A running mean with forgetting: x [time, batch, 3]
 * const { outputs } = scan({
 *   states: { mean: filled(0, ["batch", 3]) },
 *   sequences: { x },
 *   step: ({ mean }, { x }) => ({ states: { mean: mean.mul(0.9).add(x.mul(0.1)) }, outputs: { mean } }),
 * });
 * ```
 *
 * @returns the states after the last step, and each output stacked over time.
 */
export function scan<States extends string, Sequences extends string, Outputs extends string = never>(
  options: ScanOptions<States, Sequences, Outputs>,
): { states: Values<States>; outputs: Values<Outputs> } {
  const { mask, reverse = false, name: reader = "scan" } = options;
  const sequences = Object.entries<Value>(options.sequences);
  if (sequences.length === 0) throw new InputError("scan: needs a sequence to walk along");
  const [[name, first]] = sequences;
  if (first.rank === 0)
    throw new InputError(`scan: sequence "${name}" ${formatShape(first.shape)} has no time axis`);
  const enclosing = deepestScope([
    ...Object.values<Value>(options.states),
    ...Object.values<Value>(options.sequences),
  ]);
  const loop = new Loop({
    name: reader,
    depth: Math.max(depth, enclosing?.depth ?? 0) + 1,
    length: first.shape[0],
    reverse,
  });
  const states = Object.entries<Value>(options.states).map(([name, initial]) => ({
    name,
    before: loop.addState(initial),
  }));
  const inputs = sequences.map(([name, source]) => [name, loop.addSequence(source)]);
  const present = mask && loop.addSequence(mask);

  const before = Object.fromEntries(states.map(({ name, before }) => [name, before])) as Values<States>;
  const after = writeStep(() => options.step(before, Object.fromEntries(inputs) as Values<Sequences>));
  states.forEach(({ name, before }, index) => {
    const next = after.states[name as States];
    if (!next) throw new InputError(`scan: the step does not say what state "${name}" becomes`);
    loop.setNext(index, present ? where(alongBatch(present, next), next, before) : next, `"${name}"`);
  });
  const outputs = Object.entries<Value>(after.outputs ?? {}).map(([name, value]) => {
    const kept = present ? where(alongBatch(present, value), value, filled(0, [], value.dtype)) : value;
    return [name, loop.stack(kept)];
  });
  return {
    states: Object.fromEntries(states.map(({ name }, index) => [name, loop.final(index)])) as Values<States>,
    outputs: Object.fromEntries(outputs) as Values<Outputs>,
  };
}

function writeStep<T>(write: () => T): T {
  depth++;
  try {
    return write();
  } finally {
    depth--;
  }
}

/** A mask [batch] with axes of size 1 for the others of a value [batch, …]. */
function alongBatch(present: Value, value: Value): Value {
  return present.reshape([
    ...present.shape,
    ...Array<number>(Math.max(0, value.rank - present.rank)).fill(1),
  ]);
}

/** Sequences that need at least one step: known only when a graph is run, where their length is open. */
import { type Bindings, evaluateSize, namesOf, type Size } from "./dim.ts";
import { InputError } from "./errors.ts";
import { isLoopUnit, resultsOf, type Unit } from "./schedule.ts";
import type { Value } from "./value.ts";

/** What walks along steps, as messages call it, and how many there are. */
export interface NeededSteps {
  reader: string;
  length: Size;
}

const readers = new WeakMap<Value, string>();

/** Says that a sequence [time, …] must not be empty, for the sake of what reads it: a maximum of nothing is no number. */
export function needSteps(reader: string, sequence: Value): void {
  if (!readers.has(sequence)) readers.set(sequence, reader);
}

/** What among all units of a graph needs steps: loops, and what `needSteps` was told of. */
export function neededSteps(units: Iterable<Unit>): NeededSteps[] {
  return [...units].flatMap((unit) => {
    const read = resultsOf(unit).flatMap((value) => {
      const reader = readers.get(value);
      return reader === undefined ? [] : [{ reader, length: value.shape[0] }];
    });
    return isLoopUnit(unit) ? [...read, { reader: unit.loop.name, length: unit.loop.length }] : read;
  });
}

/** @throws InputError that names what would read a sequence without steps, and the size that is 0 */
export function checkSteps(needed: readonly NeededSteps[], bindings: Bindings): void {
  const empty = needed.find(({ length }) => evaluateSize(length, bindings) < 1);
  if (!empty) return;
  const { reader, length } = empty;
  const none = namesOf(length).find((name) => bindings.get(name) === 0) ?? length;
  throw new InputError(`${reader}: ${none} is 0, where at least one step is needed`);
}

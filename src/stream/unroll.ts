/** Loops within a step (over a few positions, never along time) written out, so that a program has no jumps. */
import { InputError } from "../graph/errors.ts";
import { concat } from "../graph/functions.ts";
import type { Loop } from "../graph/loop.ts";
import { bodyResults, isLoopUnit, type LoopUnit, schedule } from "../graph/schedule.ts";
import type { Value } from "../graph/value.ts";
import { Rewriter } from "../transform/rewrite.ts";

/** Longer loops would make programs of a size that nobody wants to load. */
const longest = 256;

/**
 * The same values, computed without loops.
 *
 * @throws InputError for a loop of open length or of more than 256 steps
 */
export function unroll(wanted: readonly Value[]): Value[] {
  const replaced = new Map<Value, Value>();
  return unrollInto(wanted, replaced, null);
}

function unrollInto(wanted: readonly Value[], replaced: Map<Value, Value>, scope: Loop | null): Value[] {
  for (const unit of schedule(wanted, scope)) {
    if (isLoopUnit(unit)) unrollLoop(unit, replaced);
    else new Rewriter({}, replaced, scope).rewrite(unit.results);
  }
  return wanted.map((value) => replaced.get(value) ?? value);
}

function unrollLoop(unit: LoopUnit, replaced: Map<Value, Value>): void {
  const { loop, reach } = unit;
  if (typeof loop.length !== "number" || loop.length > longest)
    throw new InputError(
      `${loop.name}: a step holds a loop of ${loop.length} steps; a stream takes loops of at most ${longest} within a step`,
    );
  const now = (value: Value) => replaced.get(value) ?? value;
  const states = new Map([...reach.states].map((index) => [index, now(loop.states[index].initial)]));
  const stacks = unit.stacks.map(() => Array<Value>(loop.length as number));
  for (let step = 0; step < loop.length; step++) {
    const time = loop.reverse ? loop.length - 1 - step : step;
    const inside = new Map(replaced);
    for (const [index, value] of states) inside.set(loop.states[index].parameter, value);
    for (const index of reach.sequences) {
      const { parameter, source } = loop.sequences[index];
      inside.set(parameter, now(source).at(0, time));
    }
    const results = unrollInto(bodyResults(unit), inside, loop);
    [...reach.states].forEach((index, at) => {
      states.set(index, results[at]);
    });
    unit.stacks.forEach((_, at) => {
      stacks[at][time] = results[reach.states.size + at].unsqueeze(0);
    });
  }
  for (const { state, value } of unit.finals) replaced.set(value, states.get(state)!);
  unit.stacks.forEach(({ value }, at) => {
    replaced.set(value, concat(stacks[at], 0));
  });
}

import { concat } from "../graph/functions.ts";
import type { Loop } from "../graph/loop.ts";
import type { Value } from "../graph/value.ts";

/** A state's value at the start of every step, [time, …], from its first value and what it becomes in each. */
export function previousValues(loop: Loop, initial: Value, next: Value): Value {
  const first = initial.unsqueeze(0);
  if (loop.length === 1) return first;
  const stacked = loop.stack(next);
  return loop.reverse ? concat([stacked.slice(0, 1), first], 0) : concat([first, stacked.slice(0, 0, -1)], 0);
}

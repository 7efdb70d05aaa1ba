/** Operators that sum, or otherwise take together, what lies along axes. */
import { InputError } from "../../graph/errors.ts";
import { abs, argmax, log, logSumExp, max, mean, min, sqrt } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";

/** The axes are an attribute in older versions, an input in newer ones; all where none are given. */
const reduce =
  (compute: (x: Value, axes: readonly number[]) => Value): Operation =>
  (call) => {
    const x = call.value(0);
    const given = call.listed("axes", 1);
    const none = given === undefined || given.length === 0;
    if (none && call.int("noop_with_empty_axes", 0) === 1) return x;
    const axes = none ? x.shape.map((_, axis) => axis) : call.axes(given, x.rank);
    const kept = axes.length === 0 ? x : compute(x, axes);
    return call.int("keepdims", 1) ? kept : kept.squeeze(axes);
  };

const keep = { keep: true };

function positionOfLargest(call: Call, x: Value): Value {
  if (call.int("select_last_index", 0) === 1) throw new InputError("the last of equal ones can't be chosen");
  const [axis] = call.axes([call.int("axis", 0)], x.rank);
  const found = argmax(x, axis);
  return call.int("keepdims", 1) ? found.unsqueeze(axis) : found;
}

export const reductions: Readonly<Record<string, Operation>> = {
  ReduceSum: reduce((x, axes) => x.sum(axes, keep)),
  ReduceMean: reduce((x, axes) => mean(x, axes, keep)),
  ReduceMax: reduce((x, axes) => max(x, axes, keep)),
  ReduceMin: reduce((x, axes) => min(x, axes, keep)),
  ReduceL1: reduce((x, axes) => abs(x).sum(axes, keep)),
  ReduceL2: reduce((x, axes) => sqrt(x.mul(x).sum(axes, keep))),
  ReduceSumSquare: reduce((x, axes) => x.mul(x).sum(axes, keep)),
  ReduceLogSum: reduce((x, axes) => log(x.sum(axes, keep))),
  ReduceLogSumExp: reduce((x, axes) => logSumExp(x, axes, keep)),
  ArgMax: (call) => positionOfLargest(call, call.value(0)),
  ArgMin: (call) => positionOfLargest(call, call.value(0).neg()),
  GlobalAveragePool: (call) => {
    const x = call.value(0);
    return mean(
      x,
      x.shape.slice(2).map((_, axis) => axis + 2),
      keep,
    );
  },
  GlobalMaxPool: (call) => {
    const x = call.value(0);
    return max(
      x,
      x.shape.slice(2).map((_, axis) => axis + 2),
      keep,
    );
  },
};

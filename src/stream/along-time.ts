/**
 * Operators over sequences, one step at a time: for each, along which axis its result has one entry a step, or what it must
 * remember so that a step can do its part. Values keep their time axis, with size 1.
 */
import { addSizes, type Bindings, equalSizes, type Size, subtractSizes } from "../graph/dim.ts";
import { concat, maximum } from "../graph/functions.ts";
import { elementwiseOperators, type Operator } from "../graph/operators.ts";
import { volume } from "../graph/shape.ts";
import { apply, applyAll, constant, type Node, type Value } from "../graph/value.ts";
import { bindShape, bindSize, type Reading, reapplyBound } from "./reading.ts";

/** What the operators of a step share: its sizes, and what it remembers. */
export interface StepContext {
  /** The open size that steps along. */
  time: Size;
  /** Every other open size. */
  sizes: Bindings;
  /** The same, and 1 for the steps of one call. */
  bindings: Bindings;
  /** A value that the next step shall know: what it is now. */
  remember(what: string, initial: Value, next: (before: Value) => Value): Value;
  /** What a value was one step ago; `fill` before the first. */
  delay(value: Value, fill: number): Value;
}

export type Along = Extract<Reading, { kind: "along" }>;
type Shifted = Extract<Reading, { kind: "shifted" }>;

type Rule<O extends Operator> = (
  node: Node<O>,
  operands: readonly Reading[],
  context: StepContext,
) => Reading[] | string;

/**
 * What a node's results are at a step, or why they can't be known by then.
 *
 * @param operands at least one of them goes along time
 */
export function readAlong(
  node: Node,
  operands: readonly Reading[],
  context: StepContext,
): Reading[] | string {
  if (operands.some(({ kind }) => kind === "running"))
    return "compares single steps with what the whole sequence gives";
  if (operands.some(({ kind }) => kind === "shifted") && !node.is("slice"))
    return "needs more steps than have come, or other ones";
  const rule = (elementwiseOperators.has(node.op) ? aligned : rules[node.op]) as Rule<Operator> | undefined;
  return rule ? rule(node, operands, context) : `has no form for one step (${node.op})`;
}

function at(node: Node, operands: readonly Reading[], { bindings }: StepContext, axis: number): Reading[] {
  const values = reapplyBound(
    node,
    operands.map(({ value }) => value),
    bindings,
  );
  return values.map((value) => ({ kind: "along", value, axis }));
}

/** Time at the same place from the end in all operands, as broadcasting aligns them. */
const aligned: Rule<Operator> = (node, operands, context) => {
  const rank = node.results[0].rank;
  const places = operands.flatMap((one) => (one.kind === "along" ? [one.axis - one.value.rank] : []));
  if (places.some((place) => place !== places[0])) return "sets every step beside every other";
  return at(node, operands, context, rank + places[0]);
};

const axisOf = (operand: Reading): number => (operand as Along).axis;

/** An operator along an axis that must not be time. */
const besides =
  (why: string): Rule<"argmax" | "flip" | "split"> =>
  (node, operands, context) =>
    node.attributes.axis === axisOf(operands[0]) ? why : at(node, operands, context, axisOf(operands[0]));

/** A sum or maximum over time becomes that of the steps so far. */
const reduction: Rule<"sum" | "max"> = (node, operands, context) => {
  const [{ value }] = operands;
  const axis = axisOf(operands[0]);
  if (!node.attributes.axes.includes(axis)) return at(node, operands, context, axis);
  const here = apply(node.op, [value], node.attributes);
  const [neutral, join] =
    node.op === "sum"
      ? [0, (before: Value) => before.add(here)]
      : [
          value.dtype === "int32" ? -(2 ** 31) : -3.4028234663852886e38,
          (before: Value) => maximum(before, here),
        ];
  const initial = constant(neutral, here.dtype).expand(here.shape);
  return [{ kind: "running", value: context.remember(node.op, initial, join) }];
};

const rules: { [O in Operator]?: Rule<O> } = {
  matmul: (node, operands, context) => {
    const [a, b] = operands;
    const contracted =
      (a.kind === "along" && a.axis === a.value.rank - 1) ||
      (b.kind === "along" && b.axis === b.value.rank - 2);
    return contracted ? "sums over all steps" : aligned(node, operands, context);
  },
  sum: reduction as Rule<"sum">,
  max: reduction as Rule<"max">,
  argmax: besides("looks for the largest of all steps") as Rule<"argmax">,
  flip: besides("reads the sequence from its end") as Rule<"flip">,
  split: besides("cuts the sequence into parts") as Rule<"split">,
  transpose: (node, operands, context) =>
    at(node, operands, context, node.attributes.order.indexOf(axisOf(operands[0]))),
  reshape: (node, operands, context) => {
    const before = bindShape(node.operands[0].shape, context.sizes).slice(0, axisOf(operands[0]));
    const to = bindShape(node.attributes.shape, context.sizes);
    const axis = to.findIndex(
      (size, place) =>
        equalSizes(size, context.time) && equalSizes(volume(to.slice(0, place)), volume(before)),
    );
    return axis < 0 ? "mixes steps with other axes" : at(node, operands, context, axis);
  },
  expand: (node, operands, context) => {
    const [{ value }] = operands;
    return at(node, operands, context, axisOf(operands[0]) - value.rank + node.attributes.shape.length);
  },
  concat: (node, operands, context) => {
    const axes = new Set(operands.flatMap((one) => (one.kind === "along" ? [one.axis] : [])));
    if (axes.size > 1 || operands.some(({ kind }) => kind === "fixed"))
      return "joins steps with other values";
    const [axis] = axes;
    return node.attributes.axis === axis
      ? "joins sequences one after the other"
      : at(node, operands, context, axis);
  },
  gather: (node, [data, indices], context) => {
    const { axis } = node.attributes;
    if (data.kind === "along" && indices.kind === "along") return "picks steps by other steps";
    if (indices.kind === "along") return at(node, [data, indices], context, axis + indices.axis);
    const along = (data as Along).axis;
    if (along === axis) return "picks single steps";
    return at(node, [data, indices], context, along < axis ? along : along + indices.value.rank - 1);
  },
  cumulativeSum: (node, operands, context) => {
    const axis = axisOf(operands[0]);
    const { axis: summed, reverse, exclusive } = node.attributes;
    if (summed !== axis) return at(node, operands, context, axis);
    if (reverse) return "sums from the end of the sequence";
    const { value } = operands[0];
    let sumBefore: Value | undefined;
    const total = context.remember("sum", constant(0, value.dtype).expand(value.shape), (before) => {
      sumBefore = before;
      return before.add(value);
    });
    return [{ kind: "along", value: exclusive ? sumBefore! : total, axis }];
  },
  pad: (node, operands, context) => {
    const axis = axisOf(operands[0]);
    const { before, after, value: fill } = node.attributes;
    const [first, last] = [before[axis], after[axis]].map((one) => bindSize(one, context.sizes));
    if (first === 0 && last === 0) return at(node, operands, context, axis);
    if (typeof first !== "number") return "shifts by as many steps as there are";
    const inner = { before: before.with(axis, 0), after: after.with(axis, 0), value: fill };
    const others = [...inner.before, ...inner.after].some((border) => border !== 0);
    const value = others ? apply("pad", [operands[0].value], inner) : operands[0].value;
    const length = addSizes(context.time, addSizes(first, last));
    return settled({ kind: "shifted", value, axis, delay: first, fill, length }, context);
  },
  slice: (node, [operand], context) => {
    if (operand.kind !== "along" && operand.kind !== "shifted") return "needs other steps";
    const { axis, start, end, step } = node.attributes;
    const { time, sizes } = context;
    if (axis !== operand.axis) {
      const [value] = reapplyBound(node, [operand.value], context.bindings);
      return [{ ...operand, value }];
    }
    const [from, to] = [bindSize(start, sizes), bindSize(end, sizes)];
    const shifted: Shifted =
      operand.kind === "shifted" ? operand : { ...operand, kind: "shifted", delay: 0, fill: 0, length: time };
    if (step !== 1) return "reads every few steps only";
    if (shifted.delay === 0 && equalSizes(from, subtractSizes(time, 1)) && equalSizes(to, time))
      return [{ kind: "running", value: operand.value }];
    if (typeof from !== "number") return "reads single steps";
    return settled({ ...shifted, delay: shifted.delay - from, length: subtractSizes(to, from) }, context);
  },
  conv: (node, operands, context) => {
    const [x, kernel] = operands;
    if (x.kind !== "along" || kernel.kind !== "fixed") return "makes its kernel from the sequence";
    const place = x.axis - 2;
    if (x.axis === 0) return at(node, operands, context, 0);
    if (place < 0) return "mixes steps with channels";
    const { stride, dilation, before, after } = node.attributes;
    const taps = Number(kernel.value.shape[x.axis]);
    const reach = (taps - 1) * dilation[place];
    if (stride[place] !== 1) return "puts out fewer steps than it reads";
    if (before[place] !== reach || after[place] !== 0)
      return "reads steps to come, or puts out another number of steps: pad before the beginning alone";
    const window = Array.from({ length: taps }, (_, tap) =>
      delayed(x.value, (taps - 1 - tap) * dilation[place], 0, context),
    );
    const attributes = {
      stride,
      dilation: dilation.with(place, 1),
      before: before.with(place, 0),
      after,
    };
    const [value] = applyAll("conv", [concat(window, x.axis), kernel.value], attributes);
    return [{ kind: "along", value, axis: x.axis }];
  },
};

/** A shifted sequence; where it has as many entries as there are steps, it goes along time again, late by some steps. */
function settled(shifted: Shifted, context: StepContext): Reading[] | string {
  const { value, axis, delay, fill, length } = shifted;
  if (!equalSizes(length, context.time)) return [shifted];
  if (delay < 0) return "reads steps to come";
  return [{ kind: "along", value: delayed(value, delay, fill, context), axis }];
}

/** What a value was some steps ago; `fill` before the first. */
function delayed(value: Value, steps: number, fill: number, context: StepContext): Value {
  return Array.from({ length: steps }).reduce<Value>((at) => context.delay(at, fill), value);
}

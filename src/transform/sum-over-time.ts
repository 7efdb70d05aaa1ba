/**
 * States that only gather up a sum, and such sums taken over all steps at once: Σ_t aᵀ_t b_t is one
 * product of the stacked a and b.
 */
import { multiplySizes } from "../graph/dim.ts";
import type { Loop } from "../graph/loop.ts";
import { dependencies } from "../graph/loop.ts";
import { bodyResults, type LoopUnit, readsOf, schedule } from "../graph/schedule.ts";
import { apply, type Node, reapply, type Value } from "../graph/value.ts";
import type { Lifted } from "./lift.ts";

/** A state that becomes itself plus something that does not depend on it. */
export interface Accumulator {
  /** Terms whose sum over time can be taken outside the loop. */
  terms: Value[];
  /** Terms for which it can't. */
  rest: Value[];
}

/** The accumulators among the states of a loop, of which some sum can leave it. */
export function findAccumulators(unit: LoopUnit): Map<number, Accumulator> {
  const { loop, reach } = unit;
  const uses = countUses(unit);
  const found = new Map<number, Accumulator>();
  for (const state of reach.states) {
    const { parameter, next } = loop.states[state];
    const terms = sumOnto(parameter, next!, loop, uses);
    const [good, rest] = [true, false].map(
      (wanted) => terms?.filter((term) => isSummable(term, loop) === wanted) ?? [],
    );
    if (good.length > 0) found.set(state, { terms: good, rest });
  }
  return found;
}

/** What is added to a parameter that is used nowhere else; undefined where the value is no such sum. */
function sumOnto(
  parameter: Value,
  value: Value,
  loop: Loop,
  uses: ReadonlyMap<Value, number>,
): Value[] | undefined {
  if (uses.get(value) !== 1) return undefined;
  if (value === parameter) return [];
  if (value.scope !== loop || !value.node.is("add")) return undefined;
  const [left, right] = value.node.operands;
  const inLeft = sumOnto(parameter, left, loop, uses);
  if (inLeft) return [...inLeft, ...termsOf(right, loop)];
  const inRight = sumOnto(parameter, right, loop, uses);
  return inRight && [...termsOf(left, loop), ...inRight];
}

/** The terms of a sum that is computed in a loop's body. */
export function termsOf(value: Value, loop: Loop): Value[] {
  const isSum = value.scope?.depth === loop.depth && value.node.is("add");
  return isSum ? value.node.operands.flatMap((operand) => termsOf(operand, loop)) : [value];
}

function countUses(unit: LoopUnit): Map<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const inner of schedule(bodyResults(unit), unit.loop)) for (const value of readsOf(inner)) use(value);
  for (const value of bodyResults(unit)) use(value);
  return uses;
}

type SumRule = (node: Node, outside: (value: Value) => Lifted) => Value;

/** The sum over all steps of a value of the body. */
export function sumOverTime(value: Value, outside: (value: Value) => Lifted): Value {
  const { node } = value;
  if (linear.has(node.op)) return reapply(node, [sumOverTime(node.operands[0], outside)])[value.index];
  return (sums[node.op as keyof typeof sums] as SumRule)(node, outside);
}

function isSummable({ node, scope }: Value, loop: Loop): boolean {
  if (scope !== loop) return false;
  if (linear.has(node.op)) return isSummable(node.operands[0], loop);
  if (node.is("scatterAdd") && node.attributes.axis !== 0) return false;
  return node.op in sums && dependencies(node).every((operand) => operand.scope === loop);
}

/** Operators of one operand through which a sum can be taken. */
const linear: ReadonlySet<string> = new Set(["neg", "transpose", "reshape", "slice", "flip"]);

const sums = {
  contract: (node, outside) =>
    apply(
      "contract",
      node.operands.map((operand) => outside(operand).value),
    ),
  sum: (node, outside) => {
    const { axes } = (node as Node<"sum">).attributes;
    return outside(node.operands[0])
      .value.sum([0, ...axes.map((axis) => axis + 1)], { keep: true })
      .squeeze(0);
  },
  /** Convolution sums over channels: those of all steps, side by side. */
  conv: (node, outside) => {
    const [x, kernel] = node.operands.map((operand) => sideBySide(outside(operand).value));
    return apply("conv", [x, kernel], (node as Node<"conv">).attributes);
  },
  scatterAdd: (node, outside) => {
    const [indices, updates] = node.operands.map((operand) => outside(operand).value);
    return apply("scatterAdd", [indices, updates], (node as Node<"scatterAdd">).attributes);
  },
} satisfies Record<string, SumRule>;

/** [time, first, channels, …] → [first, time × channels, …] */
function sideBySide(x: Value): Value {
  const [time, first, channels, ...rest] = x.shape;
  const order = [1, 0, ...x.shape.map((_, axis) => axis).slice(2)];
  return x.transpose(order).reshape([first, multiplySizes(time, channels), ...rest]);
}

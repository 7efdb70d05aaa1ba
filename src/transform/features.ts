/**
 * Whose features a value's are. What an axis of features holds is followed back through all that only moves, masks or
 * scales it, over loops and layers, to the values that made it.
 */
import { equalSizes } from "../graph/dim.ts";
import type { Operator } from "../graph/operators.ts";
import type { Node, Value } from "../graph/value.ts";

/** Neighboring features of one value, as they lie along the last axis of another. */
export interface FeatureRange {
  /** What made them. */
  of: Value;
  /** Which of its features: `size` ones from this on. */
  from: number;
  size: number;
  /** Whether they come through a loop's state, and so from an earlier step. */
  past: boolean;
}

/** The last axis of a value, from first to last; "any" where all that leads to it is the state that is being traced. */
type Features = readonly FeatureRange[] | "any";

/** Traces values of one graph. */
export class FeatureTracer {
  private readonly known = new Map<Value, Features>();
  private readonly open = new Set<Value>();

  /**
   * The ranges that make up a value's last axis; one range of its own where a product, a nonlinear function or a
   * mixture of features made it.
   */
  of(value: Value): readonly FeatureRange[] {
    const found = this.trace(value);
    return found === "any" ? own(value) : found;
  }

  private trace(value: Value): Features {
    const known = this.known.get(value);
    if (known) return known;
    const found = this.through(value) ?? own(value);
    this.known.set(value, found);
    return found;
  }

  /** The features of what a value was made from, where it holds the same ones. */
  private through(value: Value): Features | undefined {
    const { node } = value;
    if (value.rank === 0) return undefined;
    if (node.is("parameter")) return this.throughParameter(value);
    if (node.is("stack")) return value.rank > 1 ? this.trace(node.attributes.value) : undefined;
    if (node.is("final")) return this.trace(node.attributes.loop.states[node.attributes.state].next!);
    if (!looksThrough(node)) return undefined;
    const last = value.rank - 1;
    const parts = carried(node).map((operand) => this.trace(operand));
    if (node.is("concat") && node.attributes.axis === last) return joined(parts);
    const whole = agreed(parts);
    if (whole === undefined || whole === "any") return whole;
    if (node.is("split") && node.attributes.axis === last) {
      const sizes = node.attributes.sizes as readonly number[];
      const start = sizes.slice(0, value.index).reduce((a, b) => a + b, 0);
      return cut(whole, start, start + sizes[value.index]);
    }
    if (node.is("slice") && node.attributes.axis === last)
      return cut(whole, node.attributes.start as number, node.attributes.end as number);
    return whole;
  }

  private throughParameter(parameter: Value): Features | undefined {
    const { loop } = (parameter.node as Node<"parameter">).attributes;
    const sequence = loop.sequences.find((one) => one.parameter === parameter);
    if (sequence) return this.trace(sequence.source);
    if (this.open.has(parameter)) return "any";
    const before = new Set(this.known.keys());
    this.open.add(parameter);
    const found = this.trace(loop.states.find((one) => one.parameter === parameter)!.next!);
    this.open.delete(parameter);
    // What was found on the way took this state to be whatever suited: it is looked at again when it is wanted.
    for (const value of this.known.keys()) if (!before.has(value)) this.known.delete(value);
    return found === "any" ? undefined : found.map((range) => ({ ...range, past: true }));
  }
}

/** Features side by side. */
function joined(parts: readonly Features[]): Features {
  return parts.includes("any") ? "any" : merged(parts.flat() as FeatureRange[]);
}

/** The features of several values that hold the same ones; undefined where they do not. */
function agreed(all: readonly Features[]): Features | undefined {
  const found = all.filter((one) => one !== "any");
  if (found.length === 0) return all.length > 0 ? "any" : undefined;
  const [first, ...others] = found;
  if (others.some((other) => !sameFeatures(first, other))) return undefined;
  return first.map((range, index) => ({ ...range, past: found.every((one) => one[index].past) }));
}

/** Whether two values hold the same features, at this step or an earlier one. */
export function sameFeatures(a: readonly FeatureRange[], b: readonly FeatureRange[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ of, from, size }, at) => of === b[at].of && from === b[at].from && size === b[at].size)
  );
}

function own(value: Value): readonly FeatureRange[] {
  const size = value.shape.at(-1);
  return [{ of: value, from: 0, size: typeof size === "number" ? size : 0, past: false }];
}

function cut(ranges: readonly FeatureRange[], start: number, end: number): readonly FeatureRange[] {
  let at = 0;
  return ranges.flatMap((range) => {
    const begin = Math.max(start, at);
    const stop = Math.min(end, at + range.size);
    const from = range.from + begin - at;
    at += range.size;
    return stop > begin ? [{ ...range, from, size: stop - begin }] : [];
  });
}

/** Neighbors that were neighbors before become one range. */
function merged(ranges: readonly FeatureRange[]): readonly FeatureRange[] {
  return ranges.reduce<FeatureRange[]>((all, range) => {
    const before = all.at(-1);
    if (
      before &&
      before.of === range.of &&
      before.past === range.past &&
      before.from + before.size === range.from
    )
      all[all.length - 1] = { ...before, size: before.size + range.size };
    else all.push(range);
    return all;
  }, []);
}

/** Operators whose results hold an operand's features, each where it was or all moved together. */
function looksThrough(node: Node): boolean {
  const rule = keepsFeatures[node.op] as ((node: Node) => boolean) | undefined;
  return rule?.(node) ?? false;
}

const always = () => true;

const keepsFeatures: { [O in Operator]?: (node: Node<O>) => boolean } = {
  stop: always,
  straightThrough: always,
  concat: always,
  add: (node) => node.operands.every(({ shape }) => alongFeatures(shape, node)),
  sub: (node) => node.operands.every(({ shape }) => alongFeatures(shape, node)),
  mul: (node) => scaled(node) !== undefined,
  div: (node) => scaled(node) === node.operands[0],
  where: ({ operands: [condition] }) => isScale(condition),
  sum: ({ attributes, operands: [x] }) => !attributes.axes.includes(x.rank - 1),
  transpose: ({ attributes: { order } }) => order.at(-1) === order.length - 1,
  reshape: ({ operands: [x], results: [y] }) =>
    x.rank > 0 && y.rank > 0 && equalSizes(x.shape.at(-1)!, y.shape.at(-1)!),
  expand: ({ operands: [x], results: [y] }) => x.rank > 0 && equalSizes(x.shape.at(-1)!, y.shape.at(-1)!),
  slice: ({ attributes: { axis, start, end, step }, operands: [x] }) =>
    axis < x.rank - 1 || (step === 1 && typeof start === "number" && typeof end === "number"),
  split: ({ attributes: { axis, sizes }, operands: [x] }) =>
    axis < x.rank - 1 || sizes.every((size) => typeof size === "number"),
  flip: ({ attributes: { axis }, operands: [x] }) => axis < x.rank - 1,
  gather: ({ attributes: { axis }, operands: [data] }) => axis < data.rank - 1,
  pad: ({ attributes: { before, after, value } }) => value === 0 && before.at(-1) === 0 && after.at(-1) === 0,
};

function alongFeatures(shape: Value["shape"], { results: [{ shape: whole }] }: Node): boolean {
  return shape.length > 0 && equalSizes(shape.at(-1)!, whole.at(-1)!);
}

/** The operands whose features a node's results hold: all but masks, scales, indices and zeros. */
export function carried(node: Node): readonly Value[] {
  const [first, second, third] = node.operands;
  if (node.is("mul") || node.is("div")) return [scaled(node)!];
  if (node.is("where")) return [second, third].filter((branch) => !isZero(branch));
  if (node.is("straightThrough")) return [second];
  if (node.is("gather")) return [first];
  return node.operands;
}

/** The operand of a product or quotient that the other only scales. */
function scaled({ operands: [a, b], results: [{ shape }] }: Node): Value | undefined {
  const whole = (value: Value) => value.rank > 0 && equalSizes(value.shape.at(-1)!, shape.at(-1)!);
  if (isScale(b) && whole(a)) return a;
  return isScale(a) && whole(b) ? b : undefined;
}

/** Whether a value says nothing of features: it is one for all of them, or made of noise and constants alone. */
function isScale(value: Value): boolean {
  return isForAllFeatures(value) || isNoise(value);
}

/** Whether a value is the same for all features. */
export function isForAllFeatures({ shape }: Value): boolean {
  return shape.length === 0 || shape.at(-1) === 1;
}

/** Whether a value depends on random draws and constants alone, as masks of dropout do. */
function isNoise(value: Value): boolean {
  const seen = new Set<Node>();
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    const { node } = at;
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.is("input") && node.attributes.role !== "noise") return false;
    if (node.is("final") || node.is("stack")) return false;
    if (node.is("parameter")) {
      const parameter = at;
      const sequence = node.attributes.loop.sequences.find((one) => one.parameter === parameter);
      if (!sequence) return false;
      open.push(sequence.source);
    } else open.push(...node.operands);
  }
  return true;
}

/** Whether a value is known to be 0 everywhere. */
export function isZero({ node }: Value): boolean {
  if (node.is("constant")) return node.attributes.data.every((number) => number === 0);
  return (node.is("expand") || node.is("reshape")) && isZero(node.operands[0]);
}

/**
 * Values and the nodes that make them. A graph is a sea of nodes: each knows its operands, none knows its
 * users, and none ever changes. A node belongs to the deepest loop among its operands' loops, so that code
 * that does not depend on a loop is outside it by itself.
 */
import { addSizes, type Size, type SizeLike, size, subtractSizes } from "./dim.ts";
import { InputError } from "./errors.ts";
import type { Loop } from "./loop.ts";
import { type AttributesOf, type Operator, type Role, resultTypes } from "./operators.ts";
import {
  type DType,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  resolveReshape,
  type Shape,
  type ShapeLike,
  shape as shapeOf,
} from "./shape.ts";
import type { Operand, Type } from "./type-rules.ts";

let created = 0;

/** One application of an operator. */
export class Node<O extends Operator = Operator> {
  readonly op: O;
  readonly operands: readonly Value[];
  readonly attributes: AttributesOf<O>;
  readonly results: readonly Value[];
  /** The loop whose steps compute this node; null outside all loops. */
  readonly scope: Loop | null;
  /** Nodes are numbered in the order of their creation. */
  readonly id = created++;

  constructor(
    op: O,
    operands: readonly Value[],
    attributes: AttributesOf<O>,
    types: readonly Type[],
    scope: Loop | null,
  ) {
    this.op = op;
    this.operands = operands;
    this.attributes = attributes;
    this.scope = scope;
    this.results = types.map((type, index) => new Value(this, index, type));
  }

  /** Narrows the node to one operator, and so its attributes. */
  is<P extends Operator>(op: P): this is Node<P> {
    return (this.op as Operator) === op;
  }
}

/** Something that can be computed with: another value, or a number that takes its partner's type. */
export type ValueLike = Value | number;

/** One result of a node: a tensor whose numbers are not known yet. */
export class Value implements Operand {
  readonly node: Node;
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(node: Node, index: number, type: Type) {
    this.node = node;
    this.index = index;
    this.shape = type.shape;
    this.dtype = type.dtype;
  }

  get scope(): Loop | null {
    return this.node.scope;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** How messages name this value: its name where it has one, else what made it. */
  label(): string {
    if (this.node.is("input")) return `"${this.node.attributes.name}"`;
    if (this.node.is("constant") && this.rank === 0) return `${this.node.attributes.data[0]}`;
    return `${this.node.op} result`;
  }

  add(other: ValueLike): Value {
    return apply("add", [this, this.lift(other)]);
  }
  sub(other: ValueLike): Value {
    return apply("sub", [this, this.lift(other)]);
  }
  /** other − this */
  rsub(other: ValueLike): Value {
    return apply("sub", [this.lift(other), this]);
  }
  mul(other: ValueLike): Value {
    return apply("mul", [this, this.lift(other)]);
  }
  div(other: ValueLike): Value {
    return apply("div", [this, this.lift(other)]);
  }
  pow(exponent: ValueLike): Value {
    return apply("pow", [this, this.lift(exponent)]);
  }
  neg(): Value {
    return apply("neg", [this]);
  }
  less(other: ValueLike): Value {
    return apply("less", [this, this.lift(other)]);
  }
  greater(other: ValueLike): Value {
    return apply("less", [this.lift(other), this]);
  }
  equal(other: ValueLike): Value {
    return apply("equal", [this, this.lift(other)]);
  }
  /** [… , m, k] × [… , k, n] → [… , m, n]; leading axes broadcast. */
  matmul(other: Value): Value {
    return apply("matmul", [this, other]);
  }
  cast(to: DType): Value {
    return to === this.dtype ? this : apply("cast", [this], { to });
  }

  /** The sum over some axes (all, where none are named), which stay as axes of size 1 if `keep`. */
  sum(axes?: number | readonly number[], { keep = false } = {}): Value {
    return this.reduce("sum", axes, keep);
  }
  /** The maximum over some axes. The gradient is shared evenly among equal maxima. */
  max(axes?: number | readonly number[], { keep = false } = {}): Value {
    return this.reduce("max", axes, keep);
  }

  /** The same elements in another shape; one size may be −1 and is then found from the others. */
  reshape(wanted: readonly SizeLike[]): Value {
    const resolved = resolveReshape(this.shape, wanted);
    if (!resolved) {
      throw new InputError(
        `reshape(${this.label()} ${formatShape(this.shape)}): [${wanted.join(", ")}] can't hold its elements`,
      );
    }
    return apply("reshape", [this], { shape: resolved });
  }
  /** The axes in another order; reversed where no order is given. */
  transpose(order?: readonly number[]): Value {
    const axes = (order ?? Array.from({ length: this.rank }, (_, axis) => this.rank - 1 - axis)).map((axis) =>
      normalizeAxis("transpose", axis, this.rank),
    );
    if (axes.length !== this.rank || normalizeAxes("transpose", axes, this.rank).length !== this.rank) {
      throw new InputError(
        `transpose(${this.label()} ${formatShape(this.shape)}): [${order}] does not name each axis once`,
      );
    }
    return apply("transpose", [this], { order: axes });
  }
  /** Broadcast to a shape. */
  expand(to: ShapeLike): Value {
    return apply("expand", [this], { shape: shapeOf(to) });
  }
  /**
   * Positions `start` to `end` (not included) of one axis, every `step`th of them. Negative positions
   * count from the end; a negative step walks from the last position of the range to its first.
   */
  slice(axis: number, start: Size = 0, end?: Size, step = 1): Value {
    const at = normalizeAxis("slice", axis, this.rank);
    const from = this.position(at, start);
    const to = end === undefined ? this.shape[at] : this.position(at, end);
    if (step >= 0) return apply("slice", [this], { axis: at, start: from, end: to, step });
    const whole =
      from === 0 && to === this.shape[at]
        ? this
        : apply("slice", [this], { axis: at, start: from, end: to, step: 1 });
    const flipped = apply("flip", [whole], { axis: at });
    return step === -1
      ? flipped
      : apply("slice", [flipped], { axis: at, start: 0, end: flipped.shape[at], step: -step });
  }
  /** The slice at one position of an axis, which is dropped. */
  at(axis: number, position: number): Value {
    const along = normalizeAxis("at", axis, this.rank);
    const from = this.position(along, position);
    const one = apply("slice", [this], { axis: along, start: from, end: addSizes(from, 1), step: 1 });
    return one.squeeze(along);
  }
  /** Equal parts along an axis (the last, where none is named), or parts of given sizes. */
  split(parts: number | readonly SizeLike[], axis = -1): Value[] {
    const along = normalizeAxis("split", axis, this.rank);
    const whole = this.shape[along];
    const divides = (count: number) => typeof whole === "number" && count >= 1 && whole % count === 0;
    if (typeof parts === "number" && !divides(parts)) {
      throw new InputError(
        `split(${this.label()} ${formatShape(this.shape)}): axis ${along} can't be cut into ${parts} equal parts`,
      );
    }
    const sizes =
      typeof parts === "number" ? Array<Size>(parts).fill((whole as number) / parts) : parts.map(size);
    return applyAll("split", [this], { axis: along, sizes });
  }
  /** Without the given axes, which must have size 1. */
  squeeze(axes: number | readonly number[]): Value {
    const dropped = normalizeAxes("squeeze", axes, this.rank);
    return this.reshape(this.shape.filter((_, axis) => !dropped.includes(axis)));
  }
  /** With a new axis of size 1 before `axis` (−1: after the last). */
  unsqueeze(axis: number): Value {
    const at = normalizeAxis("unsqueeze", axis, this.rank + 1);
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }

  private lift(other: ValueLike): Value {
    return typeof other === "number" ? constant(other, this.dtype) : other;
  }

  private position(axis: number, at: Size): Size {
    return typeof at === "number" && at < 0 ? subtractSizes(this.shape[axis], -at) : at;
  }

  private reduce(op: "sum" | "max", axes: number | readonly number[] | undefined, keep: boolean): Value {
    const over = normalizeAxes(op, axes, this.rank);
    if (over.length === 0) return this;
    const kept = apply(op, [this], { axes: over });
    return keep ? kept : kept.squeeze(over);
  }
}

type AttributeArguments<O extends Operator> = AttributesOf<O> extends undefined ? [] : [AttributesOf<O>];

/** Applies an operator; gives all its results. */
export function applyAll<O extends Operator>(
  op: O,
  operands: readonly Value[],
  ...[attributes]: AttributeArguments<O>
): Value[] {
  const types = resultTypes(op, operands, attributes as AttributesOf<O>);
  return [...new Node<O>(op, operands, attributes as AttributesOf<O>, types, deepestScope(operands)).results];
}

/** Applies an operator that has one result. */
export function apply<O extends Operator>(
  op: O,
  operands: readonly Value[],
  ...attributes: AttributeArguments<O>
): Value {
  return applyAll(op, operands, ...attributes)[0];
}

/** Applies a node's operator to other operands. */
export function reapply<O extends Operator>(node: Node<O>, operands: readonly Value[]): Value[] {
  const types = resultTypes(node.op, operands, node.attributes);
  return [...new Node<O>(node.op, operands, node.attributes, types, deepestScope(operands)).results];
}

/** The innermost of the loops in which values are computed. */
export function deepestScope(values: Iterable<Value>): Loop | null {
  let deepest: Loop | null = null;
  for (const { scope } of values) if (scope && scope.depth > (deepest?.depth ?? 0)) deepest = scope;
  return deepest;
}

/** A value that enters the graph under a name. */
export function input(
  name: string,
  shape: ShapeLike,
  { dtype = "float32" as DType, role = "input" as Role } = {},
): Value {
  return new Node("input", [], { name, role }, [{ shape: shapeOf(shape), dtype }], null).results[0];
}

/** A trained tensor; its name is its path in the model ("encoder.forward.recurrent"). */
export function weight(path: string, shape: ShapeLike, dtype: DType = "float32"): Value {
  return input(path, shape, { dtype, role: "weight" });
}

/** Uniform random numbers in [0, 1), drawn anew at each training step; all 0.5 outside training. */
export function noise(name: string, shape: ShapeLike): Value {
  return input(name, shape, { role: "noise" });
}

/** Fixed numbers: one, or an array with the shape that it shall have. */
export function constant(
  data: number | readonly number[] | Float64Array,
  dtype: DType = "float32",
  shape?: readonly number[],
): Value {
  const numbers = typeof data === "number" ? Float64Array.of(data) : Float64Array.from(data);
  const of = shape ?? (typeof data === "number" ? [] : [numbers.length]);
  if (of.reduce((a, b) => a * b, 1) !== numbers.length) {
    throw new InputError(`constant: ${numbers.length} numbers do not fill the shape [${of.join(", ")}]`);
  }
  const odd = dtype === "int32" || dtype === "bool" ? numbers.find((one) => !isWhole(one, dtype)) : undefined;
  if (odd !== undefined)
    throw new InputError(`constant: ${odd} is no ${dtype}; cast its partner to a float first`);
  return new Node("constant", [], { data: numbers }, [{ shape: shapeOf(of), dtype }], null).results[0];
}

function isWhole(number: number, dtype: "int32" | "bool"): boolean {
  return dtype === "bool" ? number === 0 || number === 1 : number === (number | 0);
}

/** 0, 1, …, length − 1 as int32. */
export function iota(length: SizeLike): Value {
  return apply("iota", [], { length: size(length) });
}

/** One number, broadcast to a shape. */
export function filled(value: number, shape: ShapeLike, dtype: DType = "float32"): Value {
  const scalar = constant(value, dtype);
  return shape.length === 0 ? scalar : scalar.expand(shape);
}

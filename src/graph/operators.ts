/**
 * The primitive operators: their attributes, and for each the rule that gives its results' types. Everything else (softmax, mean, norms, convolution's gradients, …) is derived
 * from these. What an operator computes stands in `interpret.ts`, the float64 reference.
 */
import type { Size } from "./dim.ts";
import type { DType, Shape } from "./shape.ts";
import {
  argmax,
  arithmetic,
  comparison,
  concat,
  contract,
  conv,
  cumulativeSum,
  expand,
  fail,
  gather,
  inverseLogDet,
  logical,
  matmul,
  type Operand,
  pad,
  type Rule,
  reduction,
  reshape,
  scatterAdd,
  slice,
  split,
  straightThrough,
  type Type,
  unary,
  where,
} from "./type-rules.ts";

/** Where a value that enters a graph comes from: the caller, the model's weights, or a random generator. */
export type Role = "input" | "weight" | "noise";

export interface Attributes {
  input: { name: string; role: Role };
  constant: { data: Float64Array };
  iota: { length: Size };
  extent: { size: Size };
  cast: { to: DType };
  sum: { axes: readonly number[] };
  max: { axes: readonly number[] };
  argmax: { axis: number };
  transpose: { order: readonly number[] };
  reshape: { shape: Shape };
  expand: { shape: Shape };
  slice: { axis: number; start: Size; end: Size; step: number };
  flip: { axis: number };
  pad: { before: Shape; after: Shape; value: number };
  concat: { axis: number };
  split: { axis: number; sizes: readonly Size[] };
  gather: { axis: number };
  scatterAdd: { axis: number; size: Size };
  cumulativeSum: { axis: number; exclusive: boolean; reverse: boolean };
  conv: Convolution;
}

/** Strides, dilations and zero padding, one value a spatial axis. */
export interface Convolution {
  stride: readonly number[];
  dilation: readonly number[];
  before: readonly number[];
  after: readonly number[];
}

const rules = {
  input: (() => fail("input", [], "has a declared type")) as Rule<Attributes["input"]>,
  constant: (() => fail("constant", [], "has a declared type")) as Rule<Attributes["constant"]>,
  parameter: (() => fail("parameter", [], "has a declared type")) as Rule<undefined>,
  iota: ((_, { length }) => [{ shape: [length], dtype: "int32" }]) as Rule<Attributes["iota"]>,
  /** A size as a number: how long an open axis is in this run. */
  extent: (() => [{ shape: [], dtype: "int32" }]) as Rule<Attributes["extent"]>,

  neg: unary,
  abs: unary,
  exp: unary,
  log: unary,
  sqrt: unary,
  tanh: unary,
  sigmoid: unary,
  relu: unary,
  cast: (([x], { to }) => [{ shape: x.shape, dtype: to }]) as Rule<Attributes["cast"]>,

  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: arithmetic,
  pow: arithmetic,
  maximum: arithmetic,
  minimum: arithmetic,
  less: comparison,
  equal: comparison,
  and: logical,
  or: logical,
  not: logical,
  where,

  /** Passes its operand on; no gradient flows back. */
  stop: (([x]) => [x]) as Rule<undefined>,
  /** (value, surrogate) → value, while the gradient flows to the surrogate. */
  straightThrough,

  matmul,
  /** [… , m], [… , n] → [m, n], summed over all leading axes: what the gradient of a weight is. */
  contract,
  conv,
  sum: reduction as Rule<Attributes["sum"]>,
  max: reduction as Rule<Attributes["max"]>,
  argmax,
  transpose: (([x], { order }) => [{ shape: order.map((axis) => x.shape[axis]), dtype: x.dtype }]) as Rule<
    Attributes["transpose"]
  >,
  reshape,
  expand,
  slice,
  flip: (([x]) => [x]) as Rule<Attributes["flip"]>,
  /** Borders of one value; a negative border cuts. */
  pad,
  concat,
  split,
  gather,
  scatterAdd,
  cumulativeSum,

  /** A symmetric positive definite matrix → its inverse and the logarithm of its determinant. */
  inverseLogDet,

  /** A loop's last state, and a value of its body stacked over all steps: see `loop.ts`. */
  final: (() => fail("final", [], "is typed by its loop")) as Rule<undefined>,
  stack: (() => fail("stack", [], "is typed by its loop")) as Rule<undefined>,
};

export type Operator = keyof typeof rules;

export const operators = Object.keys(rules) as readonly Operator[];

/** The attributes of an operator; undefined where it has none. */
export type AttributesOf<O extends Operator> = O extends keyof Attributes ? Attributes[O] : undefined;

/** The types of the results of an operator on operands, or an InputError that names them. */
export function resultTypes<O extends Operator>(
  op: O,
  operands: readonly Operand[],
  attributes: AttributesOf<O>,
): Type[] {
  const rule = rules[op] as Rule<AttributesOf<O>>;
  return rule(operands, attributes, op).map(({ shape, dtype }) => ({ shape, dtype }));
}

export const elementwiseOperators: ReadonlySet<Operator> = new Set<Operator>([
  "neg",
  "abs",
  "exp",
  "log",
  "sqrt",
  "tanh",
  "sigmoid",
  "relu",
  "cast",
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "maximum",
  "minimum",
  "less",
  "equal",
  "and",
  "or",
  "not",
  "where",
  "stop",
  "straightThrough",
]);

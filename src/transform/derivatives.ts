/**
 * The derivative of each primitive: from the cotangents of its results to those of its operands. All of
 * them are written with primitives, so gradients can be differentiated again.
 */
import { addSizes, equalSizes, multiplySizes, type Size, subtractSizes } from "../graph/dim.ts";
import { abs, concat, gather, log, not, scatterAdd, where, zeros } from "../graph/functions.ts";
import type { Attributes, Operator } from "../graph/operators.ts";
import { equalShapes, type Shape } from "../graph/shape.ts";
import { apply, type Node, type Value } from "../graph/value.ts";

/** A cotangent, or undefined where it is known to be 0 or has no meaning. */
export type Cotangent = Value | undefined;

/**
 * @param operands the forward operands, as the place where the derivative is computed can read them
 * @param results the forward results, likewise, read only when asked for
 * @param cotangents those of the results; at least one is defined
 */
type Derivative<O extends Operator> = (context: {
  node: Node<O>;
  operands: readonly Value[];
  results: () => readonly Value[];
  cotangents: readonly Cotangent[];
}) => Cotangent[];

type Pointwise = (g: Value, x: Value, y: () => Value) => Value;

const pointwise =
  (rule: Pointwise): Derivative<Operator> =>
  ({ operands: [x], results, cotangents: [g] }) => [rule(g!, x, () => results()[0])];

/** A binary operator that broadcasts: the cotangents are summed back to the operands' shapes. */
const binary =
  (rule: (g: Value, a: Value, b: Value, y: () => Value) => [Value, Value]): Derivative<Operator> =>
  ({ operands: [a, b], results, cotangents: [g] }) => {
    const [da, db] = rule(g!, a, b, () => results()[0]);
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  };

const none: Derivative<Operator> = ({ operands }) => operands.map(() => undefined);

const derivatives: { [O in Operator]: Derivative<O> } = {
  input: none,
  constant: none,
  parameter: none,
  iota: none,
  extent: none,
  less: none,
  equal: none,
  and: none,
  or: none,
  not: none,
  argmax: none,
  stop: none,
  final: none,
  stack: none,

  neg: pointwise((g) => g.neg()),
  abs: pointwise((g, x) => where(x.equal(0), 0, g.mul(x).div(where(x.equal(0), 1, abs(x))))),
  exp: pointwise((g, _, y) => g.mul(y())),
  log: pointwise((g, x) => g.div(x)),
  sqrt: pointwise((g, _, y) => g.mul(0.5).div(y())),
  tanh: pointwise((g, _, y) => g.mul(y().mul(y()).rsub(1))),
  sigmoid: pointwise((g, _, y) => g.mul(y().mul(y().rsub(1)))),
  relu: pointwise((g, x) => where(x.greater(0), g, 0)),
  cast: ({ node, cotangents: [g] }) => [g!.cast(node.operands[0].dtype)],

  add: binary((g) => [g, g]),
  sub: binary((g) => [g, g.neg()]),
  mul: binary((g, a, b) => [g.mul(b), g.mul(a)]),
  div: binary((g, _, b, y) => [g.div(b), g.mul(y()).div(b).neg()]),
  pow: binary((g, a, b, y) => [
    g.mul(b).mul(a.pow(b.sub(1))),
    g.mul(y()).mul(log(where(a.greater(0), a, 1))),
  ]),
  maximum: binary((g, a, b) => [where(a.less(b), 0, g), where(a.less(b), g, 0)]),
  minimum: binary((g, a, b) => [where(b.less(a), 0, g), where(b.less(a), g, 0)]),
  where: ({ operands: [condition, yes, no], cotangents: [g] }) => [
    undefined,
    sumTo(where(condition, g!, 0), yes.shape),
    sumTo(where(not(condition), g!, 0), no.shape),
  ],
  straightThrough: ({ cotangents: [g] }) => [undefined, g],

  matmul: ({ operands: [a, b], cotangents: [g] }) => [
    sumTo(g!.matmul(swapLast(b)), a.shape),
    b.rank === 2 ? apply("contract", [a, g!]) : sumTo(swapLast(a).matmul(g!), b.shape),
  ],
  contract: ({ operands: [a, b], cotangents: [g] }) => [times(b, swapLast(g!)), times(a, g!)],
  conv: ({ node, operands: [x, kernel], cotangents: [g] }) => [
    convToInput(g!, x.shape, kernel, node.attributes),
    convToKernel(g!, x, kernel.shape, node.attributes),
  ],
  inverseLogDet: ({ results, cotangents: [g, gLogDet] }) => {
    const [inverse] = results();
    const fromLogDet = gLogDet && inverse.mul(gLogDet);
    const fromInverse = g && inverse.matmul(swapLast(g).matmul(inverse)).neg();
    return [fromLogDet && fromInverse ? fromLogDet.add(fromInverse) : (fromLogDet ?? fromInverse)];
  },

  sum: ({ operands: [x], cotangents: [g] }) => [g!.expand(x.shape)],
  max: ({ node, operands: [x], results, cotangents: [g] }) => {
    const peaks = x.equal(results()[0]).cast(x.dtype);
    return [g!.div(peaks.sum(node.attributes.axes, { keep: true })).mul(peaks)];
  },
  transpose: ({ node, cotangents: [g] }) => {
    const { order } = node.attributes;
    return [g!.transpose(order.map((_, axis) => order.indexOf(axis)))];
  },
  reshape: ({ node, cotangents: [g] }) => [g!.reshape(node.operands[0].shape)],
  expand: ({ node, cotangents: [g] }) => [sumTo(g!, node.operands[0].shape)],
  slice: ({ node, cotangents: [g] }) => {
    const { axis, start, step } = node.attributes;
    const spread = dilate(g!, axis, step);
    const after = subtractSizes(node.operands[0].shape[axis], addSizes(start, spread.shape[axis]));
    return [border(spread, axis, start, after)];
  },
  flip: ({ node, cotangents: [g] }) => [apply("flip", [g!], node.attributes)],
  pad: ({ node, cotangents: [g] }) => {
    const [before, after] = [node.attributes.before, node.attributes.after].map((borders) =>
      borders.map((border) => multiplySizes(border, -1)),
    );
    return [apply("pad", [g!], { before, after, value: 0 })];
  },
  concat: ({ node, cotangents: [g] }) => {
    const { axis } = node.attributes;
    return g!.split(
      node.operands.map(({ shape }) => shape[axis]),
      axis,
    );
  },
  split: ({ node, cotangents }) => [
    concat(
      cotangents.map((g, part) => g ?? zeros(node.results[part].shape, node.results[part].dtype)),
      node.attributes.axis,
    ),
  ],
  gather: ({ node, operands: [data, indices], cotangents: [g] }) => {
    const { axis } = node.attributes;
    return [scatterAdd(indices, g!, axis, data.shape[axis]), undefined];
  },
  scatterAdd: ({ node, operands: [indices], cotangents: [g] }) => [
    undefined,
    gather(g!, indices, node.attributes.axis),
  ],
  cumulativeSum: ({ node, cotangents: [g] }) => {
    const { reverse, ...rest } = node.attributes;
    return [apply("cumulativeSum", [g!], { ...rest, reverse: !reverse })];
  },
};

/** The cotangents of a node's operands. */
export function differentiate(
  node: Node,
  operands: readonly Value[],
  results: () => readonly Value[],
  cotangents: readonly Cotangent[],
): Cotangent[] {
  const rule = derivatives[node.op] as Derivative<Operator>;
  return rule({ node, operands, results, cotangents });
}

/** Sums over the axes that broadcasting had added or stretched. */
function sumTo(g: Value, shape: Shape): Value {
  if (equalShapes(g.shape, shape)) return g;
  const added = g.rank - shape.length;
  const axes = g.shape.flatMap((length, axis) =>
    axis < added || !equalSizes(length, shape[axis - added]) ? [axis] : [],
  );
  return g.sum(axes, { keep: true }).reshape(shape);
}

function swapLast(x: Value): Value {
  const order = x.shape.map((_, axis) => axis);
  return x.transpose([...order.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** [… , n] × [n, m] → [… , m], for a vector too. */
function times(x: Value, matrix: Value): Value {
  return x.rank > 1 ? x.matmul(matrix) : x.unsqueeze(0).matmul(matrix).squeeze(0);
}

/** step − 1 zeros between the entries along an axis: n → (n − 1)·step + 1. */
function dilate(x: Value, axis: number, step: number): Value {
  if (step === 1) return x;
  const length = x.shape[axis];
  const spread = border(x.unsqueeze(axis + 1), axis + 1, 0, step - 1);
  const whole = spread.reshape(x.shape.with(axis, multiplySizes(length, step)));
  return whole.slice(axis, 0, addSizes(multiplySizes(subtractSizes(length, 1), step), 1));
}

/** Zeros before and after along an axis; a negative number of them cuts. */
function border(x: Value, axis: number, before: Size, after: Size): Value {
  if (before === 0 && after === 0) return x;
  const none: Size[] = x.shape.map(() => 0);
  return apply("pad", [x], { before: none.with(axis, before), after: none.with(axis, after), value: 0 });
}

/**
 * Convolution's cotangent for its input: the stretched cotangent, convolved with the kernel turned about
 * in every axis of positions and with filters and channels exchanged.
 */
function convToInput(
  g: Value,
  shape: Shape,
  kernel: Value,
  { stride, dilation, before }: Attributes["conv"],
): Value {
  const exchanged = kernel.transpose([1, 0, ...stride.map((_, axis) => axis + 2)]);
  const turned = stride.reduce<Value>((k, _, axis) => apply("flip", [k], { axis: axis + 2 }), exchanged);
  const spread = stride.reduce<Value>((x, step, axis) => {
    const reach = multiplySizes(subtractSizes(kernel.shape[axis + 2], 1), dilation[axis]);
    const stretched = dilate(x, axis + 2, step);
    const front = subtractSizes(reach, before[axis]);
    const length = addSizes(shape[axis + 2], reach);
    return border(
      stretched,
      axis + 2,
      front,
      subtractSizes(length, addSizes(front, stretched.shape[axis + 2])),
    );
  }, g);
  const none = stride.map(() => 0);
  return apply("conv", [spread, turned], {
    stride: stride.map(() => 1),
    dilation,
    before: none,
    after: none,
  });
}

/** Convolution's cotangent for its kernel: input and cotangent convolved, batch and channels exchanged, stride and dilation too. */
function convToKernel(
  g: Value,
  x: Value,
  shape: Shape,
  { stride, dilation, before, after }: Attributes["conv"],
): Value {
  const exchange = [1, 0, ...stride.map((_, axis) => axis + 2)];
  const found = apply("conv", [x.transpose(exchange), g.transpose(exchange)], {
    stride: dilation,
    dilation: stride,
    before,
    after,
  });
  const kept = stride.reduce<Value>((k, _, axis) => {
    const whole = equalSizes(k.shape[axis + 2], shape[axis + 2]);
    return whole ? k : k.slice(axis + 2, 0, shape[axis + 2]);
  }, found);
  return kept.transpose(exchange);
}

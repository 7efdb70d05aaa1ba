/** Lifting: one application of an operator to all steps of a loop at once, along a new first axis. */
import { multiplySizes, type Size } from "../graph/dim.ts";
import { elementwiseOperators, type Operator } from "../graph/operators.ts";
import type { Shape } from "../graph/shape.ts";
import { apply, applyAll, type Node, reapply, type Value } from "../graph/value.ts";

/** A body value outside its loop: stacked over all steps, or the same in each of them. */
export interface Lifted {
  value: Value;
  stacked: boolean;
}

type Lift<O extends Operator> = (node: Node<O>, operands: readonly Lifted[], length: Size) => Value[];

/** Aligns an operand's axes with those of the result, so that time meets time. */
function align({ value, stacked }: Lifted, rank: number): Value {
  const missing = rank + 1 - value.rank;
  if (!stacked || missing === 0) return value;
  return value.reshape([value.shape[0], ...Array<number>(missing).fill(1), ...value.shape.slice(1)]);
}

function stackedAll({ value, stacked }: Lifted, length: Size): Value {
  return stacked ? value : value.expand([length, ...value.shape]);
}

const elementwise: Lift<Operator> = (node, operands) => {
  const { rank } = node.results[0];
  return reapply(
    node,
    operands.map((operand) => align(operand, rank)),
  );
};

type AlongAxis = "argmax" | "cumulativeSum" | "flip" | "slice" | "split" | "concat";

const alongAxis: Lift<AlongAxis> = (node, operands, length) => {
  const attributes = { ...node.attributes, axis: node.attributes.axis + 1 };
  return applyAll(
    node.op,
    operands.map((operand) => stackedAll(operand, length)),
    attributes as never,
  );
};

const reduction: Lift<"sum" | "max"> = (node, [{ value }]) => [
  apply(node.op, [value], { axes: node.attributes.axes.map((axis) => axis + 1) }),
];

const lifts: { [O in Operator]?: Lift<O> } = {
  matmul: elementwise as Lift<"matmul">,
  conv: (node, [x, kernel], length) => {
    const [batch, ...rest] = x.value.shape.slice(1);
    const merged = x.value.reshape([multiplySizes(length, batch), ...rest]);
    const found = apply("conv", [merged, kernel.value], node.attributes);
    return [found.reshape([length, batch, ...found.shape.slice(1)])];
  },
  sum: reduction as Lift<"sum">,
  max: reduction as Lift<"max">,
  argmax: alongAxis as Lift<"argmax">,
  cumulativeSum: alongAxis as Lift<"cumulativeSum">,
  flip: alongAxis as Lift<"flip">,
  slice: alongAxis as Lift<"slice">,
  split: alongAxis as Lift<"split">,
  concat: alongAxis as Lift<"concat">,
  transpose: (node, [{ value }]) => [value.transpose([0, ...node.attributes.order.map((axis) => axis + 1)])],
  reshape: (node, [{ value }], length) => [value.reshape([length, ...node.attributes.shape])],
  expand: (node, [x], length) => {
    const to: Shape = node.attributes.shape;
    return [align(x, to.length).expand([length, ...to])];
  },
  pad: (node, [{ value }]) => {
    const { before, after, value: fill } = node.attributes;
    return [apply("pad", [value], { before: [0, ...before], after: [0, ...after], value: fill })];
  },
  gather: (node, [data, indices]) => {
    const axis = node.attributes.axis + Number(data.stacked);
    return [apply("gather", [data.value, indices.value], { axis })];
  },
};

/** Whether a node can be lifted, given which of its operands are stacked. */
export function canLift(node: Node, stacked: readonly boolean[]): boolean {
  if (elementwiseOperators.has(node.op)) return !node.is("straightThrough") || stacked.every(Boolean);
  if (node.is("conv")) return stacked[0] && !stacked[1];
  if (node.is("gather")) return stacked[0] !== stacked[1] && (stacked[0] || node.attributes.axis === 0);
  return node.op in lifts;
}

/** The results of a node at all steps, each [time, …]. At least one operand must be stacked. */
export function liftNode(node: Node, operands: readonly Lifted[], length: Size): Value[] {
  const lift = (elementwiseOperators.has(node.op) ? elementwise : lifts[node.op]) as Lift<Operator>;
  return lift(node, operands, length);
}

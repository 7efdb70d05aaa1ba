/** How each primitive is said in ONNX. */

import type { Size } from "../graph/dim.ts";
import type { Attributes, Operator } from "../graph/operators.ts";
import { volume } from "../graph/shape.ts";
import type { Node, Value } from "../graph/value.ts";
import { type Block, elementType } from "./block.ts";

/** Adds a primitive's ONNX nodes to a block and names its results. */
type Lowering<O extends Operator> = (node: Node<O>, operands: readonly string[], block: Block) => string[];

/** The largest negative int64 that ONNX takes for "past the beginning". */
const beforeBeginning = Number.MIN_SAFE_INTEGER;

const as =
  (opType: string): Lowering<Operator> =>
  (_, operands, block) => [block.emit(opType, operands)];

const passOn: Lowering<Operator> = (_, [x]) => [x];

const reduce =
  (opType: string): Lowering<"sum" | "max"> =>
  (node, [x], block) => [block.emit(opType, [x, axesConstant(block, node.attributes.axes)], { keepdims: 1 })];

const outside: Lowering<Operator> = (node) => {
  throw new Error(`${node.op} is lowered with its graph or its loop, not alone`);
};

export const lowerings: { [O in Operator]: Lowering<O> } = {
  input: outside,
  parameter: outside,
  final: outside,
  stack: outside,
  inverseLogDet: outside,

  constant: (node, _, block) => {
    const [{ shape, dtype }] = node.results;
    return [block.model.constant(node.attributes.data, dtype, shape as number[])];
  },
  iota: (node, _, block) => {
    const end = scalar(block, node.attributes.length);
    return [
      block.emit("Range", [
        block.model.constant([0], "int32", []),
        end,
        block.model.constant([1], "int32", []),
      ]),
    ];
  },
  extent: (node, _, block) => [scalar(block, node.attributes.size)],
  cast: (node, [x], block) => [block.emit("Cast", [x], { to: elementType(node.attributes.to) })],

  neg: as("Neg"),
  abs: as("Abs"),
  exp: as("Exp"),
  log: as("Log"),
  sqrt: as("Sqrt"),
  tanh: as("Tanh"),
  sigmoid: as("Sigmoid"),
  relu: as("Relu"),
  add: as("Add"),
  sub: as("Sub"),
  mul: as("Mul"),
  div: as("Div"),
  pow: as("Pow"),
  maximum: as("Max"),
  minimum: as("Min"),
  less: as("Less"),
  equal: as("Equal"),
  and: as("And"),
  or: as("Or"),
  not: as("Not"),
  where: as("Where"),
  stop: passOn,
  straightThrough: passOn,

  matmul: as("MatMul"),
  contract: (node, operands, block) => {
    const [a, b] = operands.map((name, index) => asRows(block, name, node.operands[index]));
    // Turning a first is 5 to 18 % faster than Gemm with transA.
    return [block.emit("MatMul", [block.emit("Transpose", [a], { perm: [1, 0] }), b])];
  },
  conv: (node, operands, block) => {
    const { stride, dilation, before, after } = node.attributes;
    return [
      block.emit("Conv", operands, { strides: stride, dilations: dilation, pads: [...before, ...after] }),
    ];
  },
  sum: reduce("ReduceSum"),
  max: reduce("ReduceMax"),
  argmax: (node, [x], block) => {
    const found = block.emit("ArgMax", [x], { axis: node.attributes.axis, keepdims: 1 });
    return [block.emit("Cast", [found], { to: elementType("int32") })];
  },
  transpose: (node, [x], block) => [block.emit("Transpose", [x], { perm: node.attributes.order })],
  reshape: (node, [x], block) => [block.emit("Reshape", [x, block.reshapeTarget(node.attributes.shape)])],
  expand: (node, [x], block) => [block.emit("Expand", [x, block.shape(node.attributes.shape)])],
  slice: (node, [x], block) => {
    const { axis, start, end, step } = node.attributes;
    const steps = block.model.constant([step], "int64", [1]);
    return [block.emit("Slice", [x, block.size(start), block.size(end), axesConstant(block, [axis]), steps])];
  },
  flip: (node, [x], block) => {
    const [start, end] = [-1, beforeBeginning].map((at) => block.model.constant([at], "int64", [1]));
    return [block.emit("Slice", [x, start, end, axesConstant(block, [node.attributes.axis]), start])];
  },
  pad: (node, [x], block) => {
    const { before, after, value } = node.attributes;
    const fill = block.model.constant([value], node.results[0].dtype, []);
    return [block.emit("Pad", [x, block.shape([...before, ...after]), fill])];
  },
  concat: (node, operands, block) => [block.emit("Concat", operands, { axis: node.attributes.axis })],
  split: (node, [x], block) => {
    const { axis, sizes } = node.attributes;
    return block.emitAll(
      "Split",
      [x, block.shape(sizes)],
      { axis },
      sizes.map(() => "part"),
    );
  },
  gather: (node, operands, block) => [block.emit("Gather", operands, { axis: node.attributes.axis })],
  scatterAdd,
  cumulativeSum: (node, [x], block) => {
    const { axis, exclusive, reverse } = node.attributes;
    const along = block.model.constant([axis], "int32", []);
    return [block.emit("CumSum", [x, along], { exclusive: Number(exclusive), reverse: Number(reverse) })];
  },
};

/** ONNX adds along the first axis: the axes of the indices come to the front and go back after. */
function scatterAdd(node: Node<"scatterAdd">, [indices, updates]: readonly string[], block: Block): string[] {
  const { axis, size } = node.attributes as Attributes["scatterAdd"];
  const [ofIndices, ofUpdates] = node.operands;
  const width = ofIndices.rank;
  const axes = ofUpdates.shape.map((_, at) => at);
  const moved = [...axes.slice(axis, axis + width), ...axes.slice(0, axis), ...axes.slice(axis + width)];
  const front = axis === 0 ? updates : block.emit("Transpose", [updates], { perm: moved });
  const rest = moved.slice(width).map((at) => ofUpdates.shape[at]);
  const zero = block.model.constant([0], node.results[0].dtype, []);
  const zeros = block.emit("Expand", [zero, block.shape([size, ...rest])]);
  const column = block.emit("Reshape", [indices, block.reshapeTarget([...ofIndices.shape, 1])]);
  const wide = block.emit("Cast", [column], { to: elementType("int64") });
  const added = block.emit("ScatterND", [zeros, wide, front], { reduction: "add" });
  if (axis === 0) return [added];
  const back = [...rest.keys()].map((at) => at + 1);
  return [block.emit("Transpose", [added], { perm: [...back.slice(0, axis), 0, ...back.slice(axis)] })];
}

/** [… , n] as [rows, n] */
function asRows(block: Block, name: string, value: Value): string {
  if (value.rank === 2) return name;
  const last = value.shape.at(-1)!;
  const target =
    typeof last === "number"
      ? block.model.constant([-1, last], "int64", [2])
      : block.shape([volume(value.shape.slice(0, -1)), last]);
  return block.emit("Reshape", [name, target]);
}

function axesConstant(block: Block, axes: readonly number[]): string {
  return block.model.constant(axes, "int64", [axes.length]);
}

/** A size as an int32 scalar. */
function scalar(block: Block, size: Size): string {
  if (typeof size === "number") return block.model.constant([size], "int32", []);
  const one = block.emit("Squeeze", [block.size(size)]);
  return block.emit("Cast", [one], { to: elementType("int32") });
}

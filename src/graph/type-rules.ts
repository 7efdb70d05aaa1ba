/** The rules by which the types of operands give the types of results. */
import { addSizes, ceilDivide, equalSizes, floorDivide, multiplySizes, subtractSizes } from "./dim.ts";
import { InputError } from "./errors.ts";
import type { Attributes, Convolution } from "./operators.ts";
import { broadcast, type DType, equalShapes, formatShape, type Shape, volume } from "./shape.ts";

/** What is known of a tensor before a graph runs. */
export interface Type {
  shape: Shape;
  dtype: DType;
}

/** An operand: its type, and how messages name it. */
export interface Operand extends Type {
  label(): string;
}

/** The types of an operator's results, or an InputError that names the operands. */
export type Rule<A> = (operands: readonly Operand[], attributes: A, op: string) => Type[];

export function fail(op: string, operands: readonly Operand[], why: string): never {
  const shapes = operands.map(
    (operand) => `${operand.label()} ${operand.dtype}${formatShape(operand.shape)}`,
  );
  throw new InputError(`${op}(${shapes.join(", ")}): ${why}`);
}

/** The type that some of the operands, or all, have in common. */
function sameDType(op: string, operands: readonly Operand[], alike = operands): DType {
  const [{ dtype }] = alike;
  if (alike.some((operand) => operand.dtype !== dtype)) fail(op, operands, "the operands differ in type");
  return dtype;
}

function requireNumbers(op: string, operands: readonly Operand[]): void {
  if (operands.some(({ dtype }) => dtype === "bool")) fail(op, operands, "has no meaning for truth values");
}

function requireFloat(op: string, operands: readonly Operand[]): void {
  if (operands.some(({ dtype }) => dtype !== "float32" && dtype !== "float64"))
    fail(op, operands, "needs floating-point numbers");
}

function broadcastAll(op: string, operands: readonly Operand[]): Shape {
  return operands
    .map((operand) => operand.shape)
    .reduce(
      (a, b) =>
        broadcast(a, b) ??
        fail(op, operands, `the shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`),
    );
}

export const unary: Rule<undefined> = (operands, _, op) => {
  if (op === "neg" || op === "abs") requireNumbers(op, operands);
  else requireFloat(op, operands);
  return [operands[0]];
};

export const arithmetic: Rule<undefined> = (operands, _, op) => {
  requireNumbers(op, operands);
  return [{ shape: broadcastAll(op, operands), dtype: sameDType(op, operands) }];
};

export const comparison: Rule<undefined> = (operands, _, op) => {
  sameDType(op, operands);
  return [{ shape: broadcastAll(op, operands), dtype: "bool" }];
};

export const logical: Rule<undefined> = (operands, _, op) => {
  if (operands.some(({ dtype }) => dtype !== "bool")) fail(op, operands, "needs truth values");
  return [{ shape: broadcastAll(op, operands), dtype: "bool" }];
};

export const reduction: Rule<{ axes: readonly number[] }> = (operands, { axes }, op) => {
  const [{ shape, dtype }] = operands;
  requireNumbers(op, operands);
  return [{ shape: shape.map((length, axis) => (axes.includes(axis) ? 1 : length)), dtype }];
};

export const argmax: Rule<Attributes["argmax"]> = (operands, { axis }, op) => {
  const [{ shape }] = operands;
  requireNumbers(op, operands);
  return [{ shape: shape.with(axis, 1), dtype: "int32" }];
};

export const cumulativeSum: Rule<Attributes["cumulativeSum"]> = (operands, _, op) => {
  requireNumbers(op, operands);
  return [operands[0]];
};

export const matmul: Rule<undefined> = (operands, _, op) => {
  const [a, b] = operands;
  requireFloat(op, operands);
  const dtype = sameDType(op, operands);
  if (a.shape.length < 2 || b.shape.length < 2) fail(op, operands, "both operands need at least two axes");
  if (!equalSizes(a.shape.at(-1)!, b.shape.at(-2)!)) {
    fail(op, operands, `${a.shape.at(-1)} columns meet ${b.shape.at(-2)} rows`);
  }
  const lead = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!lead) fail(op, operands, "the leading axes do not broadcast");
  return [{ shape: [...lead, a.shape.at(-2)!, b.shape.at(-1)!], dtype }];
};

export const contract: Rule<undefined> = (operands, _, op) => {
  const [a, b] = operands;
  if (!equalShapes(a.shape.slice(0, -1), b.shape.slice(0, -1)))
    fail(op, operands, "all axes but the last must be equal");
  return [{ shape: [a.shape.at(-1)!, b.shape.at(-1)!], dtype: sameDType(op, operands) }];
};

export const slice: Rule<Attributes["slice"]> = (operands, { axis, start, end, step }, op) => {
  const [{ shape, dtype }] = operands;
  if (!Number.isInteger(step) || step < 1)
    fail(op, operands, `a step of ${step} makes no sense: use a whole number of at least 1`);
  const length = subtractSizes(end, start);
  const beyond = subtractSizes(shape[axis], end);
  if (
    (typeof length === "number" && length < 0) ||
    (typeof start === "number" && start < 0) ||
    (typeof beyond === "number" && beyond < 0)
  ) {
    fail(op, operands, `${start} to ${end} lies outside axis ${axis}`);
  }
  return [{ shape: shape.with(axis, ceilDivide(length, step)), dtype }];
};

export const concat: Rule<Attributes["concat"]> = (operands, { axis }, op) => {
  const dtype = sameDType(op, operands);
  const [first] = operands;
  const others = ({ shape }: Operand) => shape.filter((_, along) => along !== axis);
  const alike = operands.every((one) => one.shape.length > axis && equalShapes(others(one), others(first)));
  if (!alike) fail(op, operands, `the shapes may differ in axis ${axis} alone`);
  const length = operands.map(({ shape }) => shape[axis]).reduce(addSizes);
  return [{ shape: first.shape.with(axis, length), dtype }];
};

export const split: Rule<Attributes["split"]> = (operands, { axis, sizes }, op) => {
  const [{ shape, dtype }] = operands;
  if (sizes.length === 0) fail(op, operands, "needs at least one part");
  if (!equalSizes(sizes.reduce(addSizes), shape[axis]))
    fail(op, operands, `parts of ${sizes.join(" + ")} do not make up axis ${axis}`);
  return sizes.map((length) => ({ shape: shape.with(axis, length), dtype }));
};

export const gather: Rule<Attributes["gather"]> = (operands, { axis }, op) => {
  const [data, indices] = operands;
  if (indices.dtype !== "int32") fail(op, operands, "indices must be int32");
  return [
    {
      shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)],
      dtype: data.dtype,
    },
  ];
};

/** The reverse of gather: [.., indices' axes, ..] → [.., size, ..], values that meet are added. */
export const scatterAdd: Rule<Attributes["scatterAdd"]> = (operands, { axis, size }, op) => {
  const [indices, updates] = operands;
  const end = axis + indices.shape.length;
  if (indices.dtype !== "int32") fail(op, operands, "indices must be int32");
  if (!equalShapes(updates.shape.slice(axis, end), indices.shape))
    fail(op, operands, `from axis ${axis} on, the updates must have the shape of the indices`);
  return [
    { shape: [...updates.shape.slice(0, axis), size, ...updates.shape.slice(end)], dtype: updates.dtype },
  ];
};

export const conv: Rule<Convolution> = (operands, { stride, dilation, before, after }, op) => {
  const [x, kernel] = operands;
  requireFloat(op, operands);
  const rank = x.shape.length - 2;
  if (rank < 1 || rank > 2 || kernel.shape.length !== rank + 2) {
    fail(
      op,
      operands,
      "needs [batch, channels, …positions] and [filters, channels, …kernel] with one or two axes of positions",
    );
  }
  if (!equalSizes(x.shape[1], kernel.shape[1]))
    fail(op, operands, `${x.shape[1]} channels meet filters of ${kernel.shape[1]}`);
  const positions = x.shape.slice(2).map((length, axis) => {
    const reach = addSizes(multiplySizes(subtractSizes(kernel.shape[axis + 2], 1), dilation[axis]), 1);
    const room = subtractSizes(addSizes(length, before[axis] + after[axis]), reach);
    if (typeof room === "number" && room < 0)
      fail(
        op,
        operands,
        `the kernel reaches over ${reach} positions, more than there are in axis ${axis + 2}`,
      );
    return addSizes(floorDivide(room, stride[axis]), 1);
  });
  return [{ shape: [x.shape[0], kernel.shape[0], ...positions], dtype: sameDType(op, operands) }];
};

export const where: Rule<undefined> = (operands, _, op) => {
  const [condition, ...choices] = operands;
  if (condition.dtype !== "bool") fail(op, operands, "the condition must be a truth value");
  return [{ shape: broadcastAll(op, operands), dtype: sameDType(op, operands, choices) }];
};

export const straightThrough: Rule<undefined> = (operands, _, op) => {
  if (!equalShapes(operands[0].shape, operands[1].shape))
    fail(op, operands, "value and surrogate differ in shape");
  return [{ shape: operands[0].shape, dtype: sameDType(op, operands) }];
};

export const reshape: Rule<Attributes["reshape"]> = (operands, { shape }, op) => {
  const [x] = operands;
  if (!equalSizes(volume(x.shape), volume(shape)))
    fail(op, operands, `${formatShape(shape)} holds another number of elements`);
  return [{ shape, dtype: x.dtype }];
};

export const expand: Rule<Attributes["expand"]> = (operands, { shape }, op) => {
  const [x] = operands;
  if (!equalShapes(broadcast(x.shape, shape) ?? [], shape))
    fail(op, operands, `does not expand to ${formatShape(shape)}`);
  return [{ shape, dtype: x.dtype }];
};

export const pad: Rule<Attributes["pad"]> = (operands, { before, after }, op) => {
  const [{ shape, dtype }] = operands;
  const padded = shape.map((length, axis) => addSizes(length, addSizes(before[axis], after[axis])));
  const gone = padded.findIndex((length) => typeof length === "number" && length < 0);
  if (gone >= 0)
    fail(op, operands, `borders of ${before[gone]} and ${after[gone]} cut more than axis ${gone} has`);
  return [{ shape: padded, dtype }];
};

export const inverseLogDet: Rule<undefined> = (operands, _, op) => {
  const [{ shape, dtype }] = operands;
  requireFloat(op, operands);
  if (shape.length !== 2 || !equalSizes(shape[0], shape[1])) fail(op, operands, "needs one square matrix");
  return [
    { shape, dtype },
    { shape: [], dtype },
  ];
};

/** Tensors as plain arrays, and the one way in which the reference walks over their elements. */
import type { Size } from "../dim.ts";
import type { AttributesOf, Operator } from "../operators.ts";
import type { Node } from "../value.ts";

/** A tensor of any type: its elements in row-major order, whole numbers for int32, 0 and 1 for bool. */
export interface ArrayTensor {
  shape: readonly number[];
  data: Float64Array;
}

/** One application of an operator to known operands. */
export interface Call<O extends Operator> {
  node: Node<O>;
  attributes: AttributesOf<O>;
  operands: readonly ArrayTensor[];
  /** The shapes of the node's results in this run. */
  shapes: readonly (readonly number[])[];
  sizeOf(size: Size): number;
}

/** Computes the results of an operator, one an entry of `shapes`. */
export type Kernel<O extends Operator> = (call: Call<O>) => Float64Array[];

/** How many elements a shape holds. */
export function count(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** How far apart neighbors along each axis lie. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/**
 * Where the elements of a view lie, in row-major order of its shape: start + Σ index × stride. With a
 * stride of 0 an axis repeats, with a negative one it runs backward.
 */
export function positions(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const all = new Int32Array(count(shape));
  if (all.length === 0) return all;
  all[0] = start;
  let known = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let index = 1; index < shape[axis]; index++) {
      const shift = index * strides[axis];
      for (let inner = 0; inner < known; inner++) all[index * known + inner] = all[inner] + shift;
    }
    known *= shape[axis];
  }
  return all;
}

/** The elements of a view, copied. */
export function read(
  data: Float64Array,
  shape: readonly number[],
  strides: readonly number[],
  start = 0,
): Float64Array {
  const places = positions(shape, strides, start);
  // A loop, for Float64Array.from calls a function for each element, and all that reads a view comes through here.
  const elements = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) elements[i] = data[places[i]];
  return elements;
}

/** The strides by which a tensor is read as if it had a shape that it broadcasts to. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : strides[axis - added]));
}

/** The elements of a tensor, broadcast; its own array where it has the shape already. */
export function broadcastTo({ shape, data }: ArrayTensor, to: readonly number[]): Float64Array {
  const same = shape.length === to.length && shape.every((length, axis) => length === to[axis]);
  return same ? data : read(data, to, broadcastStrides(shape, to));
}

/** A shape seen from one axis: how many elements go before it, along it, and after it. */
export function around(
  shape: readonly number[],
  axis: number,
): [outer: number, along: number, inner: number] {
  return [count(shape.slice(0, axis)), shape[axis], count(shape.slice(axis + 1))];
}

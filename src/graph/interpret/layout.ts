/** Operators that move elements, and those that make them from nothing. */
import { InputError } from "../errors.ts";
import { around, broadcastTo, count, type Kernel, positions, read, stridesOf } from "./array-tensor.ts";

const constant: Kernel<"constant"> = ({ attributes: { data } }) => [data];

const iota: Kernel<"iota"> = ({ shapes: [[length]] }) => [Float64Array.from({ length }, (_, index) => index)];

const extent: Kernel<"extent"> = ({ attributes: { size }, sizeOf }) => [Float64Array.of(sizeOf(size))];

const transpose: Kernel<"transpose"> = ({ operands: [x], attributes: { order }, shapes: [shape] }) => {
  const strides = stridesOf(x.shape);
  return [
    read(
      x.data,
      shape,
      order.map((axis) => strides[axis]),
    ),
  ];
};

const reshape: Kernel<"reshape"> = ({ operands: [x] }) => [x.data];

const expand: Kernel<"expand"> = ({ operands: [x], shapes: [shape] }) => [broadcastTo(x, shape)];

const slice: Kernel<"slice"> = ({
  operands: [x],
  attributes: { axis, start, step },
  shapes: [shape],
  sizeOf,
}) => {
  const strides = stridesOf(x.shape);
  const first = sizeOf(start) * strides[axis];
  return [read(x.data, shape, strides.with(axis, step * strides[axis]), first)];
};

const flip: Kernel<"flip"> = ({ operands: [x], attributes: { axis }, shapes: [shape] }) => {
  const strides = stridesOf(x.shape);
  const last = (shape[axis] - 1) * strides[axis];
  return [read(x.data, shape, strides.with(axis, -strides[axis]), last)];
};

const pad: Kernel<"pad"> = ({ operands: [x], attributes, shapes: [shape], sizeOf }) => {
  const [before, after] = [attributes.before, attributes.after].map((borders) => borders.map(sizeOf));
  const whole = x.shape.map((length, axis) => length + Math.max(before[axis], 0) + Math.max(after[axis], 0));
  const strides = stridesOf(whole);
  const offset = (borders: readonly number[]) =>
    borders.reduce((sum, border, axis) => sum + Math.max(border, 0) * strides[axis], 0);

  const padded = new Float64Array(count(whole)).fill(attributes.value);
  const places = positions(x.shape, strides, offset(before));
  for (let i = 0; i < places.length; i++) padded[places[i]] = x.data[i];
  return [read(padded, shape, strides, offset(before.map((border) => -border)))];
};

const concat: Kernel<"concat"> = ({ operands, attributes: { axis }, shapes: [shape] }) => {
  const result = new Float64Array(count(shape));
  const strides = stridesOf(shape);
  let start = 0;
  for (const { shape, data } of operands) {
    const places = positions(shape, strides, start);
    for (let i = 0; i < places.length; i++) result[places[i]] = data[i];
    start += shape[axis] * strides[axis];
  }
  return [result];
};

const split: Kernel<"split"> = ({ operands: [x], attributes: { axis }, shapes }) => {
  const strides = stridesOf(x.shape);
  let start = 0;
  return shapes.map((shape) => {
    const part = read(x.data, shape, strides, start);
    start += shape[axis] * strides[axis];
    return part;
  });
};

const gather: Kernel<"gather"> = ({ operands: [x, indices], attributes: { axis }, shapes: [shape] }) => {
  const [outer, along, inner] = around(x.shape, axis);
  const result = new Float64Array(count(shape));
  checkIndices("gather", indices.data, along);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices.data) {
      const from = (o * along + index) * inner;
      result.set(x.data.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return [result];
};

const scatterAdd: Kernel<"scatterAdd"> = ({
  operands: [indices, updates],
  attributes: { axis },
  shapes: [shape],
}) => {
  const [outer, along, inner] = around(shape, axis);
  const result = new Float64Array(count(shape));
  checkIndices("scatterAdd", indices.data, along);
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices.data) {
      const to = (o * along + index) * inner;
      for (let i = 0; i < inner; i++) result[to + i] += updates.data[from++];
    }
  }
  return [result];
};

function checkIndices(op: string, indices: Float64Array, length: number): void {
  const bad = indices.find((index) => !(index >= 0 && index < length));
  if (bad !== undefined)
    throw new InputError(`${op}: index ${bad} is out of range for an axis of ${length} (0 to ${length - 1})`);
}

export const layout = {
  constant,
  iota,
  extent,
  transpose,
  reshape,
  expand,
  slice,
  flip,
  pad,
  concat,
  split,
  gather,
  scatterAdd,
};

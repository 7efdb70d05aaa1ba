/** Numbers of other libraries' weights, brought into our layouts. */
import { InputError } from "../../graph/errors.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";

/** A tensor's numbers in float32. */
export function floats(tensor: StoredTensor, label: string): Float32Array {
  if (tensor.dtype === "float32") return tensor.data;
  if (tensor.dtype === "float64") return Float32Array.from(tensor.data);
  throw new InputError(`${label} holds ${tensor.dtype}, not floating-point numbers`);
}

/** A matrix [rows, columns] as [columns, rows]. */
export function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = data[row * columns + column];
  return result;
}

/** The sum of lists of one length. */
export function added(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((one, index) => one + b[index]);
}

/** A matrix whose columns are blocks of equal width, with some of the blocks, in this order: [rows, width × order]. */
export function columnBlocks(
  data: Float32Array,
  width: number,
  from: number,
  order: readonly number[],
): Float32Array {
  const rows = data.length / (width * from);
  const result = new Float32Array(rows * width * order.length);
  for (let row = 0; row < rows; row++)
    order.forEach((block, place) => {
      const start = (row * from + block) * width;
      result.set(data.subarray(start, start + width), (row * order.length + place) * width);
    });
  return result;
}

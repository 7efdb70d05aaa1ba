/** Tensors that enter and leave a session: plain typed arrays, row-major. */
import { InputError } from "../graph/errors.ts";
import type { DType } from "../graph/shape.ts";

export interface TensorData {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  bool: Uint8Array;
}

export interface Tensor<T extends DType = DType> {
  dtype: T;
  dims: readonly number[];
  data: TensorData[T];
}

/**
 * A tensor of given dimensions. Numbers are copied into a typed array unless they are in the right one.
 *
 * ```ts
 * tensor([1, 2, 3, 4, 5, 6], [2, 3]);
 * ```
 */
export function tensor<T extends DType = "float32">(
  numbers: ArrayLike<number>,
  dims: readonly number[] = [numbers.length],
  dtype: T = "float32" as T,
): Tensor<T> {
  const count = dims.reduce((a, b) => a * b, 1);
  if (count !== numbers.length)
    throw new InputError(`tensor: ${numbers.length} numbers do not fill [${dims}], which needs ${count}`);
  const type = arrays[dtype];
  return { dtype, dims, data: (numbers instanceof type ? numbers : type.from(numbers)) as TensorData[T] };
}

/** One number. */
export function scalar<T extends DType = "float32">(number: number, dtype: T = "float32" as T): Tensor<T> {
  return tensor([number], [], dtype);
}

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

/** Whether an array is the one that a type's numbers are kept in. */
export function holds(dtype: DType, data: unknown): boolean {
  return data instanceof arrays[dtype];
}

import { expect, test } from "vitest";
import { InputError } from "../graph/errors.ts";
import { checkFinite } from "./finite.ts";
import type { StoredTensor } from "./safetensors.ts";

const matrix = (...numbers: number[]): StoredTensor => ({
  dtype: "float32",
  dims: [2, 3],
  data: Float32Array.of(...numbers),
});

test.each([
  [[0, 0, 0, 0, 0, Number.NaN], '"layer.input" holds NaN at [1, 2]'],
  [[0, Number.POSITIVE_INFINITY, 0, Number.NaN, 0, 0], '"layer.input" holds Infinity at [0, 1]'],
  [[0, 0, 0, Number.NEGATIVE_INFINITY, 0, 0], '"layer.input" holds -Infinity at [1, 0]'],
])("weights that are not finite are refused with their place: %j", (numbers, message) => {
  const tensors = new Map([
    ["layer.bias", matrix(1, 2, 3, 4, 5, 6)],
    ["layer.input", matrix(...numbers)],
  ]);
  expect(() => checkFinite("model.safetensors", tensors)).toThrow(InputError);
  expect(() => checkFinite("model.safetensors", tensors)).toThrow(`model.safetensors: ${message}`);
});

test("weights that are finite pass, of whatever type and size", () => {
  const tensors: [string, StoredTensor][] = [
    ["float32", matrix(1, -2, 3e38, 1e-45, 0, -0)],
    ["float64", { dtype: "float64", dims: [1], data: Float64Array.of(1e300) }],
    ["int32", { dtype: "int32", dims: [1], data: Int32Array.of(7) }],
    ["int64", { dtype: "int64", dims: [1], data: BigInt64Array.of(7n) }],
    ["empty", { dtype: "float32", dims: [0, 3], data: new Float32Array(0) }],
  ];
  expect(() => checkFinite("model.safetensors", tensors)).not.toThrow();
});

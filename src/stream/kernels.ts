/** The WebAssembly kernels of `kernels/`: loading them, and what each is given. */
import { binary } from "./kernels.generated.ts";

/** Of JavaScript's WebAssembly, what is used here: the compiler knows it only together with a browser's page. */
interface WebAssemblyParts {
  compile(binary: Uint8Array): Promise<CompiledKernels>;
  Instance: new (module: CompiledKernels, imports: object) => { exports: unknown };
  Memory: new (pages: { initial: number }) => KernelsAndMemory["memory"];
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyParts };

/** The kernels, compiled: a WebAssembly.Module. */
export type CompiledKernels = object;

/** y = f(x), number by number; y may be x. Addresses are bytes, n counts float32. */
type Map = (x: number, y: number, n: number) => void;
/** y = f(a, b), number by number; y may be an operand. `single` tells which is one number for all: bit 0 a, bit 1 b. */
type Zip = (a: number, b: number, y: number, n: number, single: number) => void;
/** One number from a vector. */
type Reduction = (x: number, n: number) => number;

/** What the module exports; `kernels/*.ts` documents every one. */
export interface Kernels {
  /** The first address that the module leaves free. */
  heapBase: { value: number };
  dense(w: number, x: number, y: number, rows: number, columns: number): void;
  collect(x: number, held: number, n: number, threshold: number, indices: number, values: number): number;
  delta(w: number, indices: number, values: number, count: number, y: number, rows: number): void;
  rebuild(w: number, held: number, y: number, rows: number, columns: number, from: number, to: number): void;
  quantize(x: number, q: number, n: number, inverseStep: number, limit: number): void;
  denseInt8(w: number, q: number, y: number, rows: number, columns: number): void;
  collectInt8(q: number, held: number, n: number, threshold: number, indices: number, values: number): number;
  deltaInt8(w: number, indices: number, values: number, count: number, y: number, rows: number): void;
  dequantize(sums: number, rowScales: number, step: number, y: number, rows: number): void;
  tanh: Map;
  sigmoid: Map;
  exp: Map;
  log: Map;
  relu: Map;
  neg: Map;
  abs: Map;
  sqrt: Map;
  trunc: Map;
  floor: Map;
  add: Zip;
  sub: Zip;
  mul: Zip;
  div: Zip;
  maximum: Zip;
  minimum: Zip;
  less: Zip;
  equal: Zip;
  pow: Zip;
  where(condition: number, a: number, b: number, y: number, n: number, single: number): void;
  copy(x: number, y: number, n: number): void;
  fill(y: number, value: number, n: number): void;
  gather(x: number, table: number, y: number, n: number): void;
  scatterAdd(x: number, table: number, y: number, n: number): void;
  flush(x: number, n: number): void;
  sum: Reduction;
  max: Reduction;
  largest: Reduction;
  argmax: Reduction;
  finite: Reduction;
  /** Runs the instructions from one address to another: 0, or 1 where an index was out of range. */
  run(from: number, to: number, program: number, stream: number): number;
}

/** Kernels over one memory. */
export interface KernelsAndMemory {
  kernels: Kernels;
  memory: { buffer: ArrayBuffer; grow(pages: number): number };
}

/** Rows of packed weights, and the numbers of the vectors that they make, are a multiple of this. */
export const rowBlock = 16;

/** The largest activation of the int8 kernels: 13 bits and a sign, so that differences fit in 16 bits. */
const largestActivation = 8191;

let compiled: Promise<CompiledKernels> | undefined;

/** Compiles the kernels, once; a browser's main thread may not do so at once. */
export function loadKernels(): Promise<CompiledKernels> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(binary), (letter) => letter.charCodeAt(0)));
  return compiled;
}

/**
 * Kernels over a memory of their own.
 *
 * @param bytes how much of the memory the caller uses; its first free address is `kernels.heapBase`.
 */
export function createKernels(module: CompiledKernels, bytes: number): KernelsAndMemory {
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / 65_536)) });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { kernels: exports as unknown as Kernels, memory };
}

/** `rows` with those that packing adds. */
export const paddedRows = (rows: number): number => Math.ceil(rows / rowBlock) * rowBlock;

/** The largest activation at which no sum of `columns` products with int8 weights can pass 32 bits. */
export function activationLimit(columns: number): number {
  return Math.min(largestActivation, Math.floor((2 ** 31 - 1) / (127 * columns)));
}

/**
 * Weights for `dense`.
 *
 * @param weights [columns, rows], as a product x W reads them.
 * @returns [panels of 16 rows, columns, 16]; rows beyond the last are 0.
 */
export function packDense(weights: Float32Array, columns: number, rows: number): Float32Array {
  const packed = new Float32Array(columns * paddedRows(rows));
  eachWeight(columns, rows, (column, row) => {
    packed[densePlace(column, row, columns)] = weights[column * rows + row];
  });
  return packed;
}

const densePlace = (column: number, row: number, columns: number) =>
  (Math.floor(row / rowBlock) * columns + column) * rowBlock + (row % rowBlock);

/**
 * Weights for `delta` and `rebuild`.
 *
 * @param weights [columns, rows].
 * @returns [columns, padded rows].
 */
export function packColumns(weights: Float32Array, columns: number, rows: number): Float32Array {
  const packed = new Float32Array(columns * paddedRows(rows));
  for (let column = 0; column < columns; column++)
    packed.set(weights.subarray(column * rows, (column + 1) * rows), column * paddedRows(rows));
  return packed;
}

/** Weights in int8 with a scale a row: weight = whole number × scale of its row. */
export interface Int8Weights {
  /** Two rows together in 16 bits, as `kernels/int8.ts` says. */
  packed: Int8Array;
  /** [padded rows]. */
  scales: Float32Array;
}

/**
 * Weights for `denseInt8`.
 *
 * @param weights [columns, rows].
 * @returns `packed` [panels of 16 rows, pairs of columns, 8, 2 columns, rows r and r + 8].
 */
export function packDenseInt8(weights: Float32Array, columns: number, rows: number): Int8Weights {
  const pairs = Math.ceil(columns / 2);
  return packInt8(weights, columns, rows, pairs * 2 * paddedRows(rows), (column, row) => {
    const pair = Math.floor(row / rowBlock) * pairs + (column >> 1);
    return pair * 2 * rowBlock + 4 * (row % 8) + 2 * (column % 2) + upper(row);
  });
}

/**
 * Weights for `deltaInt8`.
 *
 * @param weights [columns, rows].
 * @returns `packed` [columns, blocks of 16 rows, 8, rows r and r + 8].
 */
export function packColumnsInt8(weights: Float32Array, columns: number, rows: number): Int8Weights {
  const height = paddedRows(rows);
  return packInt8(weights, columns, rows, columns * height, (column, row) => {
    const block = Math.floor(row / rowBlock);
    return column * height + block * rowBlock + 2 * (row % 8) + upper(row);
  });
}

/** Whether a row is the upper one of two that stand together. */
const upper = (row: number) => (row >> 3) & 1;

/** The lower of two rows, at even places, is kept as 128 more, modulo 256. */
function packInt8(
  weights: Float32Array,
  columns: number,
  rows: number,
  length: number,
  place: (column: number, row: number) => number,
): Int8Weights {
  const scales = new Float32Array(paddedRows(rows));
  eachWeight(columns, rows, (column, row) => {
    scales[row] = Math.max(scales[row], Math.abs(weights[column * rows + row]) / 127);
  });
  const packed = new Int8Array(length);
  for (let at = 0; at < length; at += 2) packed[at] = 128;
  eachWeight(columns, rows, (column, row) => {
    const scaled = scales[row] === 0 ? 0 : weights[column * rows + row] / scales[row];
    packed[place(column, row)] += Math.max(-127, Math.min(127, Math.round(scaled)));
  });
  return { packed, scales };
}

function eachWeight(columns: number, rows: number, visit: (column: number, row: number) => void): void {
  for (let column = 0; column < columns; column++) for (let row = 0; row < rows; row++) visit(column, row);
}

/** Products with fixed matrices: what `matmul` and `conv` with weights are to a stream. */
import { positions } from "../graph/interpret/array-tensor.ts";
import type { Convolution } from "../graph/operators.ts";
import type { Node, Value } from "../graph/value.ts";
import { type Assembly, count, shapeOf } from "./assembly.ts";
import { type Known, weightsIn } from "./known.ts";
import { newBuffer, type View, viewOf } from "./listing.ts";

/** One matrix times `count` vectors. */
export interface Product {
  node: Node;
  /** The matrix, of which each column lies in one piece: [column][rows]. */
  matrix: () => Float32Array;
  rows: number;
  columns: number;
  count: number;
  /** Whether the result is [rows, count] instead of [count, rows]. */
  transposed: boolean;
  /** The paths of the weights that the matrix is made of. */
  weights: readonly string[];
  /** Brings the vectors in order, [count, columns]. */
  vectors: (assembly: Assembly) => View;
}

export const sameLayout = (a: Product, b: Product): boolean =>
  a.rows === b.rows && a.count === b.count && (a.transposed === b.transposed || a.count === 1);

/** The product that a node is, if one operand of it is the same at every step, and the other isn't. */
export function productOf(node: Node, known: Known): Product | undefined {
  if (!node.is("matmul") && !node.is("conv")) return undefined;
  const [a, b] = node.operands;
  if (known.has(a) === known.has(b)) return undefined;
  if (node.is("conv")) return known.has(b) && a.shape[0] === 1 ? convolution(node, known) : undefined;
  const lead = (value: Value) => count(shapeOf(value).slice(0, -2));
  if (known.has(b)) return lead(b) === 1 ? fromRight(node, known) : undefined;
  return lead(a) === 1 && lead(b) === 1 ? fromLeft(node, known) : undefined;
}

/** vectors [… , columns] × matrix [columns, rows] */
function fromRight(node: Node<"matmul">, known: Known): Product {
  const [x, matrix] = node.operands;
  const [columns, rows] = shapeOf(matrix).slice(-2);
  return {
    node,
    matrix: () => Float32Array.from(known.numbers(matrix)),
    rows,
    columns,
    count: count(shapeOf(x).slice(0, -1)),
    transposed: false,
    weights: weightsIn(matrix),
    vectors: (assembly) => assembly.view(x),
  };
}

/** matrix [rows, columns] × vectors [columns, count] */
function fromLeft(node: Node<"matmul">, known: Known): Product {
  const [matrix, x] = node.operands;
  const [rows, columns] = shapeOf(matrix).slice(-2);
  const vectors = shapeOf(x).at(-1)!;
  return {
    node,
    matrix: () => transpose(known.numbers(matrix), rows, columns),
    rows,
    columns,
    count: vectors,
    transposed: true,
    weights: weightsIn(matrix),
    vectors: (assembly) => (vectors === 1 ? assembly.view(x) : arrange(assembly, x, swap(columns, vectors))),
  };
}

/** Each position's surroundings are a vector, and the kernel a matrix [filters, channels × reach]. */
function convolution(node: Node<"conv">, known: Known): Product {
  const [x, kernel] = node.operands;
  const rows = shapeOf(kernel)[0];
  const columns = count(shapeOf(kernel).slice(1));
  const places = shapeOf(node.results[0]).slice(2);
  const vectors = count(places);
  return {
    node,
    matrix: () => transpose(known.numbers(kernel), rows, columns),
    rows,
    columns,
    count: vectors,
    transposed: true,
    weights: weightsIn(kernel),
    vectors: (assembly) => {
      const table = surroundings(shapeOf(x), shapeOf(kernel), places, node.attributes);
      const same = table.every((from, at) => from === at) && table.length === count(shapeOf(x));
      return same ? assembly.view(x) : arrange(assembly, x, table);
    },
  };
}

/** Where each number of each position's surroundings lies in x [1, channels, …positions]; −1 beyond its borders. */
function surroundings(
  from: readonly number[],
  kernel: readonly number[],
  places: readonly number[],
  { stride, dilation, before }: Convolution,
): Int32Array {
  const [, channels, ...sizes] = from;
  const reach = kernel.slice(2);
  const table = new Int32Array(count(places) * channels * count(reach));
  let at = 0;
  for (const place of indices(places))
    for (let channel = 0; channel < channels; channel++)
      for (const offset of indices(reach)) {
        const where = place.map((p, axis) => p * stride[axis] + offset[axis] * dilation[axis] - before[axis]);
        const inside = where.every((one, axis) => one >= 0 && one < sizes[axis]);
        table[at++] = inside ? where.reduce((index, one, axis) => index * sizes[axis] + one, channel) : -1;
      }
  return table;
}

function indices(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((before) => Array.from({ length: size }, (_, index) => [...before, index])),
    [[]],
  );
}

/** The table that turns [rows, columns] into [columns, rows]. */
export const swap = (rows: number, columns: number): Int32Array => positions([columns, rows], [1, columns]);

function transpose(data: ArrayLike<number>, rows: number, columns: number): Float32Array {
  return Float32Array.from(swap(rows, columns), (from) => data[from]);
}

/** A value's numbers in another order, with another number where the table has −1. */
export function arrange(assembly: Assembly, x: Value, table: Int32Array, value = 0): View {
  return arrangeView(assembly, assembly.view(x), count(shapeOf(x)), table, value);
}

export function arrangeView(
  { listing }: Assembly,
  x: View,
  among: number,
  table: Int32Array,
  value = 0,
): View {
  const y = listing.scratch(table.length);
  const places = viewOf(newBuffer("image", table.byteLength, "int32", table));
  listing.emit("arrange", { x, among, table: places, y, n: table.length, value }, "moves");
  return y;
}

/** Sums of products as instructions: dense or by differences, in float32 or int8. */
import { type Assembly, volumeOf } from "./assembly.ts";
import { spread } from "./emit-elementwise.ts";
import { listBytes } from "./instructions.ts";
import {
  activationLimit,
  packColumns,
  packColumnsInt8,
  packDense,
  packDenseInt8,
  paddedRows,
} from "./kernels.ts";
import { type Buffer, type Instruction, newBuffer, shifted, type View, viewOf } from "./listing.ts";
import { arrangeView, type Product, swap } from "./products.ts";
import type { Sum } from "./sums.ts";

/** What profiles tell of a product. */
export interface ProductEntry {
  weights: readonly string[];
  columns: number;
  rows: number;
  /** How many vectors it takes a step. */
  count: number;
  threshold?: number;
  /** Where each stream counts the inputs that changed: one counter a vector. */
  counters: readonly Buffer[];
}

/** The rows of an accumulator that are rebuilt at a time. */
const stripRows = 32;

/** What activations begin to be measured by; it doubles until they fit. */
const smallestRange = 2 ** -6;

/** Writes sums. Products that read the same vectors share what is listed and what is quantized of them. */
export class SumWriter {
  readonly entries: ProductEntry[] = [];
  private readonly assembly: Assembly;
  private readonly shared = new Map<Buffer, Map<string, Inputs>>();

  constructor(assembly: Assembly) {
    this.assembly = assembly;
  }

  write(sum: Sum): void {
    const { products } = sum;
    const [{ rows, count: vectors }] = products;
    const height = paddedRows(rows);
    const { bias = [], terms } = this.splitTerms(sum, rows, vectors);
    const begin = this.assembly.listing.constants(filledUp(bias, height));
    const differing = this.int8 ? [] : products.filter((product) => this.threshold(product) !== undefined);
    const others = products.filter((product) => !differing.includes(product));
    const kept = differing.length > 0 ? this.accumulate(differing, begin, height) : undefined;
    const summed = others.length > 0 ? this.addAll(others, { kept, begin, height }) : kept!;
    this.finish(sum, summed, terms, height);
  }

  private get int8(): boolean {
    return this.assembly.options.weights === "int8";
  }

  /** Adds products to the sums that are kept of others, or to what every sum begins with. */
  private addAll(
    products: readonly Product[],
    { kept, begin, height }: { kept?: View; begin: View; height: number },
  ): View {
    const { listing } = this.assembly;
    const [{ count: vectors }] = products;
    const y = listing.scratch(height * vectors);
    // Several vectors go on from sums of their own: these are copied first.
    const copies = kept && vectors > 1;
    if (copies) listing.emit("copy", { x: kept, y, n: height * vectors }, "moves");
    let from = copies ? y : (kept ?? begin);
    for (const product of products) {
      if (this.int8) this.addInt8(product, from, y, height);
      else this.addDense(product, from, y, height);
      from = y;
    }
    return y;
  }

  private threshold({ weights }: Product): number | undefined {
    const { thresholds } = this.assembly.options;
    const path = weights.find((path) => Object.hasOwn(thresholds, path));
    return path === undefined ? undefined : thresholds[path];
  }

  /** The known terms as one vector that every result begins with, if there is one, and the terms that are left. */
  private splitTerms(sum: Sum, rows: number, vectors: number): { bias?: Float64Array; terms: Sum["terms"] } {
    const { assembly } = this;
    const known = sum.terms.filter(({ value }) => assembly.known.has(value));
    if (known.length === 0) return { terms: sum.terms };
    const total = new Float64Array(rows * vectors);
    for (const { value, shape } of known)
      assembly.constant(value, shape).forEach((number, at) => {
        total[at] += number;
      });
    const perVector = sum.products[0].transposed ? permuted(total, swap(rows, vectors)) : total;
    const bias = perVector.slice(0, rows);
    const alike = perVector.every((number, at) => number === bias[at % rows]);
    if (!alike) return { terms: sum.terms };
    return { bias, terms: sum.terms.filter((term) => !known.includes(term)) };
  }

  private addDense(product: Product, from: View, y: View, height: number): void {
    const { matrix, rows, columns, count: vectors } = product;
    const packed = packDense(matrix(), columns, rows);
    const w = viewOf(newBuffer("image", packed.byteLength, "float32", packed));
    const x = product.vectors(this.assembly);
    this.entries.push({ weights: product.weights, columns, rows, count: vectors, counters: [] });
    const fields = { w, x, from, y, rows: height, columns, count: vectors };
    this.assembly.listing.emit("dense", fields, groupOf(product));
  }

  /** Products by differences: all add to one accumulator a vector, which begins as the bias and is kept. */
  private accumulate(products: readonly Product[], bias: View, height: number): View {
    const { listing } = this.assembly;
    const [{ count: vectors }] = products;
    const begin = new Float32Array(height * vectors);
    const once = new Float32Array(bias.buffer.data!.buffer, bias.buffer.data!.byteOffset, height);
    for (let vector = 0; vector < vectors; vector++) begin.set(once, vector * height);
    const sums = viewOf(newBuffer("stream", begin.byteLength, "float32", begin));
    const read: { w: View; held: View; columns: number; vector: number }[] = [];
    for (const product of products) {
      const { rows, columns } = product;
      const threshold = this.threshold(product)!;
      const packed = packColumns(product.matrix(), columns, rows);
      const w = viewOf(newBuffer("image", packed.byteLength, "float32", packed));
      const inputs = this.changes(product, threshold);
      inputs.forEach(({ list, held }, vector) => {
        const y = shifted(sums, 4 * height * vector);
        listing.emit("delta", { w, list, y, rows: height, columns }, groupOf(product));
        read.push({ w, held, columns, vector });
      });
      const counters = inputs.map(({ counter }) => counter.buffer);
      this.entries.push({ weights: product.weights, columns, rows, count: vectors, threshold, counters });
    }
    for (let vector = 0; vector < vectors; vector++)
      for (let first = 0; first < height; first += stripRows)
        listing.maintenance.push(
          strip({ first, last: Math.min(first + stripRows, height), height }, bias, {
            y: shifted(sums, 4 * height * vector),
            read: read.filter((one) => one.vector === vector),
          }),
        );
    return sums;
  }

  private addInt8(product: Product, from: View, y: View, height: number): void {
    const { listing } = this.assembly;
    const threshold = this.threshold(product);
    const { rows, columns, count: vectors } = product;
    const pack = threshold === undefined ? packDenseInt8 : packColumnsInt8;
    const { packed, scales } = pack(product.matrix(), columns, rows);
    const w = viewOf(newBuffer("image", packed.byteLength, "float32", packed));
    const scaled = listing.constants(scales);
    const group = groupOf(product);
    const inputs = threshold === undefined ? this.quantized(product) : this.changes(product, threshold);
    inputs.forEach(({ step, list, q }, vector) => {
      const place = threshold === undefined ? "scratch" : "stream";
      const sums = viewOf(newBuffer(place, 4 * height, "int32"));
      if (threshold === undefined) listing.emit("denseInt8", { w, q, sums, rows: height, columns }, group);
      else listing.emit("deltaInt8", { w, list, sums, rows: height, columns }, group);
      const to = shifted(y, 4 * height * vector);
      const begin = from === y ? to : from;
      listing.emit("dequantize", { sums, scales: scaled, step, from: begin, y: to, rows: height }, group);
    });
    const counters = threshold === undefined ? [] : inputs.map(({ counter }) => counter.buffer);
    this.entries.push({ weights: product.weights, columns, rows, count: vectors, threshold, counters });
  }

  /** Lists what changed of a product's vectors. */
  private changes(product: Product, threshold: number): Inputs {
    return this.share(product, `changed by ${threshold}`, (x) => {
      const { listing } = this.assembly;
      const n = product.columns;
      const list = viewOf(newBuffer("list", listBytes(n)));
      const held = viewOf(
        newBuffer("stream", this.int8 ? 2 * (n + (n % 2)) : 4 * n, this.int8 ? "int16" : "float32"),
      );
      const counter = viewOf(newBuffer("stream", 8, "count"));
      const step = firstStep(n);
      const q = listing.scratch(Math.ceil(n / 2));
      const common = { x, held, n, threshold, list, counter };
      if (this.int8)
        listing.emit("collectInt8", { ...common, q, step, limit: activationLimit(n) }, groupOf(product));
      else listing.emit("collect", common, groupOf(product));
      return { list, held, counter, step, q };
    });
  }

  private quantized(product: Product): Inputs {
    return this.share(product, "quantized", (x) => {
      const { listing } = this.assembly;
      const n = product.columns;
      const q = listing.scratch(Math.ceil(n / 2));
      const step = firstStep(n);
      listing.emit("quantize", { x, q, n, step, limit: activationLimit(n) }, groupOf(product));
      return { q, step, list: q, held: q, counter: q };
    });
  }

  private share(product: Product, how: string, make: (x: View) => Inputs[number]): Inputs {
    const x = product.vectors(this.assembly);
    const of = this.shared.get(x.buffer) ?? new Map<string, Inputs>();
    this.shared.set(x.buffer, of);
    const key = `${how}: ${product.count} × ${product.columns} at ${x.offset}`;
    const known = of.get(key);
    if (known) return known;
    const inputs = Array.from({ length: product.count }, (_, at) =>
      make(shifted(x, 4 * product.columns * at)),
    );
    of.set(key, inputs);
    return inputs;
  }

  /** Brings the result into its own order, and adds the other terms. */
  private finish(sum: Sum, summed: View, terms: Sum["terms"], height: number): void {
    const { assembly } = this;
    const { listing } = assembly;
    const [{ rows, count: vectors, transposed }] = sum.products;
    let result = summed;
    if (vectors > 1 && (transposed || height !== rows)) {
      const table = transposed
        ? Int32Array.from(
            { length: rows * vectors },
            (_, at) => (at % vectors) * height + Math.floor(at / vectors),
          )
        : Int32Array.from(
            { length: rows * vectors },
            (_, at) => Math.floor(at / rows) * height + (at % rows),
          );
      result = arrangeView(assembly, result, height * vectors, table);
    }
    const n = volumeOf(sum.value);
    for (const { value, shape } of terms) {
      const { view: b, single } = spread(assembly, value, shape);
      const y = listing.scratch(n);
      listing.emit("add", { a: result, b, y, n, single: single ? 2 : 0 }, "arithmetic");
      result = y;
    }
    assembly.set(sum.value, result);
  }
}

/** What a step has found of each vector of a product. */
type Inputs = { list: View; held: View; counter: View; step: View; q: View }[];

const groupOf = ({ weights }: Product): string => weights[0] ?? "constant matrix";

function firstStep(columns: number): View {
  return viewOf(newBuffer("stream", 4, "step", Float32Array.of(smallestRange / activationLimit(columns))));
}

/** Some rows of an accumulator, summed anew from what is held. */
function strip(
  { first, last, height }: { first: number; last: number; height: number },
  bias: View,
  { y, read }: { y: View; read: readonly { w: View; held: View; columns: number }[] },
): Instruction[] {
  const fields = { x: shifted(bias, 4 * first), y: shifted(y, 4 * first), n: last - first };
  return [
    { name: "copy", fields, group: "maintenance" },
    ...read.map(({ w, held, columns }): Instruction => {
      return {
        name: "rebuild",
        fields: { w, held, y, rows: height, columns, first, last },
        group: "maintenance",
      };
    }),
  ];
}

function filledUp(numbers: ArrayLike<number>, length: number): Float32Array {
  const filled = new Float32Array(length);
  filled.set(numbers);
  return filled;
}

function permuted(numbers: Float64Array, table: Int32Array): Float64Array {
  return Float64Array.from(table, (from) => numbers[from]);
}

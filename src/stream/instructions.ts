/**
 * The instructions of stream programs: their numbers, their fields, and what memory each touches. The compiler, the
 * checks of programs from outside and the interpreter (`kernels/run.ts`) go by this one table.
 *
 * An instruction is a word for its number and one for each field. An address counts from the beginning of the program's
 * memory, or, with its lowest bit set, from the beginning of a stream's own.
 */

/** A field that holds an address, or one that holds a whole number or a float. */
export type Field = string;
export type Numbers = Readonly<Record<Field, number>>;

/** A stretch of memory that an instruction reads or writes. */
export interface Touch {
  field: Field;
  bytes: number;
  /** Reads come before writes, except that the instruction may write a number just where it read it if both are `inPlace`. */
  writes?: boolean;
  inPlace?: boolean;
}

export interface Form {
  fields: readonly Field[];
  touches: (fields: Numbers) => Touch[];
  /** How many numbers it goes through, roughly. */
  work: (fields: Numbers) => number;
}

/** Fields that hold addresses in every instruction, and fields that hold floats. All others hold whole numbers from 0. */
export const addressFields: ReadonlySet<Field> = new Set([
  ...["x", "y", "a", "b", "w", "from", "table", "condition", "indices", "held", "list", "counter"],
  ...["q", "step", "sums", "scales"],
]);
export const floatFields: ReadonlySet<Field> = new Set(["value", "threshold"]);

const reads = (field: Field, bytes: number): Touch => ({ field, bytes });
const writes = (field: Field, bytes: number): Touch => ({ field, bytes, writes: true });
const inPlace = (touch: Touch): Touch => ({ ...touch, inPlace: true });

const map: Form = {
  fields: ["x", "y", "n"],
  touches: ({ n }) => [inPlace(reads("x", 4 * n)), inPlace(writes("y", 4 * n))],
  work: ({ n }) => n,
};

/** Which operands are one number for all: bit 0 for a, bit 1 for b. */
const zip: Form = {
  fields: ["a", "b", "y", "n", "single"],
  touches: ({ n, single }) => [
    single & 1 ? reads("a", 4) : inPlace(reads("a", 4 * n)),
    single & 2 ? reads("b", 4) : inPlace(reads("b", 4 * n)),
    inPlace(writes("y", 4 * n)),
  ],
  work: ({ n }) => n,
};

/** [outer, along, inner] → [outer, inner] */
const reduction: Form = {
  fields: ["x", "y", "outer", "along", "inner"],
  touches: ({ outer, along, inner }) => [
    reads("x", 4 * outer * along * inner),
    writes("y", 4 * outer * inner),
  ],
  work: ({ outer, along, inner }) => outer * along * inner,
};

/** The bytes of a list of changed inputs: how many, then their indices, then the differences. */
export const listBytes = (columns: number) => 16 + 8 * (Math.ceil(columns / 4) * 4);

const even = (n: number) => n + (n % 2);

export const instructions = {
  tanh: map,
  sigmoid: map,
  exp: map,
  relu: map,
  neg: map,
  abs: map,
  sqrt: map,
  trunc: map,
  log: map,
  /** 1 where x is 0, else 0. */
  not: map,
  add: zip,
  sub: zip,
  mul: zip,
  div: zip,
  maximum: zip,
  minimum: zip,
  less: zip,
  equal: zip,
  pow: zip,
  where: {
    fields: ["condition", "a", "b", "y", "n", "single"],
    touches: (fields) => [inPlace(reads("condition", 4 * fields.n)), ...zip.touches(fields)],
    work: ({ n }) => n,
  },
  /** y = x; they may overlap. */
  copy: map,
  /** `count` runs of n numbers, so many numbers apart in x and in y. */
  blocks: {
    fields: ["x", "xApart", "y", "yApart", "n", "count"],
    touches: ({ xApart, yApart, n, count }) => [
      reads("x", 4 * ((count - 1) * xApart + n)),
      writes("y", 4 * ((count - 1) * yApart + n)),
    ],
    work: ({ n, count }) => n * count,
  },
  fill: {
    fields: ["y", "value", "n"],
    touches: ({ n }) => [writes("y", 4 * n)],
    work: ({ n }) => n,
  },
  /** y[i] = x[table[i]], or the value where that is −1; x has `among` numbers. */
  arrange: {
    fields: ["x", "among", "table", "y", "n", "value"],
    touches: ({ among, n }) => [reads("x", 4 * among), reads("table", 4 * n), writes("y", 4 * n)],
    work: ({ n }) => n,
  },
  /** y[outer, i, inner] = x[outer, indices[i], inner] for n indices below `along`, which are floats. */
  lookup: {
    fields: ["x", "indices", "y", "outer", "along", "inner", "n"],
    touches: ({ outer, along, inner, n }) => [
      reads("x", 4 * outer * along * inner),
      reads("indices", 4 * n),
      writes("y", 4 * outer * n * inner),
    ],
    work: ({ outer, inner, n }) => outer * n * inner,
  },
  sum: reduction,
  max: reduction,
  argmax: reduction,
  /** [outer, along, inner] → the same; bit 0 of `mode` leaves out the number itself, bit 1 sums from the end. */
  cumulate: {
    fields: ["x", "y", "outer", "along", "inner", "mode"],
    touches: ({ outer, along, inner }) => [
      reads("x", 4 * outer * along * inner),
      writes("y", 4 * outer * along * inner),
    ],
    work: ({ outer, along, inner }) => outer * along * inner,
  },
  /** [m, k] × [k, n] → [m, n] */
  multiply: {
    fields: ["a", "b", "y", "m", "k", "n"],
    touches: ({ m, k, n }) => [reads("a", 4 * m * k), reads("b", 4 * k * n), writes("y", 4 * m * n)],
    work: ({ m, k, n }) => m * k * n,
  },
  /**
   * y = from + W x for `count` vectors x, side by side; each y is `rows` long, a multiple of 16. All begin with the
   * same `from`, or with what is in y where that is `from`.
   */
  dense: {
    fields: ["w", "x", "from", "y", "rows", "columns", "count"],
    touches: ({ rows, columns, count }) => [
      reads("w", 4 * rows * columns),
      reads("x", 4 * columns * count),
      reads("from", 4 * rows),
      writes("y", 4 * rows * count),
    ],
    work: ({ rows, columns, count }) => rows * columns * count,
  },
  /** Lists what changed of x by the threshold or more since it was held, holds it, and counts it. */
  collect: {
    fields: ["x", "held", "n", "threshold", "list", "counter"],
    touches: ({ n }) => [
      reads("x", 4 * n),
      reads("held", 4 * n),
      reads("counter", 8),
      writes("held", 4 * n),
      writes("list", listBytes(n)),
      writes("counter", 8),
    ],
    work: ({ n }) => n,
  },
  /** y += W Δ, for the listed differences Δ. */
  delta: {
    fields: ["w", "list", "y", "rows", "columns"],
    touches: ({ rows, columns }) => [
      reads("w", 4 * rows * columns),
      reads("list", listBytes(columns)),
      reads("y", 4 * rows),
      writes("y", 4 * rows),
    ],
    work: ({ rows, columns }) => rows * columns,
  },
  /** Some rows of y += W held, those from `first` to `last` (not included), both multiples of 16. */
  rebuild: {
    fields: ["w", "held", "y", "rows", "columns", "first", "last"],
    touches: ({ rows, columns }) => [
      reads("w", 4 * rows * columns),
      reads("held", 4 * columns),
      reads("y", 4 * rows),
      writes("y", 4 * rows),
    ],
    work: ({ columns, first, last }) => Math.max(0, last - first) * columns,
  },
  /** q = x / step in int16; the step doubles until all of x lies within `limit` steps. */
  quantize: {
    fields: ["x", "q", "n", "step", "limit"],
    touches: ({ n }) => [reads("x", 4 * n), reads("step", 4), writes("step", 4), writes("q", 2 * even(n))],
    work: ({ n }) => 2 * n,
  },
  /** sums = W q, exactly. */
  denseInt8: {
    fields: ["w", "q", "sums", "rows", "columns"],
    touches: ({ rows, columns }) => [
      reads("w", rows * even(columns)),
      reads("q", 2 * even(columns)),
      writes("sums", 4 * rows),
    ],
    work: ({ rows, columns }) => rows * columns,
  },
  /** `quantize`, then `collect` in int16. Where the step doubled, all that is held is listed, to begin anew. */
  collectInt8: {
    fields: ["x", "q", "held", "n", "threshold", "step", "limit", "list", "counter"],
    touches: ({ n }) => [
      reads("x", 4 * n),
      reads("held", 2 * even(n)),
      reads("step", 4),
      reads("counter", 8),
      writes("q", 2 * even(n)),
      writes("held", 2 * even(n)),
      writes("step", 4),
      writes("list", listBytes(n)),
      writes("counter", 8),
    ],
    work: ({ n }) => 4 * n,
  },
  /** sums += W Δ, exactly. */
  deltaInt8: {
    fields: ["w", "list", "sums", "rows", "columns"],
    touches: ({ rows, columns }) => [
      reads("w", rows * columns),
      reads("list", listBytes(columns)),
      reads("sums", 4 * rows),
      writes("sums", 4 * rows),
    ],
    work: ({ rows, columns }) => rows * columns,
  },
  /** y = from + sums × scales × step */
  dequantize: {
    fields: ["sums", "scales", "step", "from", "y", "rows"],
    touches: ({ rows }) => [
      reads("sums", 4 * rows),
      reads("scales", 4 * rows),
      reads("step", 4),
      reads("from", 4 * rows),
      writes("y", 4 * rows),
    ],
    work: ({ rows }) => rows,
  },
  /** Numbers below 2⁻¹⁰⁰ become 0: processors are slow on what they would fade to. */
  flush: {
    fields: ["y", "n"],
    touches: ({ n }) => [reads("y", 4 * n), writes("y", 4 * n)],
    work: ({ n }) => n,
  },
  /** y = f(a) · g(b); the mode tells f and g: 0 neither, 1 σ(a), 2 tanh(a), 3 σ(a) and tanh(b). */
  gate: {
    fields: ["a", "b", "y", "n", "mode"],
    touches: ({ n }) =>
      ["a", "b"].map((field) => inPlace(reads(field, 4 * n))).concat(inPlace(writes("y", 4 * n))),
    work: ({ n }) => n,
  },
  /** y = from + f(a) · g(b) */
  gateAdd: {
    fields: ["a", "b", "from", "y", "n", "mode"],
    touches: ({ n }) =>
      ["a", "b", "from"].map((field) => inPlace(reads(field, 4 * n))).concat(inPlace(writes("y", 4 * n))),
    work: ({ n }) => n,
  },
} as const satisfies Record<string, Form>;

export type InstructionName = keyof typeof instructions;

export const instructionNames = Object.keys(instructions) as readonly InstructionName[];

export const formOf = (name: InstructionName): Form => instructions[name];

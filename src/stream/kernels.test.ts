import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  activationLimit,
  createKernels,
  type Kernels,
  loadKernels,
  packColumns,
  packColumnsInt8,
  packDense,
  packDenseInt8,
  paddedRows,
} from "./kernels.ts";

const bytes = 1 << 22;
let kernels: Kernels;
let buffer: ArrayBuffer;
let free: number;
let first: number;

beforeAll(async () => {
  const created = createKernels(await loadKernels(), bytes);
  kernels = created.kernels;
  buffer = created.memory.buffer;
  first = kernels.heapBase.value;
});

type Numbers = Float32Array | Int32Array | Int16Array | Int8Array;
const kinds = { float32: Float32Array, int32: Int32Array, int16: Int16Array, int8: Int8Array };

/** Puts numbers into the memory, behind what was put there since `begin`. */
function put(values: ArrayLike<number>, kind: keyof typeof kinds = "float32"): { at: number; now: Numbers } {
  const at = Math.ceil(free / 64) * 64;
  const now = new kinds[kind](buffer, at, values.length);
  now.set(values);
  free = at + now.byteLength + 64;
  return { at, now };
}
const begin = () => {
  free = first;
};

const sizes = [1, 3, 4, 16, 17, 63, 64, 100, 256];
const wave = (length: number, phase = 0) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase + 0.3) * (1 + (i % 5)));

/** Σ weights[column, row] · x[column], for rows padded with 0. */
function product(weights: ArrayLike<number>, x: ArrayLike<number>, rows: number): number[] {
  const y = new Array(paddedRows(rows)).fill(0);
  for (let column = 0; column < x.length; column++)
    for (let row = 0; row < rows; row++) y[row] += weights[column * rows + row] * x[column];
  return y;
}

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5) {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(actual[i] - expected[i]) <= tolerance * (1 + Math.abs(expected[i]))))
      expect.fail(`[${i}] is ${actual[i]}, not ${expected[i]}`);
}

describe("products", () => {
  const grid = [1, 16, 17, 48, 100, 256].flatMap((rows) =>
    [1, 2, 3, 17, 64, 127].map((columns) => [rows, columns]),
  );
  for (const [rows, columns] of [...grid, [4100, 23]]) {
    const weights = wave(rows * columns).map((value) => value / columns);
    const height = paddedRows(rows);

    test(`dense, ${columns} → ${rows}, adds`, () => {
      begin();
      const x = wave(columns, 1);
      const start = wave(height, 2);
      const w = put(packDense(weights, columns, rows));
      const y = put(start);
      kernels.dense(w.at, put(x).at, y.at, height, columns);
      expectNear(
        y.now,
        product(weights, x, rows).map((value, row) => value + start[row]),
      );
    });

    test(`delta and rebuild, ${columns} → ${rows}, come to what dense does`, () => {
      begin();
      const w = put(packColumns(weights, columns, rows));
      const held = put(new Float32Array(columns));
      const y = put(new Float32Array(height));
      const indices = put(new Int32Array(columns + 3), "int32");
      const values = put(new Float32Array(columns + 3));
      for (const phase of [0, 1, 2]) {
        const x = wave(columns, phase);
        const changed = kernels.collect(put(x).at, held.at, columns, 0, indices.at, values.at);
        expect(changed).toBe(columns);
        kernels.delta(w.at, indices.at, values.at, changed, y.at, height);
        expectNear(y.now, product(weights, x, rows), 1e-4);
      }
      const again = put(new Float32Array(height));
      const middle = Math.floor(height / 32) * 16;
      kernels.rebuild(w.at, held.at, again.at, height, columns, 0, middle);
      kernels.rebuild(w.at, held.at, again.at, height, columns, middle, height);
      expectNear(again.now, product(weights, wave(columns, 2), rows));
    });

    test(`int8, ${columns} → ${rows}, dense and by differences, are exact`, () => {
      begin();
      const pairs = Math.ceil(columns / 2) * 2;
      const dense = packDenseInt8(weights, columns, rows);
      const inColumns = packColumnsInt8(weights, columns, rows);
      expect(inColumns.scales).toEqual(dense.scales);
      const whole = Int32Array.from(weights, (weight, i) => Math.round(weight / dense.scales[i % rows]));
      const q = Int16Array.from({ length: pairs }, (_, i) => (i < columns ? ((i * 7919) % 16383) - 8191 : 0));
      const expected = product(whole, q.subarray(0, columns), rows);

      const sums = put(new Int32Array(height), "int32");
      const input = put(q, "int16");
      kernels.denseInt8(put(dense.packed, "int8").at, input.at, sums.at, height, pairs);
      expect([...sums.now]).toEqual(expected);

      const held = put(
        q.map((value) => -value),
        "int16",
      );
      const kept = put(
        expected.map((value) => -value),
        "int32",
      );
      const indices = put(new Int32Array(columns + 3), "int32");
      const values = put(new Int16Array(columns + 3), "int16");
      const changed = kernels.collectInt8(input.at, held.at, columns, 0, indices.at, values.at);
      kernels.deltaInt8(put(inColumns.packed, "int8").at, indices.at, values.at, changed, kept.at, height);
      expect([...kept.now]).toEqual(expected);
    });
  }

  test("int8 sums stay within 32 bits at the limit of activations, however many columns there are", () => {
    for (const columns of [1, 2064, 2065, 20_000])
      expect(127 * columns * activationLimit(columns)).toBeLessThan(2 ** 31);
    expect([activationLimit(2064), activationLimit(20_000)]).toEqual([8191, 845]);
  });

  test("int8 sums are exact at that limit", () => {
    const [rows, columns] = [32, 2064];
    const weights = Float32Array.from({ length: rows * columns }, (_, i) => {
      const column = Math.floor(i / rows);
      return [127, -127, (column % 255) - 127][(i % rows) % 3];
    });
    for (const value of [8191, -8191]) {
      begin();
      const q = put(new Int16Array(columns).fill(value), "int16");
      const expected = product(weights, q.now, rows);
      const dense = put(new Int32Array(rows), "int32");
      kernels.denseInt8(
        put(packDenseInt8(weights, columns, rows).packed, "int8").at,
        q.at,
        dense.at,
        rows,
        columns,
      );
      expect([...dense.now]).toEqual(expected);

      const indices = put(
        Int32Array.from({ length: columns }, (_, i) => i),
        "int32",
      );
      const sums = put(new Int32Array(rows), "int32");
      const inColumns = put(packColumnsInt8(weights, columns, rows).packed, "int8");
      kernels.deltaInt8(inColumns.at, indices.at, q.at, columns, sums.at, rows);
      expect([...sums.now]).toEqual(expected);
    }
  });

  test("int8 weights are within half a step of their own, and rows of zeros stay zero", () => {
    const [rows, columns, height] = [40, 7, 48];
    const weights = wave(rows * columns).map((value, i) => (i % rows === 5 ? 0 : value));
    const { packed, scales } = packColumnsInt8(weights, columns, rows);
    for (let column = 0; column < columns; column++) {
      begin();
      const whole = put(new Int32Array(height), "int32");
      const list = [put([column], "int32").at, put([1], "int16").at] as const;
      kernels.deltaInt8(put(packed, "int8").at, ...list, 1, whole.at, height);
      for (let row = 0; row < rows; row++) {
        const step = scales[row];
        const apart = Math.abs(whole.now[row] * step - weights[column * rows + row]);
        expect(apart).toBeLessThanOrEqual(step * 0.5001);
      }
    }
  });
});

describe("what changed", () => {
  const numbers = fc.float({ noNaN: true, min: -2, max: 2 });
  const threshold = fc.constantFrom(0, 0.25, 1);

  test("is listed where it differs by the threshold, and held", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(numbers, numbers), { maxLength: 70 }), threshold, (pairs, least) => {
        begin();
        const x = Float32Array.from(pairs, ([now]) => now);
        const held = Float32Array.from(pairs, ([, before]) => before);
        const difference = x.map((now, i) => now - held[i]);
        const wanted = [...x.keys()].filter((i) => difference[i] !== 0 && Math.abs(difference[i]) >= least);
        const memory = put(held);
        const indices = put(new Int32Array(pairs.length + 3), "int32");
        const values = put(new Float32Array(pairs.length + 3));
        const count = kernels.collect(put(x).at, memory.at, x.length, least, indices.at, values.at);
        expect([...indices.now.subarray(0, count)]).toEqual(wanted);
        expect([...values.now.subarray(0, count)]).toEqual(wanted.map((i) => difference[i]));
        expect([...memory.now]).toEqual([...held].map((was, i) => (wanted.includes(i) ? x[i] : was)));
      }),
    );
  });

  test("is listed in int16 alike", () => {
    const activation = fc.integer({ min: -8191, max: 8191 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(activation, activation), { maxLength: 70 }),
        fc.constantFrom(0, 1, 500, 16_382, 60_000),
        (pairs, least) => {
          begin();
          const q = pairs.map(([now]) => now);
          const held = pairs.map(([, before]) => before);
          const wanted = [...q.keys()].filter((i) => Math.abs(q[i] - held[i]) >= Math.max(1, least));
          const memory = put(held, "int16");
          const indices = put(new Int32Array(q.length + 3), "int32");
          const values = put(new Int16Array(q.length + 3), "int16");
          const input = put(q, "int16");
          const count = kernels.collectInt8(input.at, memory.at, q.length, least, indices.at, values.at);
          expect([...indices.now.subarray(0, count)]).toEqual(wanted);
          expect([...values.now.subarray(0, count)]).toEqual(wanted.map((i) => q[i] - held[i]));
          expect([...memory.now]).toEqual(held.map((was, i) => (wanted.includes(i) ? q[i] : was)));
        },
      ),
    );
  });

  test("is not a NaN", () => {
    begin();
    const held = put([1, 1, 1, 1, 1]);
    const lists = [put(new Int32Array(8), "int32").at, put(new Float32Array(8)).at] as const;
    expect(kernels.collect(put([NaN, 2, 1, 1, NaN]).at, held.at, 5, 0, ...lists)).toBe(1);
    expect([...held.now]).toEqual([1, 2, 1, 1, 1]);
  });
});

describe("functions", () => {
  /** Applies a map to numbers. */
  function mapped(name: keyof Kernels, x: ArrayLike<number>): Numbers {
    begin();
    const input = put(x);
    const y = put(new Float32Array(x.length + 1).fill(7));
    (kernels[name] as Kernels["tanh"])(input.at, y.at, x.length);
    expect(y.now[x.length], "what lies behind").toBe(7);
    return y.now.slice(0, x.length);
  }

  const grid = Float32Array.from({ length: 200_003 }, (_, i) => (i - 100_000) / 5000);
  const far = [0, -0, 1e-30, -1e-30, 0.625, 0.6249999, 43.5, 87, 88.5, 104, 1e10, -1e10, Infinity, -Infinity];
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  test("tanh and sigmoid are within 1e-7", () => {
    for (const [name, exact] of [
      ["tanh", Math.tanh],
      ["sigmoid", sigmoid],
    ] as const)
      for (const x of [grid, Float32Array.from(far)])
        mapped(name, x).forEach((y, i) => {
          if (!(Math.abs(y - exact(x[i])) <= 1e-7)) expect.fail(`${name}(${x[i]}) is ${y}`);
        });
  });

  test("exp is within 2e-7 of its value, relatively, and 0 or infinite beyond", () => {
    const x = Float32Array.from({ length: 100_001 }, (_, i) => -87.3 + i * 0.00176);
    mapped("exp", x).forEach((y, i) => {
      if (!(Math.abs(y / Math.exp(x[i]) - 1) <= 2e-7)) expect.fail(`exp(${x[i]}) is ${y}`);
    });
    const edges = mapped("exp", [-Infinity, -1e9, -88, 0, 88.7228, 88.73, 1e9, Infinity, NaN]);
    expect([...edges.slice(0, 4)]).toEqual([0, 0, 0, 1]);
    expect(edges[4] / Math.exp(88.7228)).toBeCloseTo(1, 5);
    expect([...edges.slice(5)]).toEqual([Infinity, Infinity, Infinity, NaN]);
  });

  test("NaN stays NaN", () => {
    for (const name of ["tanh", "sigmoid", "exp", "log", "relu", "neg", "abs", "sqrt", "trunc"] as const)
      for (const length of [1, 3, 5])
        expect([...mapped(name, new Array(length).fill(NaN))]).toEqual(new Array(length).fill(NaN));
  });

  const maps = {
    log: Math.log,
    relu: (x: number) => Math.max(x, 0),
    neg: (x: number) => -x,
    abs: Math.abs,
    sqrt: Math.sqrt,
    trunc: Math.trunc,
    floor: Math.floor,
    tanh: Math.tanh,
    sigmoid,
  };
  test.each(Object.entries(maps))("%s, at all lengths", (name, exact) => {
    for (const length of sizes) {
      const x = wave(length).map((value) => (name === "log" || name === "sqrt" ? Math.abs(value) : value));
      expectNear(mapped(name as keyof Kernels, x), Array.from(x, exact), 2e-7);
    }
  });

  const zips: Record<string, (a: number, b: number) => number> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div: (a, b) => a / b,
    maximum: Math.max,
    minimum: Math.min,
    less: (a, b) => Number(a < b),
    equal: (a, b) => Number(a === b),
    pow: (a, b) => a ** b,
  };
  test.each(Object.entries(zips))("%s, of vectors and single numbers", (name, exact) => {
    for (const length of sizes)
      for (const single of [0, 1, 2]) {
        begin();
        const a = wave(single & 1 ? 1 : length).map((value) => (name === "pow" ? Math.abs(value) : value));
        const b = wave(single & 2 ? 1 : length, length % 2);
        const y = put(new Float32Array(length + 1).fill(7));
        (kernels[name as keyof Kernels] as Kernels["add"])(put(a).at, put(b).at, y.at, length, single);
        const expected = Array.from({ length }, (_, i) =>
          exact(a[single & 1 ? 0 : i], b[single & 2 ? 0 : i]),
        );
        expectNear(y.now, [...expected, 7], 3e-7);
      }
  });

  test("where chooses", () => {
    begin();
    const condition = put([1, 0, -3, 0, NaN]);
    const y = put(new Float32Array(5));
    kernels.where(condition.at, put([1, 2, 3, 4, 5]).at, put([9]).at, y.at, 5, 2);
    expect([...y.now]).toEqual([1, 9, 3, 9, 5]);
  });

  test("sums, maxima and places of maxima, at all lengths", () => {
    for (const length of sizes) {
      begin();
      const values = wave(length);
      const x = put(values);
      expect(kernels.sum(x.at, length)).toBeCloseTo(
        values.reduce((sum, value) => sum + value, 0),
        3,
      );
      expect(kernels.max(x.at, length)).toBe(Math.max(...values));
      expect(kernels.largest(x.at, length)).toBe(Math.max(...values.map(Math.abs)));
      expect(kernels.argmax(x.at, length)).toBe(values.indexOf(Math.max(...values)));
      expect(kernels.finite(x.at, length)).toBe(1);
      x.now[length - 1] = length % 2 ? NaN : -Infinity;
      expect(kernels.finite(x.at, length)).toBe(0);
    }
  });

  test("quantizing rounds, holds within the limit and takes NaN for 0", () => {
    begin();
    const x = [0.4, 0.6, -0.6, 1e9, -1e9, Infinity, -Infinity, NaN, 2, NaN, 1e9];
    const q = put(new Int16Array(x.length + 1).fill(7), "int16");
    kernels.quantize(put(x).at, q.at, x.length, 1, 100);
    expect([...q.now].map((value) => value + 0)).toEqual([0, 1, -1, 100, -100, 100, -100, 0, 2, 0, 100, 7]);
  });

  test("numbers are copied, filled in, looked up, spread and flushed", () => {
    begin();
    const x = put([1, -1e-31, 1e-29, 4, -1e-40, NaN, 7]);
    const y = put(new Float32Array(4));
    const table = put([6, 0, 3, 0], "int32");
    kernels.gather(x.at, table.at, y.at, 4);
    expect([...y.now]).toEqual([7, 1, 4, 1]);
    kernels.scatterAdd(y.at, table.at, x.at, 3);
    expect([x.now[6], x.now[0], x.now[3]]).toEqual([14, 2, 8]);
    kernels.flush(x.at, 7);
    expect([...x.now]).toEqual([2, 0, Math.fround(1e-29), 8, 0, NaN, 14]);
    kernels.fill(y.at, 5, 3);
    expect([...y.now]).toEqual([5, 5, 5, 1]);
    kernels.copy(x.at, y.at, 2);
    expect([...y.now]).toEqual([2, 0, 5, 1]);
  });
});

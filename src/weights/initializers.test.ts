import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chrono,
  concatenate,
  constant,
  glorotNormal,
  glorotUniform,
  type Initializer,
  identity,
  normal,
  ones,
  perGate,
  uniform,
  zeros,
} from "./initializers.ts";
import { orthogonal } from "./orthogonal.ts";
import { random } from "./random.ts";

const initialize = (initializer: Initializer, shape: readonly number[], name = "weight") =>
  initializer(shape, random(5).stream(name));

const variance = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0) / values.length;

describe("initializers", () => {
  test("constants fill the shape", () => {
    expect([...initialize(zeros, [2, 2])]).toEqual([0, 0, 0, 0]);
    expect([...initialize(ones, [3])]).toEqual([1, 1, 1]);
    expect([...initialize(constant(-2), [1, 2])]).toEqual([-2, -2]);
  });

  test("uniform stays within its limit and has variance limit² / 3", () => {
    const values = initialize(uniform(0.25), [100, 200]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.25);
    expect(variance(values) / (0.25 ** 2 / 3)).toBeCloseTo(1, 1);
  });

  test("normal has its variance", () => {
    expect(variance(initialize(normal(0.5), [100, 200])) / 0.25).toBeCloseTo(1, 1);
  });

  test.each([
    ["a product, [inputs, outputs]", [100, 300], 2 / 400],
    ["a convolution, [outputs, inputs, 5, 5]", [24, 16, 5, 5], 2 / (25 * (16 + 24))],
  ])("both Glorot forms have variance 2 / (inputs + outputs): %s", (_, shape, expected) => {
    expect(variance(initialize(glorotUniform, shape)) / expected).toBeCloseTo(1, 1);
    expect(variance(initialize(glorotNormal, shape)) / expected).toBeCloseTo(1, 1);
  });

  test("gates share the last axis, each with its own initializer and fans", () => {
    expect([...initialize(concatenate(zeros, ones, constant(2)), [2, 3])]).toEqual([0, 1, 2, 0, 1, 2]);
    expect(variance(initialize(perGate(4, glorotUniform), [100, 4 * 100])) / (2 / 200)).toBeCloseTo(1, 1);
  });

  test("identity fills each block's diagonal", () => {
    expect([...initialize(identity, [2, 4])]).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
  });

  test("two weights of one seed begin differently, one weight always the same", () => {
    expect(initialize(normal(1), [4], "a")).not.toEqual(initialize(normal(1), [4], "b"));
    expect(initialize(normal(1), [4], "a")).toEqual(initialize(normal(1), [4], "a"));
  });

  test("a shape that gates do not divide is named", () => {
    expect(() => initialize(perGate(4, zeros), [3, 10])).toThrow(
      "a weight of shape [3, 10] does not divide into 4 gates along its last axis",
    );
    expect(() => initialize(orthogonal, [3])).toThrow("orthogonal initializes matrices, not the shape [3]");
  });
});

describe("orthogonal", () => {
  test("columns are orthonormal, or rows where there are fewer, or each gate's block", () => {
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(side, side, (rows, columns) => {
        const matrix = initialize(orthogonal, [rows, columns]);
        const at = (i: number, j: number) => matrix[i * columns + j];
        const width = columns % rows === 0 ? rows : columns;
        for (let block = 0; block < columns; block += width)
          expect(gramError(rows, width, (i, j) => at(i, block + j))).toBeLessThan(1e-6);
      }),
    );
  });

  test("is uniform over the orthogonal matrices: E[q] = 0, E[q²] = 1/n, E[q⁴] = 3/(n(n + 2))", () => {
    const stream = random(3).stream("haar");
    const draws = 4_000;
    const sums = [0, 0, 0];
    for (let draw = 0; draw < draws; draw++)
      for (const q of orthogonal([3, 3], stream))
        for (const [i, power] of [1, 2, 4].entries()) sums[i] += q ** power / draws / 9;
    expect(sums[0]).toBeCloseTo(0, 1.7);
    expect(sums[1]).toBeCloseTo(1 / 3, 6);
    expect(sums[2]).toBeCloseTo(3 / 15, 2);
  });
});

describe("chrono biases", () => {
  test("hold forget rates of 1 to T − 1 steps, the input gate's being their negatives", () => {
    const units = 2_000;
    const bias = initialize(chrono(100, ["input", "forget", "zero"]), [3 * units]);
    const steps = bias.subarray(units, 2 * units).map(Math.exp);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...steps)).toBeLessThanOrEqual(99.001);
    expect(steps.reduce((sum, t) => sum + t, 0) / units / 50).toBeCloseTo(1, 1);
    for (let i = 0; i < units; i++) expect(bias[i]).toBe(-bias[units + i]);
    expect(bias.subarray(2 * units).every((value) => value === 0)).toBe(true);
  });

  test("need a time of at least 3 steps", () => {
    expect(() => chrono(2, ["forget", "zero"])).toThrow("at least 3 steps, not 2");
  });
});

/** Largest deviation from the identity of the Gram matrix of the shorter side's vectors. */
function gramError(rows: number, columns: number, at: (i: number, j: number) => number): number {
  const short = Math.min(rows, columns);
  const long = Math.max(rows, columns);
  const value = (vector: number, k: number) => (columns > rows ? at(vector, k) : at(k, vector));
  let worst = 0;
  for (let a = 0; a < short; a++)
    for (let b = 0; b < short; b++) {
      let product = 0;
      for (let k = 0; k < long; k++) product += value(a, k) * value(b, k);
      worst = Math.max(worst, Math.abs(product - (a === b ? 1 : 0)));
    }
  return worst;
}

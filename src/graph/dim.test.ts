import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addSizes,
  ceilDivide,
  type Dim,
  divideExactly,
  equalSizes,
  evaluateSize,
  floorDivide,
  multiplySizes,
  namesOf,
  reduceDim,
  type Size,
  size,
  subtractSizes,
} from "./dim.ts";
import { InputError } from "./errors.ts";

const names = ["time", "batch", "width"];

/** Any size made of names, numbers, sums, differences, products and floored quotients. */
const { sizes } = fc.letrec<{ sizes: Size }>((tie) => ({
  sizes: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...names).map(size),
    fc.nat({ max: 9 }),
    fc.tuple(tie("sizes"), tie("sizes")).map(([a, b]) => addSizes(a, b)),
    fc.tuple(tie("sizes"), tie("sizes")).map(([a, b]) => subtractSizes(a, b)),
    fc.tuple(tie("sizes"), tie("sizes")).map(([a, b]) => multiplySizes(a, b)),
    fc.tuple(tie("sizes"), fc.integer({ min: 1, max: 5 })).map(([a, by]) => floorDivide(a, by)),
  ),
}));

const bindings = fc
  .tuple(...names.map(() => fc.nat({ max: 20 })))
  .map((values) => new Map(names.map((name, index) => [name, values[index]])));

/** Holds for numbers small enough to be exact. */
const check = (property: (a: Size, b: Size, value: (of: Size) => number) => boolean) =>
  fc.assert(
    fc.property(sizes, sizes, bindings, (a, b, bound) => {
      const value = (of: Size) => evaluateSize(of, bound);
      fc.pre(Math.abs(value(a)) < 1e6 && Math.abs(value(b)) < 1e6);
      return property(a, b, value);
    }),
  );

describe("the value of a computed size is computed from values:", () => {
  test("sums", () => check((a, b, value) => value(addSizes(a, b)) === value(a) + value(b)));
  test("differences", () => check((a, b, value) => value(subtractSizes(a, b)) === value(a) - value(b)));
  test("products", () => check((a, b, value) => value(multiplySizes(a, b)) === value(a) * value(b)));

  test.each([1, 2, 3, 7])("quotients by %i, rounded down and up", (by) => {
    check((a, _, value) => value(floorDivide(a, by)) === Math.floor(value(a) / by));
    check((a, _, value) => value(ceilDivide(a, by)) === Math.ceil(value(a) / by));
  });

  test("exact quotients, which undo products", () => {
    check((a, b) => {
      const quotient = divideExactly(multiplySizes(a, b), b);
      return b === 0 || (quotient !== undefined && equalSizes(quotient, a));
    });
  });

  test("any other exact quotient too", () => {
    check((a, b, value) => {
      const quotient = divideExactly(a, b);
      return quotient === undefined || value(quotient) * value(b) === value(a);
    });
  });

  test("by another algebra as well", () => {
    check((a, _, value) => {
      const text = typeof a === "number" ? `${a}` : write(a);
      const numbers = Object.fromEntries(names.map((name) => [name, value(size(name))]));
      return Function(...names, `return ${text}`)(...Object.values(numbers)) === value(a);
    });
  });
});

function write(dim: Dim): string {
  return reduceDim<string>(dim, {
    number: (value) => `(${value})`,
    name: (name) => name,
    add: (a, b) => `(${a} + ${b})`,
    multiply: (a, b) => `(${a} * ${b})`,
    floorDivide: (a, by) => `Math.floor(${a} / ${by})`,
  });
}

describe("sizes that are equal for all bindings are found equal:", () => {
  test("whatever the order of sums and products", () => {
    check((a, b) => equalSizes(addSizes(a, b), addSizes(b, a)));
    check((a, b) => equalSizes(multiplySizes(a, b), multiplySizes(b, a)));
    check((a, b) => equalSizes(subtractSizes(addSizes(a, b), b), a));
    check((a, b) =>
      equalSizes(multiplySizes(addSizes(a, b), b), addSizes(multiplySizes(a, b), multiplySizes(b, b))),
    );
  });

  test("whatever leaves a quotient", () => {
    check((a, b) =>
      equalSizes(floorDivide(addSizes(a, multiplySizes(b, 3)), 3), addSizes(floorDivide(a, 3), b)),
    );
    const time = size("time");
    expect(equalSizes(addSizes(floorDivide(subtractSizes(time, 1), 2), 1), ceilDivide(time, 2))).toBe(true);
  });

  test("and others are not", () => {
    check((a, b, value) => !equalSizes(a, b) || value(a) === value(b));
    expect(equalSizes(size("time"), size("batch"))).toBe(false);
    expect(equalSizes(size("time"), 1)).toBe(false);
  });
});

test.each<[Size, string]>([
  [addSizes(multiplySizes(size("time"), 2), 1), "2*time+1"],
  [subtractSizes(size("time"), size("batch")), "-1*batch+time"],
  [multiplySizes(size("time"), size("batch")), "batch*time"],
  [floorDivide(addSizes(size("time"), 1), 2), "floor((time+1)/2)"],
  [subtractSizes(size("time"), size("time")), "0"],
])("a size reads well: %s", (of, text) => {
  expect(String(of)).toBe(text);
});

test("a size knows its names, those in quotients too", () => {
  const of = addSizes(floorDivide(size("time"), 2), multiplySizes(size("batch"), size("time")));
  expect(namesOf(of).sort()).toEqual(["batch", "time"]);
  expect(namesOf(3)).toEqual([]);
});

test.each<[number | string]>([[-1], [1.5], [Number.NaN], [""], ["a b"], ["2x"]])("%s is no size", (bad) => {
  expect(() => size(bad)).toThrow(InputError);
});

test("a name that nothing binds is told", () => {
  expect(() => evaluateSize(addSizes(size("time"), 1), new Map())).toThrow(/"time" is not known/);
});

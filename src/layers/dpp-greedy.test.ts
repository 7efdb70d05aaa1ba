import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { determinant, kernelOf, type Matrix } from "../../test/reference/determinant.ts";
import { InputError } from "../graph/errors.ts";
import { random } from "../weights/random.ts";
import { type DppRows, dppGreedy } from "./dpp-greedy.ts";

function toRows(matrix: Matrix): DppRows {
  const width = matrix[0]?.length ?? 0;
  return { rows: Float64Array.from(matrix.flat()), items: matrix.length, width };
}

/** The greedy search by its definition: every candidate's determinant, at every step. */
function naiveGreedy(
  matrix: Matrix,
  { most = matrix.length, least = 1 } = {},
): { item: number; gain: number }[] {
  const found: { item: number; gain: number }[] = [];
  let before = 1;
  while (found.length < most) {
    const set = found.map(({ item }) => item);
    const candidates = matrix
      .map((_, item) => ({ item, det: determinant(kernelOf(matrix, [...set, item])) }))
      .filter(({ item }) => !set.includes(item));
    const best = candidates.reduce((a, b) => (b.det > a.det ? b : a), { item: -1, det: 0 });
    if (!(best.det / before > least)) break;
    found.push({ item: best.item, gain: best.det / before });
    before = best.det;
  }
  return found;
}

function randomRows(items: number, width: number, seed: number, scale = 1): number[][] {
  const stream = random(seed).stream("rows");
  return Array.from({ length: items }, () => Array.from({ length: width }, () => scale * stream.normal()));
}

describe("greedy decoding of a determinantal point process", () => {
  test("chooses what comparing determinants chooses, in the same order and with the same gains", () => {
    const settings = fc.record({
      items: fc.integer({ min: 1, max: 8 }),
      width: fc.integer({ min: 1, max: 8 }),
      seed: fc.integer({ min: 0, max: 1e6 }),
      most: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      least: fc.constantFrom(undefined, 0.5, 0.9, 2),
    });
    fc.assert(
      fc.property(settings, ({ items, width, seed, most, least }) => {
        const matrix = randomRows(items, width, seed);
        const expected = naiveGreedy(matrix, { most, least });
        const found = dppGreedy(toRows(matrix), { most, least });
        expect(found.map(({ item }) => item)).toEqual(expected.map(({ item }) => item));
        found.forEach(({ gain }, k) => {
          expect(gain / expected[k].gain).toBeCloseTo(1, 8);
        });
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test("stops where one more item would make the set less likely", () => {
    const orthogonal = [
      [2, 0, 0],
      [0, 0.9, 0],
      [0, 0, 1.5],
    ];
    expect(dppGreedy(toRows(orthogonal))).toEqual([
      { item: 0, gain: 4 },
      { item: 2, gain: 2.25 },
    ]);
  });

  test("never takes a copy of an item that it has, nor more items than the rows have directions", () => {
    const [a, b] = randomRows(2, 5, 3, 3);
    const found = dppGreedy(toRows([a, a, b, b, a]));
    expect(found.map(({ item }) => item).sort()).toEqual([0, 2]);
    const flat = randomRows(40, 3, 4, 100);
    expect(dppGreedy(toRows(flat), { least: 0 })).toHaveLength(3);
  });

  test("takes items as long as they are likely enough, up to the count given", () => {
    const rows = toRows(randomRows(30, 40, 5));
    const all = dppGreedy(rows);
    expect(all).toHaveLength(30);
    expect(dppGreedy(rows, { most: 4 })).toEqual(all.slice(0, 4));
    expect(dppGreedy(rows, { most: 0 })).toEqual([]);
    const gains = all.map(({ gain }) => gain);
    expect(gains).toEqual(gains.toSorted((p, q) => q - p));
  });

  test("finds nothing among no items or among items of quality 0", () => {
    expect(dppGreedy({ rows: new Float32Array(0), items: 0, width: 4 })).toEqual([]);
    expect(dppGreedy({ rows: new Float32Array(12), items: 3, width: 4 })).toEqual([]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses rows with %d in them", (bad) => {
    const rows = Float32Array.of(1, 0, bad, 1);
    expect(() => dppGreedy({ rows, items: 2, width: 2 })).toThrow(InputError);
  });
});

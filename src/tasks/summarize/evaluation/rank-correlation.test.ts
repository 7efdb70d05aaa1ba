import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kendall, ranking, spearman } from "./rank-correlation.ts";

const correlations = (x: ArrayLike<number>, y: ArrayLike<number>) => {
  const [a, b] = [ranking(x), ranking(y)];
  return { tau: kendall(a, b), rho: spearman(a, b) };
};

/** What scipy 1.17.1 says: kendalltau and spearmanr as they are by default. */
const recorded: [string, number[], number[], number, number][] = [
  [
    "no ties",
    [3, 1, 4, 15, 9, 2, 6, 5, 35, 8],
    [2, 7, 1, 8, 28, 18, 4, 59, 0.5, 45],
    -0.06666666666666667,
    -0.01818181818181818,
  ],
  [
    "ties in both",
    [1, 2, 2, 3, 3, 3, 4, 1, 2, 5],
    [5, 4, 4, 4, 2, 1, 1, 5, 5, 3],
    -0.7105263157894738,
    -0.826923076923077,
  ],
  ["ties in the same places", [1, 1, 2, 2, 3, 3], [10, 10, 30, 30, 20, 20], 0.33333333333333337, 0.5],
  [
    "two levels against many",
    [0, 0, 1, 1, 0, 1, 0, 0],
    [0.1, 0.4, 0.35, 0.8, 0.2, 0.9, 0.4, 0.05],
    0.5465943944999485,
    0.6235022213916492,
  ],
  ["two levels against two", [0, 0, 1, 1, 0, 1, 0, 0], [0, 1, 1, 1, 0, 0, 0, 0], 7 / 15, 7 / 15],
  ["the reverse", [1, 2, 3, 4], [4, 3, 2, 1], -1, -1],
  ["zeros of both signs", [-0, 0, 1, 2], [1, 2, 3, 3], 0.8, 0.888888888888889],
  ["infinities", [-Infinity, 1, 2, Infinity], [3, 1, 2, 9], 0.3333333333333334, 0.4],
];

const split = (points: [number, number][]) => [points.map(([x]) => x), points.map(([, y]) => y)] as const;

describe("rank correlation", () => {
  it.each(recorded)("is scipy's: %s", (_, x, y, tau, rho) => {
    expect(correlations(x, y).tau).toBeCloseTo(tau, 14);
    expect(correlations(x, y).rho).toBeCloseTo(rho, 14);
  });

  it("is scipy's for 5,000 values with many ties", () => {
    let state = 12345;
    const draws = Array.from({ length: 10_000 }, () => {
      state = (state * 16807) % 2147483647;
      return state;
    });
    const x = draws.slice(0, 5000).map((draw) => draw % 37);
    const y = draws.slice(5000).map((draw, at) => (draw % 1000) + 10 * x[at]);
    const { tau, rho } = correlations(x, y);
    expect(tau).toBeCloseTo(0.2174144837077924, 14);
    expect(rho).toBeCloseTo(0.3157646314962451, 14);
  });

  const pairs = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -3, max: 30 })), { maxLength: 40 })
    .filter((points) => split(points).every((values) => new Set(values).size > 1));

  it("counts pairs as τ-b's definition does", () => {
    fc.assert(
      fc.property(pairs, (points) => {
        const [x, y] = split(points);
        let [difference, untiedX, untiedY] = [0, 0, 0];
        for (let i = 0; i < x.length; i++) {
          for (let j = 0; j < i; j++) {
            difference += Math.sign(x[i] - x[j]) * Math.sign(y[i] - y[j]);
            untiedX += Number(x[i] !== x[j]);
            untiedY += Number(y[i] !== y[j]);
          }
        }
        expect(correlations(x, y).tau).toBeCloseTo(difference / Math.sqrt(untiedX * untiedY), 12);
      }),
    );
  });

  it("does not change when values grow without changing their order, and turns with one order", () => {
    fc.assert(
      fc.property(pairs, (points) => {
        const [x, y] = split(points);
        const plain = correlations(x, y);
        expect(
          correlations(
            x,
            y.map((value) => Math.exp(value / 5)),
          ),
        ).toEqual(plain);
        expect(correlations(y, x).tau).toBeCloseTo(plain.tau, 14);
        const turned = correlations(
          x,
          y.map((value) => -value),
        );
        expect(turned.tau).toBeCloseTo(-plain.tau, 14);
        expect(turned.rho).toBeCloseTo(-plain.rho, 14);
      }),
    );
  });

  it("of equal orders is 1", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 2 }), (x) => {
        expect(correlations(x, x).tau).toBeCloseTo(1, 12);
        expect(correlations(x, x).rho).toBeCloseTo(1, 12);
      }),
    );
  });

  it("is NaN where a list orders nothing", () => {
    expect(correlations([2, 2, 2], [1, 2, 3])).toEqual({ tau: Number.NaN, rho: Number.NaN });
    expect(correlations([1], [1])).toEqual({ tau: Number.NaN, rho: Number.NaN });
    expect(correlations([], [])).toEqual({ tau: Number.NaN, rho: Number.NaN });
  });

  it("refuses lists of unequal lengths, and NaN", () => {
    expect(() => correlations([1, 2], [1, 2, 3])).toThrow("2 and 3 values");
    expect(() => ranking([1, Number.NaN])).toThrow("value 1 is NaN");
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../graph/errors.ts";
import { dropoutPeriods } from "./dropout-periods.ts";

const upTo = (longest: number) => Array.from({ length: longest }, (_, at) => at + 1);
const droppedBy = (likely: ArrayLike<number>, periods: readonly number[]) =>
  periods.reduce((sum, period, i) => sum + likely[i] * ((period - 1) / period), 0);

/** The paper's objective, λ₁ = 1. */
function objective(likely: Float64Array, periods: readonly number[], rate: number, balance: number): number {
  const entropy = likely.reduce((sum, one) => sum + (one > 0 ? one * Math.log(one) : 0), 0);
  return (droppedBy(likely, periods) - rate) ** 2 + (balance / periods.length) * entropy;
}

/** The minimum as the paper finds it: by descending the gradient of v, K = softmax(v). */
function descended(rate: number, periods: readonly number[], balance: number): Float64Array {
  const v = new Float64Array(periods.length);
  const softmax = () => {
    const powers = v.map(Math.exp);
    const total = powers.reduce((a, b) => a + b);
    return powers.map((one) => one / total);
  };
  for (let step = 0; step < 100_000; step++) {
    const likely = softmax();
    const off = droppedBy(likely, periods) - rate;
    const slope = likely.map(
      (one, i) =>
        2 * off * ((periods[i] - 1) / periods[i]) + (balance / periods.length) * (Math.log(one) + 1),
    );
    const mean = likely.reduce((sum, one, i) => sum + one * slope[i], 0);
    for (let i = 0; i < v.length; i++) v[i] -= 2 * likely[i] * (slope[i] - mean);
  }
  return softmax();
}

test.each([
  { rate: 0.3, longest: 4, balance: 0.5 },
  { rate: 0.5, longest: 8, balance: 0.1 },
  { rate: 0.7, longest: 6, balance: 0.05 },
])("is what descending the gradient comes to: rate $rate, up to $longest, balance $balance", (one) => {
  const periods = upTo(one.longest);
  const expected = descended(one.rate, periods, one.balance);
  dropoutPeriods(one.rate, periods, one.balance).forEach((likely, i) => {
    expect(likely).toBeCloseTo(expected[i], 6);
  });
});

test("no other distribution has a lower objective", () => {
  const unit = fc.double({ min: 1e-6, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(unit, { minLength: 8, maxLength: 8 }), unit, unit, (weights, share, balance) => {
      const rate = share * 0.875;
      const total = weights.reduce((a, b) => a + b);
      const other = Float64Array.from(weights, (one) => one / total);
      const best = dropoutPeriods(rate, upTo(8), balance);
      expect(objective(best, upTo(8), rate, balance)).toBeLessThanOrEqual(
        objective(other, upTo(8), rate, balance) + 1e-12,
      );
    }),
  );
});

describe("at balance 0", () => {
  test.each([0, 1e-6, 0.1, 0.3, 0.5, 0.7, 0.874, 0.875])("has the rate %d exactly", (rate) => {
    const likely = dropoutPeriods(rate, upTo(8));
    expect(likely.every((one) => one >= 0)).toBe(true);
    expect(likely.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
    expect(droppedBy(likely, upTo(8))).toBeCloseTo(rate, 9);
  });

  test("is the limit of ever smaller balances", () => {
    const limit = dropoutPeriods(0.6, upTo(8));
    dropoutPeriods(0.6, upTo(8), 1e-9).forEach((likely, i) => {
      expect(likely).toBeCloseTo(limit[i], 6);
    });
  });

  test("works for any periods", () => {
    const likely = dropoutPeriods(0.5, [1, 2, 4]);
    expect(droppedBy(likely, [1, 2, 4])).toBeCloseTo(0.5, 12);
    expect([...dropoutPeriods(0.5, [2])]).toEqual([1]);
  });
});

test.each<[number, number[], RegExp, number?]>([
  [
    0.9,
    upTo(8),
    /a drop rate of 0.9 can't be reached by periods 1, 2, 3, 4, 5, 6, 7, 8: they drop at most 0.875/,
  ],
  [0.1, [2, 4], /0.1 can't be reached/],
  [Number.NaN, [1, 2], /NaN can't be reached/],
  [0.3, [], /there are no periods/],
  [0.3, [0, 1, 2], /a period of 0 makes no sense/],
  [0.3, [1, 1.5], /a period of 1.5 makes no sense/],
  [0.3, [1, 2, 2], /the period 2 is named twice/],
  [0.3, [1, 2], /a balance of -1 makes no sense/, -1],
])("refuses %d by %j", (rate, periods, message, balance) => {
  expect(() => dropoutPeriods(rate, periods, balance)).toThrow(InputError);
  expect(() => dropoutPeriods(rate, periods, balance)).toThrow(message);
});

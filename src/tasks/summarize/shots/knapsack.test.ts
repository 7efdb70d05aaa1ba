import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knapsack } from "./knapsack.ts";

const sum = (numbers: number[]) => numbers.reduce((total, value) => total + value, 0);
const chosen = (numbers: number[], taken: boolean[]) => sum(numbers.filter((_, i) => taken[i]));

function bruteForce(weights: number[], values: number[], capacity: number): number {
  let best = 0;
  for (let subset = 0; subset < 1 << weights.length; subset++) {
    const taken = weights.map((_, i) => (subset & (1 << i)) !== 0);
    if (chosen(weights, taken) <= capacity) best = Math.max(best, chosen(values, taken));
  }
  return best;
}

describe("the knapsack", () => {
  it("takes as much value as the best of all subsets, and no more weight than fits", () => {
    const item = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(item, { maxLength: 11 }), fc.integer({ min: 0, max: 150 }), (items, capacity) => {
        const weights = items.map(([weight]) => weight);
        const values = items.map(([, value]) => value);
        const taken = knapsack(weights, values, capacity);
        expect(chosen(weights, taken)).toBeLessThanOrEqual(capacity);
        expect(chosen(values, taken)).toBeCloseTo(bruteForce(weights, values, capacity), 12);
      }),
      { numRuns: 200 },
    );
  });

  it("takes everything where everything fits", () => {
    expect(knapsack([3, 4, 5], [0.1, 0.2, 0.3], 12)).toEqual([true, true, true]);
  });

  it("handles two hours at 60 frames a second with 500 shots", () => {
    const weights = Array.from({ length: 500 }, (_, i) => 400 + ((i * 7919) % 900));
    const values = weights.map((_, i) => ((i * 104729) % 997) / 997);
    const capacity = Math.floor(0.15 * 2 * 3600 * 60);
    const taken = knapsack(weights, values, capacity);
    expect(chosen(weights, taken)).toBeLessThanOrEqual(capacity);
    expect(chosen(weights, taken)).toBeGreaterThan(capacity - 1300);
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { frameDistances, summaryReward } from "./reward.ts";

/** Four frames: two alike, one at a right angle to them, one opposite. */
const features = Float32Array.from([1, 0, 2, 0, 0, 1, -1, 0]);
const distances = frameDistances(features, 4);

test("a set's reward is half diversity and half representativeness", () => {
  // Frames 0 and 2: 1 − cos 90° = 1. Nearest distances: 0, 0, 0, √2 (to frame 2).
  expect(summaryReward(distances, [0, 2])).toBeCloseTo((1 + Math.exp(-Math.SQRT2 / 4)) / 2, 6);
  // Opposite frames: 1 − cos 180° = 2; the one between is √2 from both.
  expect(summaryReward(distances, [0, 3])).toBeCloseTo((2 + Math.exp(-Math.SQRT2 / 4)) / 2, 6);
});

test("one frame alone has no diversity, and an empty set is worth nothing", () => {
  expect(summaryReward(distances, [2])).toBeCloseTo(Math.exp(-(3 * Math.SQRT2) / 4) / 2, 6);
  expect(summaryReward(distances, [])).toBe(0);
});

test("taking a frame twice the length changes nothing: lengths don't count", () => {
  expect(summaryReward(distances, [0, 2])).toBeCloseTo(summaryReward(distances, [1, 2]), 6);
});

test("a set that adds a frame is never less representative", () => {
  const set = fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 30, maxLength: 30 }),
      set,
      fc.nat({ max: 9 }),
      (values, chosen, added) => {
        const random = frameDistances(Float32Array.from(values), 10);
        const nearest = (frames: number[]) =>
          summaryReward({ ...random, unlikeness: new Float32Array(100) }, frames);
        expect(nearest([...new Set([...chosen, added])])).toBeGreaterThanOrEqual(nearest(chosen) - 1e-12);
      },
    ),
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../../weights/random.ts";
import { drawVideos, meanInterval } from "./bootstrap.ts";
import { drawSigns, signFlipTest } from "./paired-test.ts";

const stream = (seed: number) => random(seed).stream("test");

describe("intervals by bootstrap over videos", () => {
  it("are as wide as the normal ones for many videos: 1.96 standard errors", () => {
    const values = Array.from({ length: 100 }, (_, at) => ((at * 37) % 100) / 100);
    const [low, high] = meanInterval(
      values,
      values.map(() => 1),
      drawVideos(100, stream(1)),
    );
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - 0.495) ** 2, 0)) / 100;
    expect((low + high) / 2).toBeCloseTo(0.495, 2);
    expect((high - low) / (2 * 1.96 * error)).toBeCloseTo(1, 1);
  });

  it("hold nothing but the value where all are equal, whatever the weights; videos without a value are left out", () => {
    const draws = drawVideos(4, stream(2));
    const [low, high] = meanInterval([0.25, 0.25, Number.NaN, 0.25], [0.1, 0.2, 0.3, 0.4], draws);
    expect(low).toBeCloseTo(0.25, 14);
    expect(high).toBeCloseTo(0.25, 14);
  });

  it("are the same for the same seed", () => {
    const of = (seed: number) => meanInterval([1, 2, 4, 8], [1, 1, 1, 1], drawVideos(4, stream(seed)));
    expect(of(3)).toEqual(of(3));
  });
});

describe("the sign-flip test", () => {
  it("is scipy's permutation_test of paired samples (1.17.1), all 256 patterns tried", () => {
    const differences = [0.031, -0.012, 0.05, 0.007, 0.022, -0.004, 0.018, 0.04];
    expect(signFlipTest(differences, drawSigns(8, stream(1)))).toBeCloseTo(0.046875, 12);
  });

  it("counts the patterns of signs that lead as far from 0", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 9 }),
        (differences) => {
          const total = Math.abs(differences.reduce((a, b) => a + b, 0));
          let asFar = 0;
          for (let pattern = 0; pattern < 2 ** differences.length; pattern++) {
            const sum = differences.reduce((all, one, at) => all + (pattern & (1 << at) ? -one : one), 0);
            if (Math.abs(sum) >= total) asFar++;
          }
          const signs = drawSigns(differences.length, stream(1));
          expect(signFlipTest(differences, signs)).toBeCloseTo(asFar / 2 ** differences.length, 12);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("draws patterns where they are too many: within .005 of all 2²⁰ tried", () => {
    const differences = Array.from({ length: 20 }, (_, at) => (((at * 37) % 41) - 17) / 100);
    const p = signFlipTest(differences, drawSigns(20, stream(4)));
    expect(Math.abs(p - 0.3874015808105469)).toBeLessThan(0.005);
  });

  it("finds nothing where there is no difference, and is the same for the same seed", () => {
    const signs = drawSigns(25, stream(5));
    expect(signFlipTest(new Array(25).fill(0), signs)).toBe(1);
    expect(signFlipTest([0.1, Number.NaN, -0.1], drawSigns(3, stream(5)))).toBe(1);
    expect(Buffer.compare(drawSigns(25, stream(5)).bits, signs.bits)).toBe(0);
  });
});

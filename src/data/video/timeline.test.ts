import fc from "fast-check";
import { expect, test } from "vitest";
import { endOf, frameAt, GrowingFloats, Instants, Periods } from "./timeline.ts";

const ascending = fc
  .array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 60 })
  .map((gaps) => gaps.map((_, i) => gaps.slice(0, i).reduce((a, b) => a + b, 0) / 1000));

test("each sampling instant shows the last frame that has begun by then", () => {
  fc.assert(
    fc.property(ascending, fc.constantFrom(0.5, 1, 2, 3), (list, fps) => {
      const times = Float64Array.from(list);
      const instants = new Instants(fps);
      const shown: number[] = [];
      const show = (index: number, count: number) => {
        for (let i = 0; i < count; i++) shown.push(index);
      };
      times.forEach((time, i) => {
        show(i - 1, instants.before(time));
      });
      const end = endOf(times, 0.04);
      show(times.length - 1, instants.before(end));
      for (const [k, index] of shown.entries()) {
        expect(times[index]).toBeLessThanOrEqual(k / fps + 1e-6);
        if (index + 1 < times.length) expect(times[index + 1]).toBeGreaterThan(k / fps);
        expect(frameAt(times, k / fps)).toBe(index);
      }
      expect((shown.length - 1) / fps).toBeLessThan(end);
      expect(shown.length / fps).toBeGreaterThanOrEqual(end - 1e-6);
    }),
  );
});

test("one frame opens each period that has any", () => {
  const periods = new Periods(2);
  expect([0, 0.1, 0.49, 0.5, 0.9, 2.2, 2.4, 2.5].map((time) => periods.opensWith(time))).toEqual([
    ...[true, false, false, true, false, true, false, true],
  ]);
});

test("the last frame lasts as long as the one before it, a single one as long as it is told", () => {
  expect(endOf(Float64Array.of(0, 0.04, 0.1), 1)).toBe(0.16);
  expect(endOf(Float64Array.of(0), 0.04)).toBe(0.04);
});

test("a growing list keeps what is pushed", () => {
  const list = new GrowingFloats();
  for (let i = 0; i < 5000; i++) list.push(i / 3);
  expect(list.length).toBe(5000);
  expect(list.view().every((value, i) => value === i / 3)).toBe(true);
});

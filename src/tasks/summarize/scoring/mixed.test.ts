import { expect, test } from "vitest";
import { mixed } from "./mixed.ts";

test("scores are means of ranks; the order adds places", () => {
  const a = { scores: Float32Array.of(0.1, 0.9, 0.9), order: Int32Array.of(1, 2, 0) };
  const b = { scores: Float32Array.of(0.6, 0.5, 0.7), order: Int32Array.of(2, 0, 1) };
  const { scores, order } = mixed([a, b]);
  expect([...scores]).toEqual([0.25, 0.375, 0.875]);
  expect([...order]).toEqual([2, 1, 0]);
});

test("one frame has rank 0", () => {
  const one = { scores: Float32Array.of(0.4), order: Int32Array.of(0) };
  expect(mixed([one, one])).toEqual({ scores: Float32Array.of(0), order: Int32Array.of(0) });
});

import { expect, test } from "vitest";
import { meanRanks } from "./mean-ranks.ts";

test("ranks go from 0 to 1, equals share theirs, and lists count alike whatever their scale", () => {
  expect([...meanRanks([[5, 1, 9]])]).toEqual([0.5, 0, 1]);
  expect([...meanRanks([[0.1, 0.9, 0.9], Float32Array.of(600, 500, 700)])]).toEqual([0.25, 0.375, 0.875]);
});

test("of one thing the rank is 0", () => {
  expect([...meanRanks([[4], [2]])]).toEqual([0]);
});

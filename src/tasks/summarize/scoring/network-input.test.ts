import { expect, test } from "vitest";
import { type inputParts, inputWidth, networkInput } from "./network-input.ts";

/** Four steps in two shots; the first two look the same. */
const seen = {
  features: { data: Float32Array.of(1, 0, 1, 0, 0, 1, 0, 2), width: 2 },
  picks: Int32Array.of(0, 10, 20, 30),
  frameCount: 40,
  shots: [
    { start: 0, end: 15 },
    { start: 15, end: 40 },
  ],
};
const columnsOf = (part: (typeof inputParts)[number]) => [...networkInput("one", seen, [part])];

test("features are centered and scaled as one", () => {
  const input = columnsOf("features");
  expect(input.reduce((a, b) => a + b)).toBeCloseTo(0, 6);
  expect(input.reduce((sum, value) => sum + value ** 2, 0) / input.length).toBeCloseTo(1, 6);
});

test("position is Legendre's first two polynomials at the frame's middle", () => {
  const p = 1 / 40 - 1;
  const input = columnsOf("position");
  expect(input[0]).toBeCloseTo(Math.sqrt(3) * p, 6);
  expect(input[1]).toBeCloseTo((Math.sqrt(5) / 2) * (3 * p * p - 1), 6);
});

test("duration is the logarithm of the shot's length less its mean over steps", () => {
  const [short, long] = [Math.log(15), Math.log(25)];
  const mean = (2 * short + 2 * long) / 4;
  columnsOf("duration").forEach((value, step) => {
    expect(value).toBeCloseTo((step < 2 ? short : long) - mean, 6);
  });
});

test("likeness does not depend on how long feature vectors are", () => {
  const input = columnsOf("likeness");
  // Each step is like one other and at right angles to two: all are equal, and equal columns are 0.
  expect(input.every((value) => Math.abs(value) < 1e-3)).toBe(true);
});

test("parts lie side by side in their own order, as wide as they are said to be", () => {
  const width = inputWidth(["position", "features"], 2);
  const input = networkInput("one", seen, ["position", "features"]);
  expect(input).toHaveLength(4 * width);
  expect([...input.subarray(0, 2)]).toEqual(columnsOf("features").slice(0, 2));
});

test("a video that lacks what a part is made of is named", () => {
  expect(() => networkInput("one", { ...seen, shots: undefined }, ["duration"])).toThrow(/one has no shots/);
  expect(() => networkInput("one", { ...seen, features: undefined }, ["likeness"])).toThrow(
    /one has no features/,
  );
});

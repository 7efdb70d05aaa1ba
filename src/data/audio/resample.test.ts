import { describe, expect, test } from "vitest";
import { InputError } from "../../graph/errors.ts";
import { resample } from "./resample.ts";

const tone = (frequency: number, rate: number, seconds: number) =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) =>
    Math.sin((2 * Math.PI * frequency * n) / rate),
  );

/** The largest difference away from the ends, where the filter sees beyond them. */
function difference(a: Float32Array, b: Float32Array, margin = 200): number {
  expect(Math.abs(a.length - b.length)).toBeLessThanOrEqual(1); // seconds are no whole number of samples at every rate
  let largest = 0;
  for (let i = margin; i < a.length - margin; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

describe.each([
  [8000, 16_000],
  [44_100, 16_000],
  [48_000, 16_000],
  [16_000, 22_050],
  [90, 100],
])("from %d to %d samples a second", (from, to) => {
  const band = Math.min(from, to) / 2;

  test("a tone that both rates hold stays the tone that it is", () => {
    const frequency = 0.3 * band;
    const seconds = 4000 / Math.min(from, to);
    expect(
      difference(resample(tone(frequency, from, seconds), from, to), tone(frequency, to, seconds)),
    ).toBeLessThan(2e-3);
  });

  test("a constant stays one", () => {
    const constant = resample(new Float32Array(3000).fill(0.5), from, to);
    expect(difference(constant, new Float32Array(constant.length).fill(0.5))).toBeLessThan(1e-6);
  });
});

test("what the lower rate can't hold is filtered out, not folded back", () => {
  const heard = resample(tone(7000, 32_000, 0.5), 32_000, 8000);
  expect(difference(heard, new Float32Array(heard.length))).toBeLessThan(1e-3);
});

test("a sound at its own rate is left as it is; rates that make no sense are named", () => {
  const sound = tone(100, 8000, 0.1);
  expect(resample(sound, 8000, 8000)).toBe(sound);
  expect(() => resample(sound, 0, 8000)).toThrow(InputError);
  expect(() => resample(sound, 8000, 11_025.5)).toThrow("whole numbers");
});

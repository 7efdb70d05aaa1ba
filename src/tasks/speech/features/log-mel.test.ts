import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../../weights/random.ts";
import { LogMelStream, logMel } from "./log-mel.ts";

/** Log-mel straight from its definition, by the discrete Fourier transform's sum. */
function reference(samples: Float32Array, rate: number, bands: number): number[] {
  const [window, hop] = [0.025 * rate, 0.01 * rate];
  const size = 2 ** Math.ceil(Math.log2(window));
  const mel = (f: number) => 2595 * Math.log10(1 + f / 700);
  const width = mel(rate / 2) / (bands + 1);
  const numbers: number[] = [];
  for (let start = 0; start + window <= samples.length; start += hop) {
    const power = Array.from({ length: size / 2 + 1 }, (_, k) => {
      let [re, im] = [0, 0];
      for (let n = 0; n < window; n++) {
        const value = samples[start + n] * Math.sin((Math.PI * n) / window) ** 2;
        re += value * Math.cos((2 * Math.PI * k * n) / size);
        im -= value * Math.sin((2 * Math.PI * k * n) / size);
      }
      return re * re + im * im;
    });
    for (let band = 1; band <= bands; band++) {
      const energy = power.reduce((sum, one, k) => {
        const distance = Math.abs(mel((k * rate) / size) - band * width) / width;
        return sum + one * Math.max(0, 1 - distance);
      }, 1e-8);
      numbers.push(Math.log(energy));
    }
  }
  return numbers;
}

const sound = (length: number) => {
  const draws = random(5).stream("sound");
  return Float32Array.from({ length }, (_, n) => 0.3 * Math.sin(n / 7) + 0.05 * (draws.uniform() - 0.5));
};

describe.each([
  [16_000, 40],
  [8000, 40],
  [16_000, 13],
])("at %d samples a second, %d bands", (rate, bands) => {
  test("features are what their definition says", () => {
    const samples = sound(0.05 * rate);
    const found = logMel(samples, { rate, bands });
    const expected = reference(samples, rate, bands);
    expect(found.length).toBe(expected.length);
    found.forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at], 5);
    });
  });
});

test("features of a stream are those of the whole sound, however it is cut into pieces", () => {
  const samples = sound(3000);
  const whole = [...logMel(samples)];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 30 }), (lengths) => {
      const stream = new LogMelStream();
      const found: number[] = [];
      let at = 0;
      for (const length of [...lengths, samples.length]) {
        for (const frame of stream.push(samples.subarray(at, at + length))) found.push(...frame);
        at += length;
      }
      expect(found).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

test("a stream that is reset begins anew", () => {
  const stream = new LogMelStream();
  stream.push(sound(333));
  stream.reset();
  expect(stream.push(sound(400)).map((frame) => [...frame])).toEqual([[...logMel(sound(400))]]);
});

test("silence is a number, and what is shorter than a window has no frame", () => {
  expect(logMel(new Float32Array(400)).every((value) => Math.abs(value - Math.log(1e-8)) < 1e-5)).toBe(true);
  expect(logMel(new Float32Array(399)).length).toBe(0);
});

test("settings that make no sense are named", () => {
  expect(() => logMel(sound(800), { bands: 0 })).toThrow("bands");
  expect(() => logMel(sound(800), { bands: 200 })).toThrow("holds no frequency");
  expect(() => logMel(sound(800), { window: 0.005 })).toThrow("make no sense");
});

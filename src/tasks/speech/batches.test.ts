import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { feedsOf, piecesOf } from "./batches.ts";
import type { Utterance } from "./corpus/utterance.ts";

const bands = 2;

/** Frame t of utterance u has features 1000 u + t and, but for the last two, label t mod 5. */
function utterances(lengths: readonly number[]): Utterance[] {
  return lengths.map((length, u) => ({
    name: `${u}`,
    speaker: "a",
    features: Float32Array.from({ length: length * bands }, (_, i) => 1000 * u + Math.floor(i / bands)),
    labels: Int32Array.from({ length }, (_, t) => (t < length - 2 ? t % 5 : -1)),
  }));
}

describe("pieces of utterances", () => {
  test("ask for every frame that has a label once, and let ten frames be heard before", () => {
    const lengths = fc.array(fc.integer({ min: 3, max: 90 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 40 }), fc.nat(), (lengths, length, seed) => {
        const pieces = piecesOf(utterances(lengths), bands, { length, seed });
        const asked = pieces.flatMap(({ labels, features }) =>
          [...labels].flatMap((label, t) => {
            if (label < 0) return [];
            const frame = features[t * bands];
            expect(label).toBe((frame % 1000) % 5);
            expect(t).toBeGreaterThanOrEqual(Math.min(10, frame % 1000));
            return frame;
          }),
        );
        const wanted = lengths.flatMap((count, u) =>
          Array.from({ length: count - 2 }, (_, t) => 1000 * u + t),
        );
        expect(asked.sort((a, b) => a - b)).toEqual(wanted);
      }),
    );
  });

  test("come in an order that the seed decides", () => {
    const names = (seed: number) =>
      piecesOf(utterances([80, 80]), bands, { length: 8, seed }).map(({ features }) => features[0]);
    expect(names(1)).toEqual(names(1));
    expect(names(1)).not.toEqual(names(2));
  });
});

test("a batch holds sequences side by side, filled up with silence and no labels", () => {
  const { x, labels } = feedsOf(utterances([3, 5]), bands);
  expect(x.dims).toEqual([5, 2, 2]);
  expect([...labels.data]).toEqual([0, 0, -1, 1, -1, 2, -1, -1, -1, -1]);
  expect([...x.data].slice(8)).toEqual([2, 2, 1002, 1002, 0, 0, 1003, 1003, 0, 0, 1004, 1004]);
});

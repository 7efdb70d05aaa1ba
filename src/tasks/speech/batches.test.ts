import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../graph/graph.ts";
import { compile, type Feeds } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import { initialWeights } from "../../weights/declare.ts";
import { batchesOf, feedsOf, piecesOf } from "./batches.ts";
import type { Utterance } from "./corpus/utterance.ts";
import { speechGraph } from "./model.ts";
import { speechObjective } from "./objective.ts";
import { taughtBy } from "./teacher.ts";

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

  test("bring along what a teacher says of their frames", () => {
    const [whole] = utterances([30]);
    const taught = Float32Array.from({ length: 60 }, (_, i) => i);
    for (const piece of piecesOf([{ ...whole, taught }], bands, { length: 7, seed: 1 })) {
      const of = [...piece.labels].map((label, t) =>
        label < 0 ? undefined : [piece.taught![2 * t], piece.features[2 * t]],
      );
      for (const pair of of) if (pair) expect(pair[0]).toBe(2 * pair[1]);
      const lead = piece.labels.findIndex((label) => label >= 0);
      expect([...piece.taught!.subarray(0, 2 * lead)].every((one) => one === 0)).toBe(true);
    }
  });
});

test("a batch holds sequences side by side, filled up with silence and no labels", () => {
  const { x, labels } = feedsOf(utterances([3, 5]), bands);
  expect(x.dims).toEqual([5, 2, 2]);
  expect([...labels.data]).toEqual([0, 0, -1, 1, -1, 2, -1, -1, -1, -1]);
  expect([...x.data].slice(8)).toEqual([2, 2, 1002, 1002, 0, 0, 1003, 1003, 0, 0, 1004, 1004]);
});

describe("a teacher", () => {
  const options = { cell: "lstm", layers: 1, units: 3, classes: 5 };
  const statistics = { mean: [40, 60], deviation: [30, 20] };
  const graph = speechGraph({ ...options, statistics });
  const model = { graph, weights: initialWeights(graph, 3) };
  const weights = Object.fromEntries(
    graph.inputs
      .filter(({ role }) => role === "weight")
      .map(({ name, shape }) => [name, tensor(model.weights[name], shape as number[])]),
  );

  async function lossOf(objective: Graph, feeds: Feeds): Promise<number> {
    const session = await compile(objective);
    const { loss } = await session.run({ ...weights, ...feeds });
    await session.release();
    return loss.data[0];
  }

  test("gives each frame that has a label probabilities that add up to 1, whatever is beside it", async () => {
    const taught = await taughtBy(model, utterances([9, 4, 20]), bands);
    const [alone] = await taughtBy(model, utterances([9]), bands);
    const together = taught.find(({ name }) => name === "0")!.taught!;
    for (const [i, one] of together.entries()) expect(one).toBeCloseTo(alone.taught![i], 6);
    for (const { labels, taught: found } of taught)
      labels.forEach((label, t) => {
        const sum = found!.subarray(5 * t, 5 * t + 5).reduce((a, b) => a + b);
        expect(sum).toBeCloseTo(label < 0 ? 0 : 1, 6);
      });
  });

  test("is half of what is wanted where its part is a half", async () => {
    const taught = await taughtBy(model, utterances([6, 8]), bands);
    const { feeds } = await batchesOf(taught, bands, 2).load([0]);
    const loss = await lossOf(speechObjective(graph, { teacher: 0.5 }), feeds);
    const hard = await lossOf(speechObjective(graph), { x: feeds.x, labels: feeds.labels });
    // The teacher is the network itself: against its own probabilities, cross-entropy is their entropy.
    const probabilities = taught.flatMap(({ labels, taught: all }) =>
      [...labels].flatMap((label, t) => (label < 0 ? [] : [[...all!.subarray(5 * t, 5 * t + 5)]])),
    );
    const entropies = probabilities.map((row) => -row.reduce((sum, p) => sum + p * Math.log(p), 0));
    const soft = entropies.reduce((a, b) => a + b) / entropies.length;
    expect(loss).toBeCloseTo((soft + hard) / 2, 5);
  });
});

import { describe, expect, test } from "vitest";
import { largestDifference, openEverywhere, type Tensors } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { determinant, kernelOf, plusIdentity } from "../../test/reference/determinant.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { gradient } from "../transform/gradient.ts";
import { random } from "../weights/random.ts";
import { type DppOptions, dppLogLikelihood, dppLogNormalizer } from "./dpp.ts";

const chosen = { shape: ["chosen"], dtype: "int32" as const };

function likelihoodGraph(width: number, options?: DppOptions): Graph {
  return trace({ quality: ["items"], features: ["items", width], chosen }, (given) => ({
    likelihood: dppLogLikelihood(given.quality, given.features, given.chosen, options),
  }));
}

function normalizerGraph(width: number): Graph {
  return trace({ quality: ["items"], features: ["items", width] }, ({ quality, features }) => ({
    normalizer: dppLogNormalizer(quality, features),
  }));
}

function itemsFor(items: number, width: number, seed = 1): Tensors {
  return randomFeeds(normalizerGraph(width), { sizes: { items }, between: { quality: [0.2, 1] }, seed });
}

/** The rows y ⊙ φ of B. */
function rowsOf({ quality, features }: Tensors): number[][] {
  const [items, width] = features.shape;
  return Array.from({ length: items }, (_, item) =>
    Array.from(features.data.subarray(item * width, (item + 1) * width), (one) => one * quality.data[item]),
  );
}

function subsetsOf(items: number): number[][] {
  const all = Array.from({ length: items }, (_, item) => item);
  return Array.from({ length: 2 ** items - 1 }, (_, code) => all.filter((item) => ((code + 1) >> item) & 1));
}

describe("the likelihoods of all subsets of 8 items", () => {
  const width = 10;
  const graph = likelihoodGraph(width);
  const subsets = subsetsOf(8);
  const feedsOf = (items: Tensors, subset: number[]): Tensors => ({
    ...items,
    chosen: tensor([subset.length], subset),
  });

  test.each([1, 2, 3])("sum to 1 (items %i)", (seed) => {
    const items = itemsFor(8, width, seed);
    const empty = Math.exp(-interpret(normalizerGraph(width), items).normalizer.data[0]);
    const likelihoods = subsets.map((subset) =>
      Math.exp(interpret(graph, feedsOf(items, subset)).likelihood.data[0]),
    );
    expect(likelihoods.reduce((a, b) => a + b, empty)).toBeCloseTo(1, 12);
  });

  test("sum to 1 on both runtimes, and each is det L_Y / det(L + I)", async () => {
    const items = itemsFor(8, width, 4);
    const rows = rowsOf(items);
    const whole = determinant(plusIdentity(kernelOf(rows)));
    const everywhere = await openEverywhere(graph);
    for (const run of [everywhere.native, everywhere.wasm]) {
      let sum = 1 / whole;
      for (const subset of subsets) {
        const { likelihood } = await run(feedsOf(items, subset));
        const expected = Math.log(determinant(kernelOf(rows, subset)) / whole);
        expect(Math.abs(likelihood.data[0] - expected)).toBeLessThan(1e-5);
        sum += Math.exp(likelihood.data[0]);
      }
      expect(sum).toBeCloseTo(1, 5);
    }
    await everywhere.release();
  });
});

test.each([
  [3, 6],
  [6, 3],
  [5, 5],
  [1, 1],
  [9, 2],
])("the normalizer of %i items with φ of width %i is log det(L + I)", (items, width) => {
  const feeds = itemsFor(items, width);
  const expected = Math.log(determinant(plusIdentity(kernelOf(rowsOf(feeds)))));
  expect(interpret(normalizerGraph(width), feeds).normalizer.data[0]).toBeCloseTo(expected, 12);
});

test("with jitter, a set of more items than φ is wide has the likelihood of L_Y + jitter · I", () => {
  const jitter = 1e-2;
  const feeds = { ...itemsFor(5, 2), chosen: tensor([4], [0, 1, 3, 4]) };
  const rows = rowsOf(feeds);
  const ofSet = kernelOf(rows, [0, 1, 3, 4]).map((row, i) =>
    row.map((value, j) => value + (i === j ? jitter : 0)),
  );
  const expected = Math.log(determinant(ofSet) / determinant(plusIdentity(kernelOf(rows))));
  const { likelihood } = interpret(likelihoodGraph(2, { jitter }), feeds);
  expect(likelihood.data[0]).toBeCloseTo(expected, 10);
});

test.each([
  { items: 6, width: 7, set: [4], jitter: 0 },
  { items: 6, width: 7, set: [5, 0, 2], jitter: 0 },
  { items: 6, width: 3, set: [0, 1, 2, 3, 4, 5], jitter: 0.1 },
])("its gradient is what differences give: $items items of width $width, set $set", (one) => {
  const names = ["quality", "features"];
  const plain = likelihoodGraph(one.width, { jitter: one.jitter });
  const graph = gradient(plain, { of: "likelihood", with: names });
  const feeds = { ...itemsFor(one.items, one.width), chosen: tensor([one.set.length], one.set) };
  expect(gradientError(graph, feeds, { of: "likelihood", with: names })).toBeLessThan(1e-8);
});

test("float32 quality and features of 935 items of width 256 are enough: finite, and equal to float64", async () => {
  const [items, width] = [935, 256];
  const graph = gradient(likelihoodGraph(width), { of: "likelihood", with: ["quality", "features"] });
  const set = Array.from({ length: 140 }, (_, k) => Math.floor((k * items) / 140));
  const feeds: Tensors = {
    quality: tensor([items], random(1).stream("quality").uniforms(new Float64Array(items)).map(Math.fround)),
    features: tensor([items, width], driftingRows(items, width)),
    chosen: tensor([set.length], set),
  };
  const everywhere = await openEverywhere(graph);
  const expected = everywhere.reference(feeds);
  for (const found of [await everywhere.native(feeds), await everywhere.wasm(feeds)]) {
    for (const [name, { data }] of Object.entries(found)) {
      const largest = expected[name].data.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
      expect(largestDifference(data, expected[name].data) / largest, name).toBeLessThan(1e-4);
    }
  }
  await everywhere.release();
});

/** Rows that resemble the ones before them, as a video's frames do. */
function driftingRows(items: number, width: number): Float64Array {
  const stream = random(2).stream("features");
  const rows = new Float64Array(items * width);
  for (let at = 0; at < rows.length; at++) {
    const before = at < width ? 0 : rows[at - width];
    rows[at] = Math.fround(0.9 * before + 0.4 * stream.normal());
  }
  return rows;
}

import { describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { largestDifference, openEverywhere } from "../../test/everywhere.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { scoreOf } from "../../test/reference/attention-scores.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { gradient } from "../transform/gradient.ts";
import { type AttentionScoreOptions, attentionScore } from "./attention-scores.ts";

const graphOf = (options: AttentionScoreOptions) =>
  trace({ q: ["batch", "m", options.queries], k: ["batch", "n", options.keys] }, ({ q, k }) => ({
    scores: attentionScore("score", options)(q, k),
  }));

describe.each<AttentionScoreOptions>([
  { kind: "dot", queries: 3, keys: 3 },
  { kind: "scaled", queries: 3, keys: 3 },
  { kind: "bilinear", queries: 3, keys: 2 },
  { kind: "additive", queries: 3, keys: 2 },
  { kind: "additive", queries: 3, keys: 2, units: 4 },
])("the score %j", (options) => {
  const { kind, queries, keys } = options;
  const graph = graphOf(options);

  test("agrees with plain loops for every query and key", async () => {
    const everywhere = await openEverywhere(graph);
    for (const sizes of [
      { batch: 1, m: 1, n: 1 },
      { batch: 3, m: 2, n: 5 },
    ]) {
      const feeds = randomFeeds(graph, { sizes });
      const vector = (name: "q" | "k", at: number, width: number) =>
        feeds[name].data.slice(at * width, (at + 1) * width);
      const { batch, m, n } = sizes;
      const expected = Float64Array.from({ length: batch * m * n }, (_, at) => {
        const row = Math.floor(at / n); // of batch and queries together
        const key = Math.floor(row / m) * n + (at % n);
        const weights = (name: string) => feeds[`score.${name}`];
        return scoreOf(kind, vector("q", row, queries), vector("k", key, keys), weights);
      });
      expect(everywhere.reference(feeds).scores.shape).toEqual([batch, m, n]);
      expect(largestDifference(everywhere.reference(feeds).scores.data, expected)).toBeLessThan(1e-12);
      expect(largestDifference((await everywhere.native(feeds)).scores.data, expected)).toBeLessThan(1e-5);
      expect(largestDifference((await everywhere.wasm(feeds)).scores.data, expected)).toBeLessThan(1e-5);
    }
    await everywhere.release();
  });

  test("has the gradient that differences give", () => {
    const of = { of: "loss", with: graph.inputs.map(({ name }) => name) };
    const training = gradient(withLoss(graph), of);
    const feeds = randomFeeds(training, { sizes: { batch: 2, m: 2, n: 3 } });
    expect(gradientError(training, feeds, of)).toBeLessThan(1e-8);
  });
});

test.each<[AttentionScoreOptions, string]>([
  [
    { kind: "dot", queries: 3, keys: 2 },
    'option kind: "dot" needs queries and keys of one width, not 3 and 2',
  ],
  [{ kind: "scaled", queries: 2, keys: 3 }, 'option kind: "scaled" needs queries and keys of one width'],
  [{ kind: "cosine" as "dot", queries: 2, keys: 2 }, "option kind: "],
  [{ kind: "additive", queries: 2, keys: 2, units: 0 }, "option units: "],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => attentionScore("score", options)).toThrow(InputError);
  expect(() => attentionScore("score", options)).toThrow(`attentionScore "score": ${message}`);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Everywhere,
  expectEverywhere,
  largestDifference,
  openEverywhere,
  type Tensors,
} from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { distributionOf, scoreOf } from "../../test/reference/crf.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import type { Value } from "../graph/value.ts";
import { gradient } from "../transform/gradient.ts";
import { type CrfOptions, crf } from "./crf.ts";
import type { CrfScores } from "./crf-decode.ts";
import { tagConstraint, tagSet } from "./tag-schemes.ts";

const steps = ["time", "batch"];
const labels = { shape: steps, dtype: "int32" as const };
const mask = { shape: steps, dtype: "bool" as const };

function crfGraph(options: CrfOptions): Graph {
  const chain = crf("crf", options);
  return trace({ emissions: [...steps, options.tags], labels, mask }, ({ emissions, labels, mask }) => {
    const likelihood = chain.logLikelihood(emissions, labels, { mask });
    return {
      normalizer: chain.logNormalizer(emissions, { mask }),
      score: chain.score(emissions, labels, { mask }),
      marginals: chain.marginals(emissions, { mask }),
      loss: likelihood.sum(),
    };
  });
}

/** Random numbers for sequences of given lengths; labels of steps that are not there are −100, as PyTorch pads. */
function feedsFor(
  graph: Graph,
  lengths: readonly number[],
  tags: number,
  { leading = false, seed = 1 } = {},
): Tensors {
  const [time, batch] = [Math.max(...lengths), lengths.length];
  const there = Array.from({ length: time * batch }, (_, at) => {
    const t = Math.floor(at / batch);
    return (leading ? time - 1 - t : t) < lengths[at % batch] ? 1 : 0;
  });
  const feeds = randomFeeds(graph, {
    sizes: { time, batch },
    between: { labels: [0, tags] },
    fixed: { mask: there },
    seed,
  });
  const padded = feeds.labels.data.map((label, at) => (there[at] ? label : -100));
  return { ...feeds, labels: tensor([time, batch], padded) };
}

/** The steps of one sequence that are there, and its labels. */
function sequenceOf(feeds: Tensors, sequence: number) {
  const [time, batch, tags] = feeds.emissions.shape;
  const there = Array.from({ length: time }, (_, t) => t * batch + sequence).filter(
    (at) => feeds.mask.data[at],
  );
  return {
    there,
    emissions: there.map((at) => Array.from(feeds.emissions.data.subarray(at * tags, (at + 1) * tags))),
    labels: there.map((at) => feeds.labels.data[at]),
  };
}

function scoresOf(feeds: Tensors): CrfScores {
  return {
    start: feeds["crf.start"].data,
    transition: feeds["crf.transition"].data,
    end: feeds["crf.end"].data,
  };
}

/** What the definition gives for all outputs. */
function expectedOf(feeds: Tensors, scores = scoresOf(feeds)): Record<string, Float64Array> {
  const [time, batch, tags] = feeds.emissions.shape;
  const normalizer = new Float64Array(batch);
  const score = new Float64Array(batch);
  const marginals = new Float64Array(time * batch * tags);
  for (let sequence = 0; sequence < batch; sequence++) {
    const { there, emissions, labels } = sequenceOf(feeds, sequence);
    const found = distributionOf(emissions, scores);
    normalizer[sequence] = found.logNormalizer;
    score[sequence] = scoreOf(labels, emissions, scores);
    there.forEach((at, t) => {
      marginals.set(found.marginals[t], at * tags);
    });
  }
  const loss = Float64Array.of(score.reduce((sum, one, at) => sum + one - normalizer[at], 0));
  return { normalizer, score, marginals, loss };
}

describe("a CRF of 4 tags is what all tag sequences make it", () => {
  const graph = crfGraph({ tags: 4 });
  let everywhere: Everywhere;
  beforeAll(async () => {
    everywhere = await openEverywhere(graph);
  });
  afterAll(() => everywhere.release());

  test.each([
    { lengths: [1] },
    { lengths: [5] },
    { lengths: [5, 5, 5] },
    { lengths: [5, 1, 3, 4] },
    { lengths: [5, 1, 3, 4], leading: true },
  ])("lengths $lengths, padded before: $leading", async ({ lengths, leading = false }) => {
    const feeds = feedsFor(graph, lengths, 4, { leading });
    const expected = expectedOf(feeds);
    await expectEverywhere(everywhere, feeds, expected);
  });

  test("marginals sum to 1 over a long sequence, with scores as large as networks give", async () => {
    const feeds = feedsFor(graph, [400, 250], 4);
    const large: Tensors = {
      ...feeds,
      emissions: tensor(
        [400, 2, 4],
        feeds.emissions.data.map((one) => one * 40),
      ),
    };
    for (const found of [
      everywhere.reference(large),
      await everywhere.native(large),
      await everywhere.wasm(large),
    ]) {
      for (let at = 0; at < 800; at++) {
        const sum = found.marginals.data.subarray(at * 4, (at + 1) * 4).reduce((a, b) => a + b);
        expect(Math.abs(sum - large.mask.data[at])).toBeLessThan(1e-4);
      }
    }
  });

  test("a sequence without any step has likelihood 1", () => {
    const found = everywhere.reference(feedsFor(graph, [2, 0], 4));
    expect(found.normalizer.data[1]).toBe(0);
    expect(found.score.data[1]).toBe(0);
  });

  test.each(["native", "wasm"] as const)("a label outside the tags does not pass: %s", async (runtime) => {
    const feeds = feedsFor(graph, [3], 4);
    for (const labels of [
      [0, 4, 0],
      [0, 0, 4],
      [-1, 0, 0],
    ]) {
      const run = everywhere[runtime]({ ...feeds, labels: tensor([3, 1], labels) });
      await expect(run).rejects.toThrow(InputError);
    }
  });

  test("says that sequences of length 0 can't be", async () => {
    await expect(everywhere.native(feedsFor(graph, [0], 4))).rejects.toThrow(/time is 0.*at least one step/);
  });
});

test.each([{ lengths: [4] }, { lengths: [3, 1, 4] }])(
  "its gradient is what differences give: lengths $lengths",
  ({ lengths }) => {
    const plain = crfGraph({ tags: 3 });
    const names = ["emissions", "crf.start", "crf.transition", "crf.end"];
    const graph = gradient(plain, { of: "loss", with: names });
    expect(gradientError(graph, feedsFor(plain, lengths, 3), { of: "loss", with: names })).toBeLessThan(1e-8);
  },
);

test("without a mask, all steps are there", () => {
  const chain = crf("crf", { tags: 4 });
  const likelihood = trace({ emissions: [...steps, 4], labels }, ({ emissions, labels }) => ({
    loss: chain.logLikelihood(emissions, labels).sum(),
  }));
  const feeds = feedsFor(crfGraph({ tags: 4 }), [3, 3], 4);
  const { mask: _, ...withoutMask } = feeds;
  expect(interpret(likelihood, withoutMask).loss.data[0]).toBeCloseTo(expectedOf(feeds).loss[0], 12);
});

test.each(["BIO", "BIOES"] as const)(
  "forbidden moves of %s have no probability, whatever the weights",
  (scheme) => {
    const tags = tagSet(scheme, ["A"]);
    const constraint = tagConstraint(scheme, tags);
    const graph = crfGraph({ tags: tags.length, constraint });
    const feeds = feedsFor(graph, [4, 2], tags.length);
    const only = (numbers: Float64Array, allowed: readonly boolean[]) =>
      numbers.map((one, at) => (allowed[at] ? one : Number.NEGATIVE_INFINITY));
    const plain = scoresOf(feeds);
    const excluded = {
      start: only(plain.start as Float64Array, constraint.start),
      transition: only(plain.transition as Float64Array, constraint.transition.flat()),
      end: only(plain.end as Float64Array, constraint.end),
    };
    const found = interpret(graph, feeds);
    const { normalizer, marginals } = expectedOf(feeds, excluded);
    expect(largestDifference(found.normalizer.data, normalizer)).toBeLessThan(1e-10);
    expect(largestDifference(found.marginals.data, marginals)).toBeLessThan(1e-10);
  },
);

describe("refuses", () => {
  const constraint = tagConstraint("BIO", ["O", "B-A", "I-A"]);
  test.each([
    [{ tags: 0 }, /crf "crf": option tags/],
    [{ tags: 2.5 }, /crf "crf": option tags/],
    [{ tags: 4, constraint }, /crf "crf": option constraint: is for 3 tags, not 4/],
  ])("options %#", (options, message) => {
    expect(() => crf("crf", options)).toThrow(InputError);
    expect(() => crf("crf", options)).toThrow(message);
  });

  const chain = crf("crf", { tags: 4 });
  const write = (write: (given: Record<string, Value>) => Value) => () =>
    trace(
      {
        emissions: [...steps, 4],
        narrow: [...steps, 3],
        labels,
        mask,
        turned: { shape: ["batch", "time"], dtype: "bool" },
        floats: steps,
      },
      (given) => ({ found: write(given) }),
    );
  test.each([
    [
      "emissions of another width",
      write((g) => chain.logNormalizer(g.narrow)),
      /emissions must be \[time, batch, 4\], not \[time, batch, 3\]/,
    ],
    [
      "a mask of the wrong shape",
      write((g) => chain.logNormalizer(g.emissions, { mask: g.turned })),
      /the mask must be bool \[time, batch\], not bool \[batch, time\]/,
    ],
    [
      "labels that are no numbers of tags",
      write((g) => chain.score(g.emissions, g.floats)),
      /labels must be int32 \[time, batch\], not float32/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(InputError);
    expect(act).toThrow(message);
  });
});

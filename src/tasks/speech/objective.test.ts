import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { randomFeeds } from "../../../test/feeds.ts";
import type { Graph } from "../../graph/graph.ts";
import { interpret } from "../../graph/interpret.ts";
import { gradient } from "../../transform/gradient.ts";
import { initialWeights } from "../../weights/declare.ts";
import { speechGraph } from "./model.ts";
import { speechObjective } from "./objective.ts";

const classes = 5;
const statistics = { mean: [0, 0.1], deviation: [1, 0.5] };
const network = speechGraph({ cell: "lstm", layers: 1, units: 3, classes, statistics });
const teacher = { graph: network, weights: initialWeights(network, 3) };
/** 6 frames of 2 sequences, a third of them without a label. */
const labels = [0, 1, -1, 4, 2, -1, 3, 3, -1, 0, 1, -1];
const withTeachersWeights = (feeds: ReturnType<typeof randomFeeds>) => ({
  ...feeds,
  ...Object.fromEntries(
    Object.entries(teacher.weights).map(([path, data]) => [
      path,
      { ...feeds[path], data: Float64Array.from(data) },
    ]),
  ),
});
const feedsOf = (graph: Graph, seed: number) =>
  randomFeeds(graph, { sizes: { time: 6, batch: 2 }, fixed: { labels }, seed });

/** Probabilities of each frame's classes. */
function probabilities({ labels: _, ...feeds }: ReturnType<typeof feedsOf>): number[][] {
  const logits = interpret(network, feeds).logits.data;
  return labels.map((_, frame) => {
    const powers = Array.from({ length: classes }, (_, k) => Math.exp(logits[frame * classes + k]));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  });
}

describe("what an acoustic model is trained for", () => {
  test("is to find the labels likely, where there are any", () => {
    const objective = speechObjective(network);
    const feeds = feedsOf(objective, 1);
    const { loss, accuracy } = interpret(objective, feeds);
    const found = probabilities(feeds);
    const asked = labels.flatMap((label, frame) => (label < 0 ? [] : [{ label, of: found[frame] }]));
    const entropy = asked.reduce((sum, { label, of }) => sum - Math.log(of[label]), 0) / asked.length;
    const right = asked.filter(({ label, of }) => of[label] === Math.max(...of)).length;
    expect(loss.data[0]).toBeCloseTo(entropy, 10);
    expect(accuracy.data[0]).toBeCloseTo(right / asked.length, 10);
  });

  test("with a teacher, is to tell what it tells of the same frames", () => {
    const objective = speechObjective(network, { teacher });
    const feeds = feedsOf(objective, 1);
    const own = probabilities(feeds);
    const wanted = probabilities(withTeachersWeights(feeds));
    const asked = labels.flatMap((label, frame) => (label < 0 ? [] : [frame]));
    const entropy = asked.reduce(
      (sum, frame) => sum - wanted[frame].reduce((all, p, k) => all + p * Math.log(own[frame][k]), 0),
      0,
    );
    expect(interpret(objective, feeds).loss.data[0]).toBeCloseTo(entropy / asked.length, 6);
  });

  test("has nothing to learn from a teacher that it equals", () => {
    const training = gradient(speechObjective(network, { teacher }), {
      of: "loss",
      with: Object.keys(teacher.weights),
    });
    const results = interpret(training, withTeachersWeights(feedsOf(training, 1)));
    for (const path of Object.keys(teacher.weights)) {
      const { data } = results[`gradient.${path}`];
      expect(largestDifference(data, new Float64Array(data.length))).toBeLessThan(1e-12);
    }
  });
});

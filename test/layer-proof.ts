/**
 * What every layer over sequences must keep to: it agrees with plain float64 loops on the interpreter and on both
 * runtimes, over a grid of lengths and over masks with and without holes; its gradients agree with finite differences;
 * and steps that are not there, whatever they hold, change nothing, nor does adding more of them.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Graph } from "../src/graph/graph.ts";
import { interpret } from "../src/graph/interpret.ts";
import { gradient } from "../src/transform/gradient.ts";
import { withLoss } from "./cases.ts";
import {
  type Everywhere,
  expectEverywhere,
  largestDifference,
  openEverywhere,
  type Tensors,
} from "./everywhere.ts";
import { randomFeeds } from "./feeds.ts";
import { gradientError } from "./finite-differences.ts";

export interface LayerProof {
  /** Reads sequences along "time", over a mask [time, batch], and perhaps others along "steps". */
  graph: Graph;
  /** The outputs by name, written in loops. */
  expected: (feeds: Tensors) => Record<string, Float64Array>;
  /** The outputs that more absent steps leave as they are, from their first number on: all, unless stated. */
  keeps?: readonly string[];
}

interface Situation {
  time: number;
  batch: number;
  /** Whether steps are absent anywhere, rather than at the end. */
  holes?: boolean;
}

const situations: Situation[] = [
  ...[1, 2, 17].flatMap((time) => [1, 3].map((batch) => ({ time, batch }))),
  { time: 9, batch: 3, holes: true },
];

/** The first sequence has all steps, the second half of them, the third none. */
const lengthOf = (time: number, row: number) => Math.round(time * (1 - row / 2));

function feedsFor(graph: Graph, { time, batch, holes = false }: Situation): Tensors {
  const sizes: Record<string, number> = { time, batch, steps: 5 };
  const masks = graph.inputs.filter(({ dtype }) => dtype === "bool" && !holes);
  const atEnd = ({ shape: [axis] }: (typeof masks)[number]) => {
    const length = sizes[`${axis}`];
    return Array.from({ length: length * batch }, (_, at) =>
      Number(Math.floor(at / batch) < lengthOf(length, at % batch)),
    );
  };
  return randomFeeds(graph, {
    sizes,
    fixed: Object.fromEntries(masks.map((mask) => [mask.name, atEnd(mask)])),
    between: Object.fromEntries(graph.inputs.map(({ name }) => [name, [-0.9, 0.9]])),
  });
}

/** The same feeds with more steps, none of them there, that hold NaN. */
function lengthened(graph: Graph, feeds: Tensors): Tensors {
  const entries = graph.inputs.map(({ name, shape: [axis], dtype }) => {
    const { shape, data } = feeds[name];
    if (!["time", "steps"].includes(`${axis}`)) return [name, feeds[name]];
    const more = new Float64Array((data.length / shape[0]) * 3).fill(dtype === "bool" ? 0 : Number.NaN);
    return [name, { shape: shape.with(0, shape[0] + 3), data: Float64Array.of(...data, ...more) }];
  });
  return Object.fromEntries(entries);
}

/** Declares the tests of a layer. */
export function proveLayer(title: string, { graph, expected, keeps }: LayerProof): void {
  describe(title, () => {
    let everywhere: Everywhere;
    beforeAll(async () => {
      everywhere = await openEverywhere(graph);
    });
    afterAll(() => everywhere.release());

    test.each(situations)("agrees with plain loops: %j", async (situation) => {
      const feeds = feedsFor(graph, situation);
      const wanted = expected(feeds);
      await expectEverywhere(everywhere, feeds, wanted);
    });

    test("has the gradient that differences give", () => {
      const names = graph.inputs
        .filter(({ dtype, role }) => dtype === "float32" && role !== "noise")
        .map(({ name }) => name);
      const of = { of: "loss", with: names };
      const training = gradient(withLoss(graph), of);
      expect(gradientError(training, feedsFor(training, { time: 4, batch: 3 }), of)).toBeLessThan(1e-7);
    });

    test("more steps that are not there, and hold no numbers, change nothing", () => {
      const feeds = feedsFor(graph, { time: 6, batch: 3 });
      const plain = interpret(graph, feeds);
      const longer = interpret(graph, lengthened(graph, feeds));
      for (const name of keeps ?? Object.keys(plain)) {
        const { data } = plain[name];
        expect(largestDifference(longer[name].data.slice(0, data.length), data), name).toBeLessThan(1e-14);
      }
    });
  });
}

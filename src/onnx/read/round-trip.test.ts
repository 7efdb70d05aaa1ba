/** Models that are written and read again. */
import { expect, test } from "vitest";
import { type Case, traceCase } from "../../../test/cases.ts";
import { largestDifference } from "../../../test/everywhere.ts";
import { randomFeeds } from "../../../test/feeds.ts";
import { loopCases } from "../../../test/loop-cases.ts";
import { operatorCases } from "../../../test/operator-cases.ts";
import { randomProgram } from "../../../test/random-programs.ts";
import type { Graph } from "../../graph/graph.ts";
import { type ArrayTensor, interpret } from "../../graph/interpret.ts";
import { constant } from "../../graph/value.ts";
import { rewriteGraph } from "../../transform/rewrite.ts";
import { toOnnx } from "../lower.ts";
import { readOnnx } from "./model.ts";

type Feeds = Record<string, ArrayTensor>;

/** Inputs that the graph has, of those fed to another. */
const fitting = ({ inputs }: Graph, feeds: Feeds): Feeds =>
  Object.fromEntries(inputs.map(({ name }) => [name, feeds[name]]));

/** The graph with its constants as a file holds them. */
const rounded = (graph: Graph): Graph =>
  rewriteGraph(graph, {
    node: (node) => {
      const [{ dtype, shape }] = node.results;
      if (!node.is("constant") || dtype !== "float32") return undefined;
      return [constant(Float64Array.from(node.attributes.data, Math.fround), dtype, shape as number[])];
    },
  });

function expectSame(graph: Graph, found: Graph, feeds: Feeds): void {
  const expected = interpret(rounded(graph), feeds);
  const results = interpret(found, fitting(found, feeds));
  expect(Object.keys(results)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(results)) {
    expect(shape).toEqual(expected[name].shape);
    expect(largestDifference(data, expected[name].data), name).toBeLessThan(1e-12);
  }
}

const operators = Object.entries(operatorCases).flatMap(([op, cases]) =>
  cases.map((one): [string, Case] => [`${op}, ${one.title}`, one]),
);
const loops = loopCases.map((one): [string, Case] => [`a loop, ${one.title}`, one]);
const programs = Array.from({ length: 30 }, (_, seed): [string, Case] => [
  `program ${seed}`,
  randomProgram(seed),
]);

test.each([...operators, ...loops, ...programs])("%s: written and read, it computes the same", (_, one) => {
  const graph = traceCase(one);
  expectSame(graph, readOnnx(toOnnx(graph)).graph, randomFeeds(graph, one));
});

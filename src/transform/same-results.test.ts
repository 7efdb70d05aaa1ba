import { describe, expect, test } from "vitest";
import { type Case, differentiable, traceCase, withLoss } from "../../test/cases.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { loopCases } from "../../test/loop-cases.ts";
import { operatorCases } from "../../test/operator-cases.ts";
import { randomProgram } from "../../test/random-programs.ts";
import type { Graph } from "../graph/graph.ts";
import { type ArrayTensor, interpret } from "../graph/interpret.ts";
import { operators } from "../graph/operators.ts";
import { expandInverses } from "./expand-inverses.ts";
import { gradient } from "./gradient.ts";
import { hoist } from "./hoist.ts";
import { rewriteGraph } from "./rewrite.ts";
import { simplify } from "./simplify.ts";

function trained(one: Case): Graph {
  const graph = traceCase(one);
  return gradient(withLoss(graph), { of: "loss", with: one.with ?? differentiable(graph) });
}

/** The largest difference between two runs, relative to each output's largest number (or to 1e-3). */
function difference(found: Record<string, ArrayTensor>, expected: Record<string, ArrayTensor>): number {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  const differences = Object.entries(expected).map(([name, { shape, data }]) => {
    expect(found[name].shape).toEqual(shape);
    const scale = data.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-3);
    return data.reduce((most, one, i) => {
      const error = Math.abs(found[name].data[i] - one) / scale;
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error);
    }, 0);
  });
  return Math.max(...differences);
}

const transforms: [string, (graph: Graph) => Graph][] = [
  ["rewriting by no rule", (graph) => rewriteGraph(graph, {})],
  ["hoist", hoist],
  ["simplify", simplify],
  ["simplify after hoist", (graph) => simplify(hoist(graph))],
  ["hoist after simplify", (graph) => hoist(simplify(graph))],
  ["expanding inverses", expandInverses],
];

describe.each(transforms)("%s leaves what a graph and its gradient compute:", (_, transform) => {
  const programs = Array.from({ length: 60 }, (_, seed) => randomProgram(seed));
  const cases = [...operators.flatMap((op) => operatorCases[op]), ...loopCases, ...programs];
  test.each(cases)("$title", (one) => {
    const graph = trained(one);
    const transformed = transform(graph);
    expect(transformed.inputs.map(({ name }) => name).sort()).toEqual(
      graph.inputs.map(({ name }) => name).sort(),
    );
    const feeds = randomFeeds(graph, one);
    expect(difference(interpret(transformed, feeds), interpret(graph, feeds))).toBeLessThan(1e-9);
  });
});

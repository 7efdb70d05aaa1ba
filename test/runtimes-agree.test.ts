import { describe, expect, test } from "vitest";
import type { Graph } from "../src/graph/graph.ts";
import { type ArrayTensor, interpret } from "../src/graph/interpret.ts";
import { operators } from "../src/graph/operators.ts";
import type { BackendName } from "../src/runtime/backend.ts";
import { compile, type Feeds } from "../src/runtime/session.ts";
import { type Tensor, tensor } from "../src/runtime/tensor.ts";
import { gradient } from "../src/transform/gradient.ts";
import { type Case, differentiable, traceCase, withLoss } from "./cases.ts";
import { randomFeeds } from "./feeds.ts";
import { loopCases } from "./loop-cases.ts";
import { operatorCases } from "./operator-cases.ts";
import { randomProgram } from "./random-programs.ts";

/** Sums that nearly cancel cost programs drawn at random a few digits more. */
const programs = Array.from({ length: 40 }, (_, seed) => randomProgram(seed, { smooth: true }));

/** A case's outputs and the gradient of all its inputs. */
function trained(one: Case): Graph {
  const graph = traceCase(one);
  return gradient(withLoss(graph), { of: "loss", with: differentiable(graph) });
}

/** Feeds that float32 holds exactly. */
function feedsOf(graph: Graph, one: Case): Record<string, ArrayTensor> {
  const feeds = randomFeeds(graph, one);
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [name, { shape, data: data.map(Math.fround) }]),
  );
}

function toRuntime(graph: Graph, feeds: Record<string, ArrayTensor>): Feeds {
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype }) => [name, tensor(feeds[name].data, feeds[name].shape, dtype)]),
  );
}

/** The largest difference between two tensors, relative to the largest number (or to 1e-3). */
function difference(found: Tensor, expected: ArrayTensor): number {
  expect([...found.dims]).toEqual([...expected.shape]);
  const scale = expected.data.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-3);
  return expected.data.reduce((most, one, i) => {
    const error = Math.abs(Number(found.data[i]) - one) / scale;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error);
  }, 0);
}

async function compare(one: Case, backend: BackendName, tolerance = 1e-5): Promise<void> {
  const graph = trained(one);
  const feeds = feedsOf(graph, one);
  const session = await compile(graph, { backend });
  try {
    const found = await session.run(toRuntime(graph, feeds));
    const expected = interpret(graph, feeds);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, tensor] of Object.entries(found)) {
      expect(tensor.dtype).toBe(graph.outputs[name].dtype);
      expect(difference(tensor, expected[name]), name).toBeLessThan(tolerance);
    }
  } finally {
    await session.release();
  }
}

describe.each(["native", "wasm"] as const)(
  "%s computes what the reference computes, and its gradient:",
  (backend) => {
    for (const op of operators) test.each(operatorCases[op])("$title", (one) => compare(one, backend));
    test.each(loopCases)("$title", (one) => compare(one, backend));
    test.each(programs)("$title", (one) => compare(one, backend, 1e-3));
  },
);

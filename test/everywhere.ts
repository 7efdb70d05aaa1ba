/** One graph on the float64 reference and on both runtimes, for tests that hold all three to one answer. */
import { expect } from "vitest";
import type { Graph } from "../src/graph/graph.ts";
import { type ArrayTensor, interpret } from "../src/graph/interpret.ts";
import { compile, type Feeds } from "../src/runtime/session.ts";
import { tensor } from "../src/runtime/tensor.ts";

export type Tensors = Record<string, ArrayTensor>;

export interface Everywhere {
  reference(feeds: Tensors): Tensors;
  native(feeds: Tensors): Promise<Tensors>;
  wasm(feeds: Tensors): Promise<Tensors>;
  release(): Promise<void>;
}

export async function openEverywhere(graph: Graph): Promise<Everywhere> {
  const sessions = {
    native: await compile(graph, { backend: "native" }),
    wasm: await compile(graph, { backend: "wasm" }),
  };
  const run = (backend: "native" | "wasm") => async (feeds: Tensors) => {
    const found = await sessions[backend].run(toFeeds(graph, feeds));
    const entries = Object.entries(found).map(([name, { dims, data }]) => [
      name,
      { shape: dims, data: Float64Array.from(data) },
    ]);
    return Object.fromEntries(entries) as Tensors;
  };
  return {
    reference: (feeds) => interpret(graph, feeds),
    native: run("native"),
    wasm: run("wasm"),
    async release() {
      await sessions.native.release();
      await sessions.wasm.release();
    },
  };
}

/** Reference tensors as a session takes them. */
export function toFeeds(graph: Graph, feeds: Tensors): Feeds {
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype }) => [name, tensor(feeds[name].data, feeds[name].shape, dtype)]),
  );
}

/** The largest difference between two lists of numbers; infinite where one is NaN or the lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, difference);
  }
  return most;
}

/** Expects a graph's outputs to be these numbers and no others: of the reference to 1e-12, of both runtimes to 1e-5. */
export async function expectEverywhere(
  everywhere: Everywhere,
  feeds: Tensors,
  wanted: Readonly<Record<string, Float64Array>>,
): Promise<void> {
  const results: [Tensors, number][] = [
    [everywhere.reference(feeds), 1e-12],
    [await everywhere.native(feeds), 1e-5],
    [await everywhere.wasm(feeds), 1e-5],
  ];
  for (const [found, tolerance] of results) {
    expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, numbers] of Object.entries(wanted))
      expect(largestDifference(found[name].data, numbers), name).toBeLessThan(tolerance);
  }
}

/** What another implementation computed, kept in test/goldens, and what it means for a graph of ours to agree with it. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Graph } from "../src/graph/graph.ts";
import type { ArrayTensor } from "../src/graph/interpret.ts";
import { gradient } from "../src/transform/gradient.ts";
import { withLoss } from "./cases.ts";
import { largestDifference, openEverywhere, type Tensors } from "./everywhere.ts";

/** One case of bench/goldens.py, by the other implementation's names and in its layouts. */
export interface Golden {
  title: string;
  options: Record<string, unknown>;
  /** Of the sequences in a padded batch: of the memory, where there is one beside x. */
  lengths?: readonly number[];
  inputs: Tensors;
  weights: Tensors;
  /** The loss is the sum of outputs × seeds. */
  seeds: Tensors;
  outputs: Tensors;
  /** Of the loss, by inputs and weights. */
  gradients: Tensors;
}

/** A weight of ours, as theirs give it: its value, and its gradient from their gradients. */
export interface Counterpart {
  value: (weights: Tensors) => ArrayTensor;
  gradient: (gradients: Tensors) => ArrayTensor;
}

/** Reads a file of test/goldens. */
export function readGoldens(name: string): Golden[] {
  const text = readFileSync(new URL(`goldens/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text, (key, value) => (key === "data" ? Float64Array.from(value) : value)).cases;
}

/** A weight that lies otherwise in memory, and so does its gradient. */
export const rearranged = (rearrange: (from: Tensors) => ArrayTensor): Counterpart => ({
  value: rearrange,
  gradient: rearrange,
});

/**
 * Expects a graph, whose inputs and outputs bear the golden's names, to give its outputs and all its gradients, on the
 * interpreter and on both runtimes.
 *
 * @param counterparts the graph's weights by path.
 */
export async function expectGolden(
  golden: Golden,
  plain: Graph,
  counterparts: Record<string, Counterpart>,
): Promise<void> {
  const names = [...Object.keys(golden.inputs), ...Object.keys(counterparts)];
  const graph = gradient(withLoss(plain), { of: "loss", with: names });
  const feeds: Tensors = {
    ...golden.inputs,
    ...mapped(counterparts, ({ value }) => value(golden.weights)),
    ...prefixed("seed", golden.seeds),
    ...(golden.lengths && { mask: maskOf(golden.lengths, (golden.inputs.memory ?? golden.inputs.x).shape) }),
  };
  const wanted: Tensors = {
    ...golden.outputs,
    ...prefixed(
      "gradient",
      mapped(golden.inputs, (_, name) => golden.gradients[name]),
    ),
    ...prefixed(
      "gradient",
      mapped(counterparts, ({ gradient }) => gradient(golden.gradients)),
    ),
  };
  const everywhere = await openEverywhere(graph);
  try {
    const results: [Tensors, number][] = [
      [everywhere.reference(feeds), 1e-9],
      [await everywhere.native(feeds), 1e-5],
      [await everywhere.wasm(feeds), 1e-5],
    ];
    for (const [found, tolerance] of results) {
      for (const [name, { shape, data }] of Object.entries(wanted)) {
        expect(found[name].shape, name).toEqual(shape);
        expect(largestDifference(found[name].data, data), name).toBeLessThan(tolerance);
      }
    }
  } finally {
    await everywhere.release();
  }
}

/** A matrix by its columns. */
export function transposed({ shape: [rows, columns], data }: ArrayTensor): ArrayTensor {
  const at = (index: number) => data[(index % rows) * columns + Math.floor(index / rows)];
  return {
    shape: [columns, rows],
    data: Float64Array.from({ length: data.length }, (_, index) => at(index)),
  };
}

/** Equal parts of the first axis, those with these numbers, in this order. */
export function parts({ shape, data }: ArrayTensor, count: number, order: readonly number[]): ArrayTensor {
  const size = data.length / count;
  const chosen = order.flatMap((part) => [...data.slice(part * size, (part + 1) * size)]);
  return { shape: [(shape[0] / count) * order.length, ...shape.slice(1)], data: Float64Array.from(chosen) };
}

/** The sum of two tensors of one shape. */
export function added(a: ArrayTensor, b: ArrayTensor): ArrayTensor {
  return { shape: a.shape, data: Float64Array.from(a.data, (value, index) => value + b.data[index]) };
}

/** The steps that are there [time, batch]. */
function maskOf(lengths: readonly number[], [time]: readonly number[]): ArrayTensor {
  const steps = Array.from({ length: time }, (_, t) => lengths.map((length) => Number(t < length)));
  return { shape: [time, lengths.length], data: Float64Array.from(steps.flat()) };
}

function prefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, value]) => [`${prefix}.${name}`, value]));
}

function mapped<From>(record: Record<string, From>, to: (value: From, name: string) => ArrayTensor): Tensors {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
}

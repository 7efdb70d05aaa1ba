/**
 * What every cell must keep to, whatever its equations: run along time, either way, over sequences of unequal length,
 * stacked, from given and from learned states, it agrees with one step written in plain float64 loops, on the
 * interpreter and on both runtimes; and its gradients agree with finite differences.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cell } from "../src/cells/define-cell.ts";
import { type Graph, trace } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { bidirectional, recurrent, stacked } from "../src/layers/recurrent.ts";
import { gradient } from "../src/transform/gradient.ts";
import { withLoss } from "./cases.ts";
import { type Everywhere, expectEverywhere, openEverywhere, type Tensors } from "./everywhere.ts";
import { randomFeeds } from "./feeds.ts";
import { gradientError } from "./finite-differences.ts";

/** Numbers of one sequence at one step, row by row, by name. */
export type Numbers = Record<string, Float64Array>;

/** One step of one sequence, as the paper writes it. `weights` are those of the cell, by their own names. */
export type StepReference = (
  x: Float64Array,
  state: Numbers,
  weights: Tensors,
  noise: Numbers,
) => { output: Float64Array; state: Numbers };

export interface Widths {
  inputs: number;
  units: number;
}

export interface CellProof {
  cell: (widths: Widths) => Cell;
  step: (widths: Widths) => StepReference;
  /** Shape of one input, [inputs] unless stated. */
  input?: (widths: Widths) => readonly number[];
  widths?: readonly Widths[];
  /** Widths at which gradients are held against differences: small ones, for speed. */
  differentiated?: Widths;
  /** Range of the weights' numbers by name; −0.8 to 0.8 for those not stated. */
  between?: Readonly<Record<string, readonly [number, number]>>;
}

const mask = { shape: ["time", "batch"], dtype: "bool" as const };

/** One way to use a cell, and the same by its reference: outputs by name. */
interface Variant {
  title: string;
  graph: (proof: CellProof, widths: Widths) => Graph;
  expected: (proof: CellProof, widths: Widths, feeds: Tensors) => Numbers;
}

const inputOf = ({ input = ({ inputs }) => [inputs] }: CellProof, widths: Widths) => input(widths);

const fromGivenStates: Variant = {
  title: "forward, from given states",
  graph(proof, widths) {
    const cell = proof.cell(widths);
    const layer = recurrent("layer", cell);
    const states = Object.entries(cell.state).map(([name, shape]) => [`start.${name}`, ["batch", ...shape]]);
    const declared = { x: ["time", "batch", ...inputOf(proof, widths)], ...Object.fromEntries(states) };
    return trace(declared, (given: Record<string, Value>) => {
      const initial = Object.fromEntries(
        Object.keys(cell.state).map((name) => [name, given[`start.${name}`]]),
      );
      const { outputs, state } = layer.run(given.x, { initial });
      return { outputs, ...state };
    });
  },
  expected: (proof, widths, feeds) => {
    const { outputs, state } = along(proof, widths, feeds, "layer", { start: "start" });
    return { outputs, ...state };
  },
};

const backwardMasked: Variant = {
  title: "backward, over unequal lengths",
  graph(proof, widths) {
    const layer = recurrent("layer", proof.cell(widths), { reverse: true });
    return trace({ x: ["time", "batch", ...inputOf(proof, widths)], mask }, ({ x, mask }) => {
      const { outputs, state } = layer.run(x, { mask });
      return { outputs, ...state };
    });
  },
  expected: (proof, widths, feeds) => {
    const { outputs, state } = along(proof, widths, feeds, "layer", { reverse: true });
    return { outputs, ...state };
  },
};

const twoLayers: Variant = {
  title: "two layers, both ways, from learned states, over unequal lengths",
  graph(proof, widths) {
    const lower = bidirectional("lower", proof.cell(widths), { initial: "learned" });
    const upper = bidirectional("upper", proof.cell({ ...widths, inputs: lower.outputs }), {
      initial: "learned",
    });
    const layers = stacked([lower, upper]);
    return trace({ x: ["time", "batch", ...inputOf(proof, widths)], mask }, ({ x, mask }) => ({
      outputs: layers(x, { mask }),
    }));
  },
  expected: (proof, widths, feeds) => {
    const lower = bothWays(proof, widths, feeds, "lower");
    const upperWidths = { ...widths, inputs: 2 * proof.cell(widths).outputs };
    return { outputs: bothWays(proof, upperWidths, { ...feeds, x: lower }, "upper").data };
  },
};

const variants = [fromGivenStates, backwardMasked, twoLayers];

/** Runs the reference along time: each sequence by itself; a step that is not there changes nothing. */
function along(
  proof: CellProof,
  widths: Widths,
  feeds: Tensors,
  path: string,
  { reverse = false, start = `${path}.initial` } = {},
): { outputs: Float64Array; state: Numbers } {
  const cell = proof.cell(widths);
  const step = proof.step(widths);
  const [time, batch, ...inputShape] = feeds.x.shape;
  const inputSize = sizeOf(inputShape);
  const weights = weightsAt(feeds, path);
  const results: { output: Float64Array; t: number; row: number }[] = [];
  const state: Numbers = mapped(cell.state, (shape) => new Float64Array(batch * sizeOf(shape)));
  for (let row = 0; row < batch; row++) {
    let now = mapped(cell.state, (shape, name) => startOf(feeds[`${start}.${name}`], row, sizeOf(shape)));
    for (let k = 0; k < time; k++) {
      const t = reverse ? time - 1 - k : k;
      const at = t * batch + row;
      if (feeds.mask && feeds.mask.data[at] === 0) continue;
      const x = feeds.x.data.slice(at * inputSize, (at + 1) * inputSize);
      const noise = mapped(cell.noise, ({ shape, shared = false }, name) => {
        const size = sizeOf(shape);
        const from = (shared ? row : at) * size;
        return feeds[`${path}.noise.${name}`].data.slice(from, from + size);
      });
      const { output, state: next } = step(x, now, weights, noise);
      results.push({ output, t, row });
      now = next;
    }
    for (const [name, numbers] of Object.entries(now)) state[name].set(numbers, row * numbers.length);
  }
  const width = results[0]?.output.length ?? 0;
  const outputs = new Float64Array(time * batch * width);
  for (const { output, t, row } of results) outputs.set(output, (t * batch + row) * width);
  return { outputs, state };
}

/** Forward and backward outputs side by side, feature by feature. */
function bothWays(proof: CellProof, widths: Widths, feeds: Tensors, path: string) {
  const [time, batch, , ...grid] = feeds.x.shape;
  const forward = along(proof, widths, feeds, `${path}.forward`).outputs;
  const backward = along(proof, widths, feeds, `${path}.backward`, { reverse: true }).outputs;
  const width = forward.length / (time * batch);
  const data = new Float64Array(2 * forward.length);
  for (let row = 0; row < time * batch; row++) {
    data.set(forward.subarray(row * width, (row + 1) * width), 2 * row * width);
    data.set(backward.subarray(row * width, (row + 1) * width), (2 * row + 1) * width);
  }
  return { shape: [time, batch, 2 * proof.cell(widths).outputs, ...grid], data };
}

/** A sequence's state before its first step: of its own [batch, …], one for all […], or zeros. */
function startOf(given: Tensors[string] | undefined, row: number, size: number): Float64Array {
  if (given === undefined) return new Float64Array(size);
  return given.data.length === size ? given.data.slice() : given.data.slice(row * size, (row + 1) * size);
}

/** The feeds that are weights of a path, by their own names. */
function weightsAt(feeds: Tensors, path: string): Tensors {
  const own = Object.entries(feeds).filter(([name]) => name.startsWith(`${path}.`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(path.length + 1), value]));
}

function mapped<From, To>(record: Readonly<Record<string, From>>, to: (value: From, name: string) => To) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The first sequence has all steps, the others fewer and fewer. */
function unequalLengths(time: number, batch: number): number[] {
  return Array.from({ length: time * batch }, (_, at) => {
    const [t, row] = [Math.floor(at / batch), at % batch];
    return t < Math.round(time * (1 - row / 2)) ? 1 : 0;
  });
}

function feedsFor(graph: Graph, proof: CellProof, time: number, batch: number): Tensors {
  const rangeOf = (name: string): readonly [number, number] => {
    if (name.includes(".noise.")) return [0.01, 0.99];
    return proof.between?.[name.split(".").at(-1)!] ?? [-0.8, 0.8];
  };
  return randomFeeds(graph, {
    sizes: { time, batch },
    fixed: { mask: unequalLengths(time, batch) },
    between: Object.fromEntries(graph.inputs.map(({ name }) => [name, rangeOf(name)])),
  });
}

const grid = [1, 2, 63].flatMap((time) => [1, 3].map((batch) => ({ time, batch })));

/** Declares the tests of a cell: called at the top of its test file. */
export function proveCell(title: string, proof: CellProof): void {
  const {
    widths = [
      { inputs: 4, units: 4 },
      { inputs: 3, units: 5 },
    ],
    differentiated = { inputs: 3, units: 2 },
  } = proof;
  describe.each(variants)(`${title}: $title`, ({ graph: write, expected }) => {
    describe.each(widths)("$inputs → $units", (widths) => {
      const graph = write(proof, widths);
      let everywhere: Everywhere;
      beforeAll(async () => {
        everywhere = await openEverywhere(graph);
      });
      afterAll(() => everywhere.release());

      test.each(grid)("agrees with its reference: time $time, batch $batch", async ({ time, batch }) => {
        const feeds = feedsFor(graph, proof, time, batch);
        const wanted = expected(proof, widths, feeds);
        await expectEverywhere(everywhere, feeds, wanted);
      });
    });

    test.each([
      { time: 1, batch: 1 },
      { time: 4, batch: 3 },
    ])("has the gradient that differences give: time $time, batch $batch", ({ time, batch }) => {
      const plain = write(proof, differentiated);
      const names = plain.inputs
        .filter(({ dtype, role }) => dtype === "float32" && role !== "noise")
        .map(({ name }) => name);
      const graph = gradient(withLoss(plain), { of: "loss", with: names });
      const error = gradientError(graph, feedsFor(graph, proof, time, batch), { of: "loss", with: names });
      expect(error).toBeLessThan(1e-7);
    });
  });
}

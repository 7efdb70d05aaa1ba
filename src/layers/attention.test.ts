import { expect, test } from "vitest";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { proveLayer } from "../../test/layer-proof.ts";
import { attended } from "../../test/reference/attention.ts";
import { flat, sequencesOf } from "../../test/reference/sequences.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { type AttentionOptions, attention } from "./attention.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const memory = { shape: ["steps", "batch", 2], dtype: "float32" as const };
const memoryMask = { shape: ["steps", "batch"], dtype: "bool" as const };

const toItself = (options: AttentionOptions) =>
  trace({ x: ["time", "batch", options.inputs], mask }, ({ x, mask }) =>
    attention("layer", options).run(x, { mask }),
  );
const toAnother = (options: AttentionOptions) =>
  trace({ x: ["time", "batch", options.inputs], memory, mask, memoryMask }, ({ x, ...call }) =>
    attention("layer", options).run(x, call),
  );

for (const causal of [false, true]) {
  proveLayer(`attention to itself${causal ? ", causal" : ""}`, {
    graph: toItself({ inputs: 3, units: 4, heads: 2, causal }),
    expected: (feeds) => {
      const x = sequencesOf(feeds.x, feeds.mask);
      const { outputs, weights } = attended(x, x, feeds, { heads: 2, causal, memoryMask: feeds.mask });
      return { outputs: flat(outputs, feeds.mask), weights: Float64Array.from(weights) };
    },
    keeps: ["outputs"],
  });
}

proveLayer("attention to another sequence", {
  graph: toAnother({ inputs: 3, units: 3, memory: 2 }),
  expected: (feeds) => {
    const [x, memory] = [sequencesOf(feeds.x, feeds.mask), sequencesOf(feeds.memory, feeds.memoryMask)];
    const { outputs, weights } = attended(x, memory, feeds, { heads: 1, memoryMask: feeds.memoryMask });
    return { outputs: flat(outputs, feeds.mask), weights: Float64Array.from(weights) };
  },
  keeps: ["outputs"],
});

test("weights sum to 1, or to 0 where there is nothing to attend to, and so is the output", () => {
  const graph = toAnother({ inputs: 3, units: 4, heads: 2, memory: 2 });
  const there = [1, 0, 1, 0, 0, 0]; // three steps of the first sequence, none of the second
  const fixed = { mask: Array(8).fill(1), memoryMask: there };
  const { outputs, weights } = interpret(
    graph,
    randomFeeds(graph, { sizes: { time: 4, batch: 2, steps: 3 }, fixed }),
  );
  for (let at = 0; at < 2 * 2 * 4; at++) {
    const sum = weights.data.slice(3 * at, 3 * at + 3).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(at < 8 ? 1 : 0, 14);
  }
  for (let t = 0; t < 4; t++) {
    expect(outputs.data.slice(8 * t, 8 * t + 4).every((one) => one !== 0)).toBe(true);
    expect([...outputs.data.slice(8 * t + 4, 8 * t + 8)]).toEqual([0, 0, 0, 0]);
  }
});

test("causal attention knows nothing of the future", () => {
  const graph = toItself({ inputs: 3, units: 2, causal: true });
  const feeds = randomFeeds(graph, { sizes: { time: 8, batch: 2 }, fixed: { mask: Array(16).fill(1) } });
  const changed = {
    ...feeds,
    x: tensor(
      [8, 2, 3],
      feeds.x.data.map((one, at) => (at < 30 ? one : -one)),
    ),
  };
  const [before, after] = [feeds, changed].map((one) => interpret(graph, one).outputs.data);
  expect(after.slice(0, 20)).toEqual(before.slice(0, 20)); // 5 of 8 steps
  expect(after).not.toEqual(before);
});

test("dropout of weights draws for each head and pair of steps, and is off outside training", () => {
  const graph = toItself({ inputs: 3, units: 4, dropout: 0.5 });
  const noise = graph.inputs.filter(({ role }) => role === "noise");
  expect(noise.map(({ name, shape }) => `${name} [${shape}]`)).toEqual(["layer.dropout [batch,1,time,time]"]);
  const { "layer.dropout": _, ...feeds } = randomFeeds(graph, { sizes: { time: 3, batch: 2 } });
  const without = interpret(toItself({ inputs: 3, units: 4 }), feeds);
  expect(interpret(graph, feeds)).toEqual(without);
});

test.each<[AttentionOptions, RegExp]>([
  [
    { inputs: 3, units: 4, heads: 3 },
    /^attention "layer": option heads: 4 units can't be shared among 3 heads/,
  ],
  [{ inputs: 3, units: 4, heads: 0 }, /^attention "layer": option heads: /],
  [{ inputs: 3, units: 4, dropout: 1 }, /^attention "layer": option dropout: /],
  [{ inputs: 3, units: 4, causal: 1 as unknown as boolean }, /^attention "layer": option causal: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => toItself(options)).toThrow(InputError);
  expect(() => toItself(options)).toThrow(message);
});

test("masks that do not fit are refused by name", () => {
  const layer = attention("layer", { inputs: 3, units: 4, memory: 2 });
  const swapped = () =>
    trace({ x: ["time", "batch", 3], memory, mask }, ({ x, memory, mask }) => ({
      y: layer(x, { memory, memoryMask: mask }),
    }));
  expect(swapped).toThrow(
    'attention "layer", memory: the mask of [steps, batch, 2] must be bool[steps, batch], not bool[time, batch]',
  );
});

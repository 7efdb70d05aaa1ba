import { expect, test } from "vitest";
import { largestDifference, openEverywhere } from "../../test/everywhere.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { sum, tanh } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { gradient } from "../transform/gradient.ts";
import { initialWeights } from "../weights/declare.ts";
import { dense } from "./dense.ts";

test.each<{ title: string; shape: (string | number)[]; sizes: Record<string, number> }>([
  { title: "sequences", shape: ["time", "batch", 3], sizes: { time: 4, batch: 2, rows: 8 } },
  { title: "rows", shape: ["rows", 3], sizes: { rows: 5 } },
])("a dense layer computes activation(x W + b) over $title", async ({ shape, sizes }) => {
  const layer = dense("head", { inputs: 3, units: 2, activation: tanh });
  const graph = trace({ x: shape }, ({ x }) => ({ y: layer(x) }));
  const feeds = randomFeeds(graph, { sizes });
  const { x, "head.weight": weight, "head.bias": bias } = feeds;
  const expected = Float64Array.from({ length: sizes.rows * 2 }, (_, at) => {
    const [row, unit] = [Math.floor(at / 2), at % 2];
    let total = bias.data[unit];
    for (let k = 0; k < 3; k++) total += x.data[row * 3 + k] * weight.data[k * 2 + unit];
    return Math.tanh(total);
  });
  const everywhere = await openEverywhere(graph);
  const { y } = everywhere.reference(feeds);
  expect(y.shape).toEqual([...x.shape.slice(0, -1), layer.outputs]);
  expect(largestDifference(y.data, expected)).toBeLessThan(1e-15);
  expect(largestDifference((await everywhere.native(feeds)).y.data, expected)).toBeLessThan(1e-6);
  expect(largestDifference((await everywhere.wasm(feeds)).y.data, expected)).toBeLessThan(1e-6);
  await everywhere.release();
});

test("its gradient is what differences give", () => {
  const layer = dense("head", { inputs: 3, units: 2, activation: tanh });
  const plain = trace({ x: ["time", 3] }, ({ x }) => ({ loss: sum(layer(x).pow(2)) }));
  const names = ["x", "head.weight", "head.bias"];
  const graph = gradient(plain, { of: "loss", with: names });
  const feeds = randomFeeds(graph, { sizes: { time: 4 } });
  expect(gradientError(graph, feeds, { of: "loss", with: names })).toBeLessThan(1e-9);
});

test("it begins with weights within Glorot's limit and biases of 0", () => {
  const layer = dense("head", { inputs: 30, units: 20 });
  const graph = trace({ x: ["time", 30] }, ({ x }) => ({ y: layer(x) }));
  const begun = initialWeights(graph, 3);
  const largest = begun["head.weight"].reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 50));
  expect(largest).toBeGreaterThan(0.9 * Math.sqrt(6 / 50));
  expect(begun["head.bias"].every((one) => one === 0)).toBe(true);
});

test("it says which layer was given what makes no sense", () => {
  expect(() => dense("head", { inputs: 3, units: 0 })).toThrow(/dense "head": option units/);
  const layer = dense("head", { inputs: 3, units: 2 });
  expect(() => trace({ x: ["time", 4] }, ({ x }) => ({ y: layer(x) }))).toThrow(
    'dense "head" reads 3 features, not [time, 4]',
  );
});

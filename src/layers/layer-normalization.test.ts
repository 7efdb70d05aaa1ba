import { expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { largestDifference, openEverywhere } from "../../test/everywhere.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { standardized } from "../../test/reference/layer-normalization.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { standardize } from "../graph/standardize.ts";
import { gradient } from "../transform/gradient.ts";
import { initialWeights } from "../weights/declare.ts";
import { layerNormalization } from "./layer-normalization.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const graph = trace({ x: ["time", "batch", 5], mask }, ({ x, mask }) => ({
  y: layerNormalization("norm", { inputs: 5 })(x, { mask }),
}));

test.each([1, 4].flatMap((time) => [1, 3].map((batch) => ({ time, batch }))))(
  "each step is normalized by itself, and one that is not there puts out 0: %j",
  async (sizes) => {
    const feeds = randomFeeds(graph, { sizes });
    const { x, mask, "norm.gain": gain, "norm.bias": bias } = feeds;
    const expected = Float64Array.from(x.data, (_, at) => {
      const [step, feature] = [Math.floor(at / 5), at % 5];
      const normalized = standardized(x.data.slice(step * 5, (step + 1) * 5))[feature];
      return mask.data[step] * (normalized * gain.data[feature] + bias.data[feature]);
    });
    const everywhere = await openEverywhere(graph);
    expect(largestDifference(everywhere.reference(feeds).y.data, expected)).toBeLessThan(1e-12);
    expect(largestDifference((await everywhere.native(feeds)).y.data, expected)).toBeLessThan(1e-5);
    expect(largestDifference((await everywhere.wasm(feeds)).y.data, expected)).toBeLessThan(1e-5);
    await everywhere.release();
  },
);

test("it has the gradient that differences give", () => {
  const of = { of: "loss", with: ["x", "norm.gain", "norm.bias"] };
  const feeds = randomFeeds(gradient(withLoss(graph), of), { sizes: { time: 3, batch: 2 } });
  expect(gradientError(gradient(withLoss(graph), of), feeds, of)).toBeLessThan(1e-7);
});

test("it begins by giving rows of mean 0 and variance 1; equal numbers become 0", () => {
  const layer = layerNormalization("norm", { inputs: 4 });
  const graph = trace({ x: ["rows", 4] }, ({ x }) => ({ y: layer(x) }));
  const begun = initialWeights(graph, 1);
  expect([...begun["norm.gain"], ...begun["norm.bias"]]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  const weights = Object.fromEntries(
    Object.entries(begun).map(([name, data]) => [name, { shape: [4], data: Float64Array.from(data) }]),
  );
  const x = { shape: [2, 4], data: Float64Array.of(1, 2, 3, 4, 7, 7, 7, 7) };
  const { y } = interpret(graph, { x, ...weights });
  const third = 1 / Math.sqrt(5); // deviations ±1/2 and ±3/2, variance 5/4
  [-3 * third, -third, third, 3 * third, 0, 0, 0, 0].forEach((expected, at) => {
    expect(y.data[at]).toBeCloseTo(expected, 4);
  });
});

test("standardizing runs over any axes", () => {
  const over = (axes?: number | number[]) =>
    interpret(
      trace({ x: [2, 3, 4] }, ({ x }) => ({ y: standardize(x, { axes }) })),
      randomFeeds(trace({ x: [2, 3, 4] }, ({ x }) => ({ x }))),
    ).y.data;
  const x = randomFeeds(trace({ x: [2, 3, 4] }, ({ x }) => ({ x }))).x.data;
  expect(largestDifference(over(), standardized(x))).toBeLessThan(1e-12);
  expect(largestDifference(over([1, -1]).slice(12), standardized(x.slice(12)))).toBeLessThan(1e-12);
  expect(over([0, 1, 2])).toEqual(over());
  expect(() => over([0, 0])).toThrow(/axis 0 is named twice/);
  expect(() => over(3)).toThrow(/axis 3 is out of range/);
});

test("what makes no sense is named", () => {
  expect(() => layerNormalization("norm", { inputs: 0 })).toThrow(/layerNormalization "norm": option inputs/);
  expect(() => layerNormalization("norm", { inputs: 3, epsilon: 0 })).toThrow(/option epsilon/);
  const layer = layerNormalization("norm", { inputs: 3 });
  const narrow = () => trace({ x: ["time", "batch", 1] }, ({ x }) => ({ y: layer(x) }));
  expect(narrow).toThrow(InputError);
  expect(narrow).toThrow('layerNormalization "norm" reads 3 features, not [time, batch, 1]');
});

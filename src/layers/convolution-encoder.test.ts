import { expect, test } from "vitest";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { proveLayer } from "../../test/layer-proof.ts";
import { convolved } from "../../test/reference/convolution-encoder.ts";
import { flat, sequencesOf } from "../../test/reference/sequences.ts";
import { InputError } from "../graph/errors.ts";
import { tanh } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { type ConvolutionEncoderOptions, convolutionEncoder } from "./convolution-encoder.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const graphOf = (options: ConvolutionEncoderOptions) =>
  trace({ x: ["time", "batch", options.inputs], mask }, ({ x, mask }) => ({
    outputs: convolutionEncoder("layer", options)(x, { mask }),
  }));

for (const [direction, width, dilation] of [
  ["forward", 3, 2],
  ["backward", 2, 3],
  ["both", 3, 1],
  ["both", 4, 1],
] as const) {
  proveLayer(`a convolution, ${direction}, of width ${width} and dilation ${dilation}`, {
    graph: graphOf({ inputs: 3, units: 2, width, dilation, direction, activation: tanh }),
    expected: ({ x, mask, "layer.kernel": kernel, "layer.bias": bias }) => {
      const sums = convolved(sequencesOf(x, mask), { kernel, bias, dilation, direction });
      return { outputs: flat(sums, mask).map(Math.tanh) };
    },
  });
}

test.each([
  { direction: "forward" as const, reads: [1, 3, 5] },
  { direction: "backward" as const, reads: [5, 7, 9] },
  { direction: "both" as const, reads: [3, 5, 7] },
])("at width 3 and dilation 2, step 5 reads $reads $direction", ({ direction, reads }) => {
  const layer = convolutionEncoder("layer", { inputs: 1, units: 1, dilation: 2, direction });
  const graph = trace({ x: ["time", 1, 1] }, ({ x }) => ({ y: layer(x) }));
  const weights = { "layer.kernel": tensor([1, 1, 3], [1, 1, 1]), "layer.bias": tensor([1], [0]) };
  const found = Array.from({ length: 12 }, (_, at) => {
    const x = tensor(
      [12, 1, 1],
      Float64Array.from({ length: 12 }, (_, t) => Number(t === at)),
    );
    return interpret(graph, { x, ...weights }).y.data[5];
  });
  expect(found.flatMap((one, at) => (one === 1 ? [at] : []))).toEqual(reads);
});

test("a forward convolution knows nothing of the future", () => {
  const graph = graphOf({ inputs: 3, units: 2, dilation: 2 });
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

test.each<[ConvolutionEncoderOptions, RegExp]>([
  [{ inputs: 0, units: 2 }, /^convolutionEncoder "layer": option inputs: /],
  [{ inputs: 3, units: 2, width: 0 }, /^convolutionEncoder "layer": option width: /],
  [{ inputs: 3, units: 2, dilation: 1.5 }, /^convolutionEncoder "layer": option dilation: /],
  [{ inputs: 3, units: 2, direction: "up" as "both" }, /^convolutionEncoder "layer": option direction: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => graphOf(options)).toThrow(InputError);
  expect(() => graphOf(options)).toThrow(message);
});

test("a mask that does not fit and an empty sequence are refused by name", () => {
  const layer = convolutionEncoder("layer", { inputs: 3, units: 2 });
  const odd = () =>
    trace({ x: ["time", "batch", 3], m: ["time", "batch"] }, ({ x, m }) => ({ y: layer(x, { mask: m }) }));
  expect(odd).toThrow(
    'convolutionEncoder "layer": the mask of [time, batch, 3] must be bool[time, batch], not float32',
  );
  expect(() => trace({ x: [0, 2, 3] }, ({ x }) => ({ y: layer(x) }))).toThrow("length 0");
});

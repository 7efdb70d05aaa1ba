import { expect, test } from "vitest";
import { z } from "zod";
import { withLoss } from "../../test/cases.ts";
import { proveCell } from "../../test/cell-proof.ts";
import { largestDifference } from "../../test/everywhere.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { layerNormalizedLstmStep, standardized } from "../../test/reference/layer-normalization.ts";
import { countOperators } from "../../test/structure.ts";
import { conv, tanh } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { recurrent } from "../layers/recurrent.ts";
import { gradient } from "../transform/gradient.ts";
import { hoist } from "../transform/hoist.ts";
import { initialWeights } from "../weights/declare.ts";
import { glorotUniform } from "../weights/initializers.ts";
import { advancedLstm } from "./advanced-lstm.ts";
import { convLstm } from "./conv-lstm.ts";
import { type Cell, defineCell, width } from "./define-cell.ts";
import { g2Lstm } from "./g2-lstm.ts";
import { gru } from "./gru.ts";
import { janet } from "./janet.ts";
import { layerNormalized } from "./layer-normalized.ts";
import { lstm } from "./lstm.ts";
import { minGru } from "./min-gru.ts";
import { minLstm } from "./min-lstm.ts";
import { nestedLstm } from "./nested-lstm.ts";
import { rnn } from "./rnn.ts";
import { sru } from "./sru.ts";

proveCell("a layer-normalized LSTM", {
  cell: (widths) => layerNormalized(lstm(widths)),
  step: layerNormalizedLstmStep,
});

const weightsOf = (cell: Cell, x: (string | number)[]) => {
  const layer = recurrent("layer", layerNormalized(cell));
  const graph = trace({ x }, ({ x }) => ({ y: layer(x) }));
  return graph.inputs.filter(({ role }) => role === "weight").map(({ name, shape }) => `${name} [${shape}]`);
};

test("each product gets a gain named after its weight, at first 1", () => {
  const cell = lstm({ inputs: 3, units: 2 });
  expect(
    weightsOf(cell, ["time", "batch", 3])
      .filter((name) => name.includes("gain"))
      .sort(),
  ).toEqual(["layer.gain.input [8]", "layer.gain.recurrent [8]"]);
  const layer = recurrent("layer", layerNormalized(cell));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: layer(x) }));
  expect([...initialWeights(graph, 1)["layer.gain.input"]]).toEqual(Array(8).fill(1));
});

test("scaling a weight changes nothing: that is what normalizing its product is for", () => {
  const layer = recurrent("layer", layerNormalized(lstm({ inputs: 3, units: 4 })));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: layer(x) }));
  const feeds = randomFeeds(graph, { sizes: { time: 5, batch: 2 } });
  const { shape, data } = feeds["layer.recurrent"];
  const tenfold = { shape, data: data.map((one) => 10 * one) };
  const found = [feeds, { ...feeds, "layer.recurrent": tenfold }].map((one) => interpret(graph, one).y.data);
  expect(largestDifference(found[0], found[1])).toBeLessThan(1e-3); // ε weighs less
});

test("the normalized product with the input still leaves the loop", () => {
  const layer = recurrent("layer", layerNormalized(lstm({ inputs: 3, units: 4 })));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: layer(x) }));
  expect(countOperators(hoist(graph), ["matmul"], "inside")).toBe(1);
});

test("one cell may read two sequences: its gains are there once", () => {
  const layer = recurrent("layer", layerNormalized(lstm({ inputs: 2, units: 3 })));
  const graph = trace({ a: ["m", 1, 2], b: ["n", 1, 2] }, ({ a, b }) => ({ a: layer(a), b: layer(b) }));
  expect(graph.inputs).toHaveLength(2 + 5);
});

/** A user's own: parts of one matrix, a score of one number, a peephole, and a draw. */
const own = defineCell({
  name: "own",
  options: z.object({ units: width }),
  weights: ({ units }) => ({
    both: { shape: [units, 2 * units], initializer: glorotUniform },
    score: { shape: [units, 1], initializer: glorotUniform },
    peephole: { shape: [units], initializer: glorotUniform },
  }),
  state: ({ units }) => ({ hidden: [units] }),
  outputs: ({ units }) => units,
  noise: ({ units }) => ({ jitter: { shape: [units] } }),
  step(x, { hidden }, { both, score, peephole }, _, { jitter }) {
    const [a, b] = both.split(2);
    const next = tanh(x.matmul(a).add(hidden.matmul(b)).add(hidden.mul(peephole)).add(jitter));
    return { output: next.mul(next.matmul(score)), state: { hidden: next } };
  },
});

test("a cell of one's own is normalized alike, each product by itself", () => {
  const layer = recurrent("layer", layerNormalized(own({ units: 3 })));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: layer(x) }));
  const gains = graph.inputs.filter(({ name }) => name.includes("gain")).map(({ name }) => name);
  expect(gains.sort()).toEqual(["layer.gain.both", "layer.gain.both.2"]);
});

const filters = defineCell({
  name: "filters",
  options: z.object({ channels: width }),
  weights: ({ channels }) => ({ kernel: { shape: [channels, 2, 3], initializer: glorotUniform } }),
  state: () => ({ none: [1] }),
  outputs: ({ channels }) => channels,
  step: (x, state, { kernel }) => ({ output: conv(x, kernel), state }),
});

test("a convolution is normalized over channels and positions, with a gain a channel", () => {
  const layer = recurrent("layer", layerNormalized(filters({ channels: 4 })));
  const plain = recurrent("plain", filters({ channels: 4 }));
  const graph = trace({ x: ["time", "batch", 2, 6] }, ({ x }) => ({ y: layer(x), plain: plain(x) }));
  const feeds = randomFeeds(graph, { sizes: { time: 2, batch: 3 } });
  const gain = feeds["layer.gain.kernel"].data;
  expect(gain).toHaveLength(4);
  const found = interpret(graph, { ...feeds, "plain.kernel": feeds["layer.kernel"] });
  for (let example = 0; example < 2 * 3; example++) {
    const [y, product] = [found.y, found.plain].map(({ data }) =>
      data.slice(example * 16, (example + 1) * 16),
    );
    const expected = standardized(product).map((one, at) => gain[Math.floor(at / 4)] * one);
    expect(largestDifference(y, expected)).toBeLessThan(1e-12);
  }
});

const sizes = { inputs: 3, units: 2 };

test.each<{ cell: Cell; gains: string[]; x?: (string | number)[] }>([
  { cell: rnn(sizes), gains: ["input", "recurrent"] },
  { cell: gru(sizes), gains: ["input", "recurrent"] },
  { cell: gru({ ...sizes, reset: "before" }), gains: ["candidate", "input", "recurrent"] },
  { cell: lstm({ ...sizes, peepholes: true, projection: 3 }), gains: ["input", "projection", "recurrent"] },
  { cell: sru(sizes), gains: ["input"] },
  { cell: nestedLstm(sizes), gains: ["inner1.input", "inner1.recurrent", "input", "recurrent"] },
  { cell: janet(sizes), gains: ["input", "recurrent"] },
  { cell: advancedLstm(sizes), gains: ["input", "recurrent"] },
  { cell: g2Lstm(sizes), gains: ["input", "recurrent"] },
  {
    cell: convLstm({ ...sizes, grid: [3], kernel: 3 }),
    gains: ["input", "recurrent"],
    x: ["time", "batch", 3, 3],
  },
  { cell: minGru(sizes), gains: ["input"] },
  { cell: minLstm(sizes), gains: ["input"] },
])("$cell.name: products with $gains are normalized, and gradients right", ({ cell, gains, x: shape }) => {
  const layer = recurrent("layer", layerNormalized(cell));
  const plain = trace({ x: shape ?? ["time", "batch", 3] }, ({ x }) => ({ y: layer(x) }));
  const weights = plain.inputs.filter(({ role }) => role === "weight").map(({ name }) => name);
  const found = weights.filter((name) => name.startsWith("layer.gain."));
  expect(found.map((name) => name.slice("layer.gain.".length)).sort()).toEqual(gains);
  const of = { of: "loss", with: ["x", ...weights] };
  const graph = gradient(withLoss(plain), of);
  const between = Object.fromEntries(
    graph.inputs.filter(({ role }) => role === "noise").map(({ name }) => [name, [0.1, 0.9] as const]),
  );
  const feeds = randomFeeds(graph, { sizes: { time: 3, batch: 2 }, between });
  expect(gradientError(graph, feeds, of)).toBeLessThan(1e-6);
});

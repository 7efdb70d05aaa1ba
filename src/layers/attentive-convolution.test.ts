import { expect, test } from "vitest";
import type { Tensors } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { proveLayer } from "../../test/layer-proof.ts";
import { allows, softmaxOver, weighted } from "../../test/reference/attention.ts";
import { type ScoreKind, scoreOf } from "../../test/reference/attention-scores.ts";
import { convolved } from "../../test/reference/convolution-encoder.ts";
import { standardized } from "../../test/reference/layer-normalization.ts";
import { eachStep, flat, mapped, type Sequences, sequencesOf } from "../../test/reference/sequences.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { type AttentiveConvolutionOptions, attentiveConvolution } from "./attentive-convolution.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const memory = { shape: ["steps", "batch", 2], dtype: "float32" as const };
const memoryMask = { shape: ["steps", "batch"], dtype: "bool" as const };

const toItself = (options: AttentiveConvolutionOptions) =>
  trace({ x: ["time", "batch", options.inputs], mask }, ({ x, mask }) => ({
    outputs: attentiveConvolution("layer", options)(x, { mask }),
  }));

interface Reference {
  score: ScoreKind;
  memory: Sequences;
  memoryMask: Tensors[string];
  causal?: boolean;
}

/** LN(x + tanh(conv(x) + a U)) by plain loops. */
function reference(feeds: Tensors, { score, memory, memoryMask, causal = false }: Reference) {
  const at = (name: string) => feeds[`layer.${name}`];
  const x = sequencesOf(feeds.x, feeds.mask);
  const direction = causal ? "forward" : "both";
  const found = convolved(x, { kernel: at("convolution.kernel"), bias: at("convolution.bias"), direction });
  const may = allows(memoryMask, causal);
  const outputs = eachStep(x, (vector, t, row) => {
    const keys = memory.map((rows) => rows[row]);
    const scores = keys.map((key) => scoreOf(score, vector, key, (name) => at(`score.${name}`)));
    const shares = softmaxOver(
      scores,
      keys.map((_, s) => may(t, s, row)),
    );
    const attended = mapped(weighted(shares, keys), at("attended"));
    const mixed = vector.map((one, k) => one + Math.tanh(found[t][row][k] + attended[k]));
    return standardized(mixed).map((one, k) => one * at("norm.gain").data[k] + at("norm.bias").data[k]);
  });
  return { outputs: flat(outputs, feeds.mask) };
}

proveLayer("an attentive convolution over itself, causal", {
  graph: toItself({ inputs: 4, score: "scaled", causal: true }),
  expected: (feeds) =>
    reference(feeds, {
      score: "scaled",
      memory: sequencesOf(feeds.x, feeds.mask),
      memoryMask: feeds.mask,
      causal: true,
    }),
});

proveLayer("an attentive convolution over another sequence", {
  graph: trace({ x: ["time", "batch", 4], memory, mask, memoryMask }, ({ x, ...call }) => ({
    outputs: attentiveConvolution("layer", { inputs: 4, memory: 2, score: "additive" })(x, call),
  })),
  expected: (feeds) =>
    reference(feeds, {
      score: "additive",
      memory: sequencesOf(feeds.memory, feeds.memoryMask),
      memoryMask: feeds.memoryMask,
    }),
});

test("a causal one knows nothing of the future", () => {
  const graph = toItself({ inputs: 3, causal: true });
  const feeds = randomFeeds(graph, { sizes: { time: 8, batch: 2 }, fixed: { mask: Array(16).fill(1) } });
  const changed = {
    ...feeds,
    x: tensor(
      [8, 2, 3],
      feeds.x.data.map((one, at) => (at < 30 ? one : -one)),
    ),
  };
  const [before, after] = [feeds, changed].map((one) => interpret(graph, one).outputs.data);
  expect(after.slice(0, 30)).toEqual(before.slice(0, 30)); // 5 of 8 steps
  expect(after).not.toEqual(before);
});

test.each<[AttentiveConvolutionOptions, RegExp]>([
  [{ inputs: 0 }, /^attentiveConvolution "layer": option inputs: /],
  [{ inputs: 3, score: "cosine" as "dot" }, /^attentiveConvolution "layer": option score: /],
  [{ inputs: 3, memory: 2, score: "dot" }, /^attentionScore "layer.score": option kind: "dot" needs/],
  [{ inputs: 3, dropout: -1 }, /^attentiveConvolution "layer": option dropout: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => toItself(options)).toThrow(InputError);
  expect(() => toItself(options)).toThrow(message);
});

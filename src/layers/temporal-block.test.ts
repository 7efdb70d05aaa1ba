import { expect, test } from "vitest";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { proveLayer } from "../../test/layer-proof.ts";
import { flat, sequencesOf } from "../../test/reference/sequences.ts";
import { temporalBlockReference } from "../../test/reference/temporal-block.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import type { Layer } from "./layer.ts";
import { temporalBlock, temporalStack } from "./temporal-block.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const graphOf = (layer: Layer, inputs: number) =>
  trace({ x: ["time", "batch", inputs], mask }, ({ x, mask }) => ({ outputs: layer(x, { mask }) }));

proveLayer("a temporal block of equal widths", {
  graph: graphOf(temporalBlock("block", { inputs: 4, units: 4, width: 2, dilation: 3, dropout: 0.5 }), 4),
  expected: (feeds) => {
    const x = sequencesOf(feeds.x, feeds.mask);
    return { outputs: flat(temporalBlockReference(x, feeds, { path: "block", dilation: 3 })) };
  },
});

proveLayer("a stack of temporal blocks, both ways", {
  graph: graphOf(
    temporalStack("stack", { inputs: 3, units: 4, depth: 2, direction: "both", dropout: 0.5 }),
    3,
  ),
  expected: (feeds) => {
    const x = sequencesOf(feeds.x, feeds.mask);
    const lower = temporalBlockReference(x, feeds, { path: "stack.0", dilation: 1, direction: "both" });
    const upper = temporalBlockReference(lower, feeds, { path: "stack.1", dilation: 2, direction: "both" });
    return { outputs: flat(upper) };
  },
});

test("a feature is dropped at all steps of a sequence, or at none", () => {
  const layer = temporalBlock("block", { inputs: 3, units: 3, dropout: 0.5 });
  const noise = graphOf(layer, 3).inputs.filter(({ role }) => role === "noise");
  expect(noise.map(({ name, shape }) => `${name} [${shape}]`)).toEqual([
    "block.dropout.first [1,batch,3]",
    "block.dropout.second [1,batch,3]",
  ]);
});

test("a forward stack sees 1 + 2 (k − 1)(2^depth − 1) steps, and none of the future", () => {
  const [time, width, depth] = [24, 2, 3];
  const seen = 1 + 2 * (width - 1) * (2 ** depth - 1); // 15
  const graph = graphOf(temporalStack("stack", { inputs: 2, units: 4, width, depth }), 2);
  const ranges = Object.fromEntries(graph.inputs.map(({ name }) => [name, [0.1, 0.9] as const])); // no ReLU shut
  const fixed = { mask: Array(time).fill(1) };
  const feeds = randomFeeds(graph, { sizes: { time, batch: 1 }, between: ranges, fixed });
  const at = 19;
  const output = (step: number) => {
    const data = feeds.x.data.map((one, k) => (k === 2 * step ? one + 1 : one));
    return interpret(graph, { ...feeds, x: tensor([time, 1, 2], data) }).outputs.data.slice(
      4 * at,
      4 * at + 4,
    );
  };
  const unmoved = interpret(graph, feeds).outputs.data.slice(4 * at, 4 * at + 4);
  const moving = Array.from({ length: time }, (_, step) => step).filter((step) =>
    output(step).some((one, unit) => one !== unmoved[unit]),
  );
  expect(moving).toEqual(Array.from({ length: seen }, (_, k) => at - seen + 1 + k));
});

test.each<[() => Layer, RegExp]>([
  [() => temporalBlock("b", { inputs: 3, units: -1 }), /^temporalBlock "b": option units: /],
  [() => temporalBlock("b", { inputs: 3, units: 3, dropout: 1 }), /^temporalBlock "b": option dropout: /],
  [() => temporalStack("s", { inputs: 3, units: 3, depth: 0 }), /^temporalStack "s": option depth: /],
])("options that make no sense are named: %s", (make, message) => {
  expect(make).toThrow(InputError);
  expect(make).toThrow(message);
});

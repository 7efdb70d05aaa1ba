import { describe, expect, test } from "vitest";
import { toFeeds } from "../../test/everywhere.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { lstm } from "../cells/lstm.ts";
import { minGru } from "../cells/min-gru.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import type { Value } from "../graph/value.ts";
import { checkFeeds, signatureOf } from "../runtime/session.ts";
import { gradient } from "../transform/gradient.ts";
import { attention } from "./attention.ts";
import { attentiveConvolution } from "./attentive-convolution.ts";
import { convolutionEncoder } from "./convolution-encoder.ts";
import type { LayerCall } from "./layer.ts";
import { parallelRecurrent } from "./parallel-recurrent.ts";
import {
  attentionPooling,
  hierarchicalPooling,
  lastPooling,
  maximumPooling,
  meanPooling,
} from "./pooling.ts";
import { positions } from "./positions.ts";
import { bidirectional, recurrent } from "./recurrent.ts";
import { temporalStack } from "./temporal-block.ts";

const widths = { inputs: 3, units: 2 };

/** What reads sequences of 3 features, by the names that messages give it. */
const layers: [string, (x: Value, call?: LayerCall) => Value][] = [
  ['lstm "layer"', recurrent("layer", lstm(widths))],
  ['lstm "layer.forward"', bidirectional("layer", lstm(widths))],
  ['min-gru "layer"', parallelRecurrent("layer", minGru(widths))],
  ['convolutionEncoder "layer"', convolutionEncoder("layer", widths)],
  ['convolutionEncoder "layer.0.first"', temporalStack("layer", { ...widths, depth: 2 })],
  ['attention "layer"', attention("layer", widths)],
  ['attentiveConvolution "layer"', attentiveConvolution("layer", { inputs: 3 })],
  ["positions", positions({ inputs: 3 })],
  ["maximumPooling", maximumPooling],
  ["meanPooling", meanPooling],
  ["lastPooling", lastPooling],
  ["hierarchicalPooling", hierarchicalPooling],
  ['attentionPooling "layer"', attentionPooling("layer", { inputs: 3 })],
];

const x = ["time", "batch", 3];
const sizes = { time: 0, batch: 2 };

describe.each(layers)("%s", (label, layer) => {
  const plain = trace({ x }, ({ x }) => ({ loss: layer(x).sum() }));
  const masked = trace({ x, mask: { shape: ["time", "batch"], dtype: "bool" } }, ({ x, mask }) => ({
    loss: layer(x, { mask }).sum(),
  }));
  const trained = gradient(plain, { of: "loss", with: ["x"] });

  test.each(Object.entries({ plain, masked, trained }))(
    "says that it can't read sequences that turn out to be empty (%s)",
    (_, graph) => {
      const feeds = randomFeeds(graph, { sizes });
      const message = `${label}: time is 0, where at least one step is needed`;
      expect(() => interpret(graph, feeds)).toThrow(InputError);
      expect(() => interpret(graph, feeds)).toThrow(message);
      expect(() => checkFeeds(signatureOf(graph), toFeeds(graph, feeds))).toThrow(message);
    },
  );

  test("names itself where the mask is of another shape or type", () => {
    for (const [shape, dtype] of [
      [["batch", "time"], "bool"],
      [["time", "batch"], "float32"],
    ] as const) {
      const write = () => trace({ x, mask: { shape, dtype } }, ({ x, mask }) => ({ y: layer(x, { mask }) }));
      expect(write).toThrow(InputError);
      expect(write).toThrow(`${label}: the mask of [time, batch, 3] must be bool[time, batch], not ${dtype}`);
    }
  });
});

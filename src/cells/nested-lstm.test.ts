import { describe, expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { nestedThrice, nestedTwice } from "../../test/reference/nested-lstm.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { lstm } from "./lstm.ts";
import { nestedLstm } from "./nested-lstm.ts";

proveCell("a nested LSTM", { cell: nestedLstm, step: nestedTwice });

proveCell("a nested LSTM of three levels", {
  cell: (widths) => nestedLstm({ ...widths, depth: 3 }),
  step: nestedThrice,
  widths: [{ inputs: 3, units: 5 }],
  differentiated: { inputs: 2, units: 1 },
});

test("a nested LSTM of one level is an LSTM", () => {
  const widths = { inputs: 3, units: 5 };
  const [nested, plain] = [nestedLstm({ ...widths, depth: 1 }), lstm(widths)].map((cell) =>
    trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: recurrent("layer", cell)(x) })),
  );
  const feeds = randomFeeds(plain, { sizes: { time: 4, batch: 2 } });
  expect(interpret(nested, feeds)).toEqual(interpret(plain, feeds));
});

describe("a nested LSTM begins", () => {
  const layer = recurrent("layer", nestedLstm({ inputs: 3, units: 2, depth: 3 }));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) }));
  const weights = initialWeights(graph, 1);

  test("with weights for each level, of which only the outermost reads the inputs", () => {
    expect(Object.entries(weights).map(([path, { length }]) => [path, length])).toEqual([
      ["layer.input", 3 * 8],
      ["layer.recurrent", 2 * 8],
      ["layer.bias", 8],
      ["layer.inner1.input", 2 * 8],
      ["layer.inner1.recurrent", 2 * 8],
      ["layer.inner1.bias", 8],
      ["layer.inner2.input", 2 * 8],
      ["layer.inner2.recurrent", 2 * 8],
      ["layer.inner2.bias", 8],
    ]);
  });

  test("with every forget gate open by its bias, and no other", () => {
    for (const path of ["layer.bias", "layer.inner1.bias", "layer.inner2.bias"])
      expect([...weights[path]]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });
});

test.each([
  [{ inputs: 0, units: 2 }, /^nested-lstm: option inputs: /],
  [{ inputs: 3, units: 1.5 }, /^nested-lstm: option units: /],
  [{ inputs: 3, units: 2, depth: 0 }, /^nested-lstm: option depth: /],
  [{ inputs: 3, units: 2, depth: 2.5 }, /^nested-lstm: option depth: /],
  [{ inputs: 3, units: 2, forgetBias: Number.NaN }, /^nested-lstm: option forgetBias: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => nestedLstm(options)).toThrow(InputError);
  expect(() => nestedLstm(options)).toThrow(message);
});

import { describe, expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { tensor } from "../../test/feeds.ts";
import { linear, minLstmStep, positive } from "../../test/reference/min-cells.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { minLstm } from "./min-lstm.ts";

proveCell("a minLSTM", {
  cell: minLstm,
  step: (widths) => minLstmStep(widths, linear),
});

describe("with a positive candidate", () => {
  proveCell("a minLSTM", {
    cell: (widths) => minLstm({ ...widths, candidate: "positive" }),
    step: (widths) => minLstmStep(widths, positive),
    widths: [{ inputs: 4, units: 4 }],
  });
});

type Options = Parameters<typeof minLstm>[0];

function biasOf(options: Options): number[] {
  const layer = recurrent("layer", minLstm(options));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) }));
  return [...initialWeights(graph, 1)["layer.bias"]];
}

test("its forget gate begins open by its bias", () => {
  expect(biasOf({ inputs: 3, units: 2 })).toEqual([1, 1, 0, 0, 0, 0]);
});

test("its gates share what comes in between them even where both are closed", () => {
  const layer = recurrent("layer", minLstm({ inputs: 1, units: 1 }));
  const graph = trace({ x: ["time", "batch", 1] }, ({ x }) => ({ y: layer(x) }));
  const feeds = {
    x: tensor([1, 1, 1], [0]),
    "layer.input": tensor([1, 3], [0, 0, 0]),
    "layer.bias": tensor([3], [-1000, -1000, 4]), // σ(−1000) = 0 in any precision
  };
  expect([...interpret(graph, feeds).y.data]).toEqual([2]);
});

test.each<[object, RegExp]>([
  [{ inputs: 3, units: 0 }, /^min-lstm: option units: /],
  [{ inputs: 3, units: 2, candidate: "tanh" }, /^min-lstm: option candidate: .*"linear"\|"positive"/],
  [{ inputs: 3, units: 2, forgetBias: Number.NaN }, /^min-lstm: option forgetBias: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => minLstm(options as Options)).toThrow(InputError);
  expect(() => minLstm(options as Options)).toThrow(message);
});

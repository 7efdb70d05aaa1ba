import { describe, expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { gruStep } from "../../test/reference/gru.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { gru } from "./gru.ts";

describe.each(["before", "after"] as const)("reset %s the recurrent product", (reset) => {
  proveCell("a GRU", {
    cell: (widths) => gru({ ...widths, reset }),
    step: (widths) => gruStep(widths, reset),
  });
});

type Options = Parameters<typeof gru>[0];

function beginningOf(options: Options): Record<string, Float32Array> {
  const layer = recurrent("layer", gru(options));
  return initialWeights(
    trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) })),
    1,
  );
}

test("each placement of the reset has its own weights", () => {
  expect(Object.keys(beginningOf({ inputs: 3, units: 2 }))).toEqual([
    "layer.input",
    "layer.recurrent",
    "layer.bias",
    "layer.candidateBias",
  ]);
  expect(Object.keys(beginningOf({ inputs: 3, units: 2, reset: "before" }))).toEqual([
    "layer.input",
    "layer.recurrent",
    "layer.bias",
    "layer.candidate",
  ]);
});

test.each<[object, RegExp]>([
  [{ inputs: 3.5, units: 2 }, /^gru: option inputs: /],
  [{ inputs: 3, units: 2, reset: "inside" }, /^gru: option reset: .*"before"\|"after"/],
  [{ inputs: 3, units: 2, longest: 2.5 }, /^gru: option longest: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => gru(options as Options)).toThrow(InputError);
  expect(() => gru(options as Options)).toThrow(message);
});

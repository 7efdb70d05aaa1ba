import { describe, expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { janetStep } from "../../test/reference/janet.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { janet } from "./janet.ts";

proveCell("JANET", { cell: janet, step: (widths) => janetStep(widths, 1) });

describe("with another β", () => {
  proveCell("JANET", {
    cell: (widths) => janet({ ...widths, beta: -0.5 }),
    step: (widths) => janetStep(widths, -0.5),
    widths: [{ inputs: 3, units: 2 }],
    differentiated: { inputs: 1, units: 1 },
  });
});

type Options = Parameters<typeof janet>[0];

function biasOf(options: Options): number[] {
  const layer = recurrent("layer", janet(options));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) }));
  return [...initialWeights(graph, 1)["layer.bias"]];
}

test("it begins with a gate that is open by its bias", () => {
  expect(biasOf({ inputs: 3, units: 2 })).toEqual([1, 1, 0, 0]);
  expect(biasOf({ inputs: 3, units: 2, forgetBias: 2 })).toEqual([2, 2, 0, 0]);
});

test.each<[object, RegExp]>([
  [{ inputs: 3, units: 0 }, /^janet: option units: /],
  [{ inputs: 3, units: 2, beta: Number.POSITIVE_INFINITY }, /^janet: option beta: /],
  [{ inputs: 3, units: 2, longest: 2 }, /^janet: option longest: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => janet(options as Options)).toThrow(InputError);
  expect(() => janet(options as Options)).toThrow(message);
});

import { describe, expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { linear, minGruStep, positive } from "../../test/reference/min-cells.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { minGru } from "./min-gru.ts";

proveCell("a minGRU", {
  cell: minGru,
  step: (widths) => minGruStep(widths, linear),
});

describe("with a positive candidate", () => {
  proveCell("a minGRU", {
    cell: (widths) => minGru({ ...widths, candidate: "positive" }),
    step: (widths) => minGruStep(widths, positive),
    widths: [{ inputs: 4, units: 4 }],
  });
});

type Options = Parameters<typeof minGru>[0];

function biasOf(options: Options): number[] {
  const layer = recurrent("layer", minGru(options));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) }));
  return [...initialWeights(graph, 1)["layer.bias"]];
}

test("its gate begins half open", () => {
  expect(biasOf({ inputs: 3, units: 2 })).toEqual([0, 0, 0, 0]);
});

test.each<[object, RegExp]>([
  [{ inputs: 3, units: 0 }, /^min-gru: option units: /],
  [{ inputs: 3, units: 2, candidate: "tanh" }, /^min-gru: option candidate: .*"linear"\|"positive"/],
  [{ inputs: 3, units: 2, longest: 1 }, /^min-gru: option longest: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => minGru(options as Options)).toThrow(InputError);
  expect(() => minGru(options as Options)).toThrow(message);
});

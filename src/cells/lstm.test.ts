import { expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { lstmStep } from "../../test/reference/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { lstm } from "./lstm.ts";

proveCell("an LSTM", { cell: lstm, step: lstmStep });

test("an LSTM begins with a forget gate that is open by its bias, and no other", () => {
  const layer = recurrent("layer", lstm({ inputs: 3, units: 2 }));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) }));
  expect([...initialWeights(graph, 1)["layer.bias"]]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
});

test.each([
  [{ inputs: 0, units: 2 }, /lstm: option inputs/],
  [{ inputs: 3, units: 1.5 }, /lstm: option units/],
  [{ inputs: 3, units: 2, forgetBias: Number.NaN }, /lstm: option forgetBias/],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => lstm(options)).toThrow(InputError);
  expect(() => lstm(options)).toThrow(message);
});

test("an input of another width is refused with both shapes", () => {
  const layer = recurrent("layer", lstm({ inputs: 3, units: 2 }));
  expect(() => trace({ x: ["time", "batch", 4] }, ({ x }) => ({ y: layer(x) }))).toThrow(
    /matmul.*\[batch, 4\].*\[3, 8\]/,
  );
});

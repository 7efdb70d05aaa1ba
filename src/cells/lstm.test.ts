import { expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { lstmStep } from "../../test/reference/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { lstm } from "./lstm.ts";

proveCell("an LSTM", { cell: lstm, step: lstmStep });

proveCell("an LSTM with peepholes and a projection", {
  cell: (widths) => lstm({ ...widths, peepholes: true, projection: 3 }),
  step: lstmStep,
  widths: [{ inputs: 3, units: 5 }],
});

type Options = Parameters<typeof lstm>[0];

function beginningOf(options: Options): Record<string, Float32Array> {
  const layer = recurrent("layer", lstm(options));
  return initialWeights(
    trace({ x: ["time", "batch", 3] }, ({ x }) => ({ outputs: layer(x) })),
    1,
  );
}

test("an LSTM begins with a forget gate that is open by its bias, and no other", () => {
  const weights = beginningOf({ inputs: 3, units: 2 });
  expect([...weights["layer.bias"]]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  expect(Object.keys(weights)).toEqual(["layer.input", "layer.recurrent", "layer.bias"]);
});

test.each<[object, RegExp]>([
  [{ inputs: 0, units: 2 }, /^lstm: option inputs: /],
  [{ inputs: 3, units: 1.5 }, /^lstm: option units: /],
  [{ inputs: 3, units: 2, forgetBias: Number.NaN }, /^lstm: option forgetBias: /],
  [{ inputs: 3, units: 2, longest: 2 }, /^lstm: option longest: /],
  [{ inputs: 3, units: 2, projection: 0 }, /^lstm: option projection: /],
  [{ inputs: 3, units: 2, peephole: true }, /^lstm: .*peephole/],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => lstm(options as Options)).toThrow(InputError);
  expect(() => lstm(options as Options)).toThrow(message);
});

test("an input of another width is refused with both shapes", () => {
  const layer = recurrent("layer", lstm({ inputs: 3, units: 2 }));
  expect(() => trace({ x: ["time", "batch", 4] }, ({ x }) => ({ y: layer(x) }))).toThrow(
    /matmul.*\[batch, 4\].*\[3, 8\]/,
  );
});

import { expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { proveCell, type Widths } from "../../test/cell-proof.ts";
import { convLstmStep } from "../../test/reference/conv-lstm.ts";
import { countOperators } from "../../test/structure.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { gradient } from "../transform/gradient.ts";
import { hoist } from "../transform/hoist.ts";
import { simplify } from "../transform/simplify.ts";
import { initialWeights } from "../weights/declare.ts";
import { convLstm } from "./conv-lstm.ts";

/** A smaller plane where gradients are held against differences, one for each number of it. */
const plane = ({ units }: Widths): [number, number] => (units === 1 ? [2, 2] : [4, 3]);

proveCell("a ConvLSTM over a plane", {
  cell: (widths) => convLstm({ ...widths, grid: plane(widths), kernel: 3 }),
  step: (widths) => convLstmStep({ units: widths.units, grid: plane(widths), kernel: [3, 3] }),
  input: (widths) => [widths.inputs, ...plane(widths)],
  widths: [{ inputs: 2, units: 3 }],
  differentiated: { inputs: 1, units: 1 },
});

proveCell("a ConvLSTM with a kernel that is even one way", {
  cell: (widths) => convLstm({ ...widths, grid: [2, 2], kernel: [2, 3] }),
  step: ({ units }) => convLstmStep({ units, grid: [2, 2], kernel: [2, 3] }),
  input: ({ inputs }) => [inputs, 2, 2],
  widths: [{ inputs: 2, units: 2 }],
  differentiated: { inputs: 1, units: 1 },
});

proveCell("a ConvLSTM over a line that its kernel spans", {
  cell: (widths) => convLstm({ ...widths, grid: [4], kernel: 4 }),
  step: ({ units }) => convLstmStep({ units, grid: [1, 4], kernel: [1, 4] }),
  input: ({ inputs }) => [inputs, 4],
  widths: [{ inputs: 3, units: 2 }],
  differentiated: { inputs: 1, units: 1 },
});

const graphOf = (options: Parameters<typeof convLstm>[0], shape = [options.inputs, ...options.grid]) => {
  const layer = recurrent("layer", convLstm(options));
  return trace({ x: ["time", "batch", ...shape] }, ({ x }) => ({ outputs: layer(x) }));
};

test("of a ConvLSTM and its gradient only the two convolutions with the recurrent kernels stay in loops", () => {
  const graph = graphOf({ inputs: 2, units: 2, grid: [4, 3], kernel: 3 });
  const trained = gradient(withLoss(graph), { of: "loss", with: graph.inputs.map(({ name }) => name) });
  const hoisted = simplify(hoist(trained));
  expect(countOperators(hoisted, ["conv"], "inside")).toBe(2);
  // W * x, its two gradients and that of U, over all steps at once.
  expect(countOperators(hoisted, ["conv"], "outside")).toBe(4);
});

test("a ConvLSTM begins with kernels of one variance for all gates, without peepholes, with open forget gates", () => {
  const weights = initialWeights(graphOf({ inputs: 12, units: 10, grid: [4, 3], kernel: 5 }), 1);
  const expected = { input: 2 / (25 * (12 + 10)), recurrent: 2 / (25 * (10 + 10)) };
  for (const [name, variance] of Object.entries(expected)) {
    const kernels = weights[`layer.${name}`];
    for (const gate of [0, 1, 2, 3]) {
      const own = kernels.subarray((gate * kernels.length) / 4, ((gate + 1) * kernels.length) / 4);
      const found = own.reduce((sum, one) => sum + one * one, 0) / own.length;
      expect(Math.abs(found / variance - 1)).toBeLessThan(0.06);
    }
  }
  expect(new Set(weights["layer.peepholes"])).toEqual(new Set([0]));
  const ones = Array.from({ length: 10 }, () => 1);
  expect([...weights["layer.bias"]].slice(0, 20)).toEqual([...ones.map(() => 0), ...ones]);
});

const options = { inputs: 2, units: 2, grid: [4, 3], kernel: 3 };

test.each([
  [{ ...options, inputs: 0 }, /^conv-lstm: option inputs: /],
  [{ ...options, units: 1.5 }, /^conv-lstm: option units: /],
  [{ ...options, grid: [] }, /^conv-lstm: option grid: /],
  [{ ...options, grid: [4, 3, 2] }, /^conv-lstm: option grid: /],
  [{ ...options, grid: [4, -3] }, /^conv-lstm: option grid.1: /],
  [{ ...options, kernel: 0 }, /^conv-lstm: option kernel: /],
  [{ ...options, kernel: [3, 0] }, /^conv-lstm: option kernel.1: /],
  [{ ...options, kernel: "3" as unknown as number }, /^conv-lstm: option kernel: needs a whole number of at/],
  [{ ...options, kernel: [3] }, /^conv-lstm: option kernel: needs .* one for each axis of the grid/],
  [{ ...options, forgetBias: Number.NaN }, /^conv-lstm: option forgetBias: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => convLstm(options)).toThrow(InputError);
  expect(() => convLstm(options)).toThrow(message);
});

test.each([[[2, 4, 4]], [[3, 4, 3]], [[2, 4]]])("an input of another shape is refused: %j", (shape) => {
  expect(() => graphOf(options, shape)).toThrow(InputError);
  expect(() => graphOf(options, shape)).toThrow(
    `conv-lstm "layer": reads [time, batch, 2, 4, 3], not [time, batch, ${shape.join(", ")}]`,
  );
});

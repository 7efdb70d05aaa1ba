import { expect, test } from "vitest";
import { proveCell } from "../../test/cell-proof.ts";
import { rnnStep } from "../../test/reference/rnn.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { rnn } from "./rnn.ts";

proveCell("a simple RNN", { cell: rnn, step: (widths) => rnnStep(widths, Math.tanh) });

proveCell("a simple RNN with rectified outputs", {
  cell: (widths) => rnn({ ...widths, activation: "relu" }),
  step: (widths) => rnnStep(widths, (x) => Math.max(0, x)),
  widths: [{ inputs: 3, units: 5 }],
  between: { recurrent: [-0.3, 0.3] }, // so that nothing grows over 63 steps
});

test("a rectified RNN begins by keeping what it has", () => {
  const layer = recurrent("layer", rnn({ inputs: 3, units: 2, activation: "relu" }));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: layer(x) }));
  expect([...initialWeights(graph, 1)["layer.recurrent"]]).toEqual([1, 0, 0, 1]);
});

type Options = Parameters<typeof rnn>[0];

test.each<[object, RegExp]>([
  [{ inputs: 3, units: -1 }, /^rnn: option units: /],
  [{ inputs: 3 }, /^rnn: option units: /],
  [{ inputs: 3, units: 2, activation: "step" }, /^rnn: option activation: .*"tanh"\|"relu"/],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => rnn(options as Options)).toThrow(InputError);
  expect(() => rnn(options as Options)).toThrow(message);
});

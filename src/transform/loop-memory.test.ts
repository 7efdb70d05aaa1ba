import { expect, test } from "vitest";
import { lstm } from "../cells/lstm.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { gradient } from "./gradient.ts";
import { loopMemory } from "./loop-memory.ts";

const units = 8;
const layer = recurrent("layer", lstm({ inputs: 5, units }));
const inference = trace({ x: ["time", 1, 5] }, ({ x }) => ({ loss: layer(x).sum() }));
const training = gradient(inference, { of: "loss", with: ["layer.input", "layer.recurrent", "layer.bias"] });

test("an LSTM keeps its outputs alone where nothing is trained", () => {
  expect(loopMemory(inference, { x: [10_000, 1, 5] })).toBe(10_000 * units * 4);
});

test("an LSTM in training keeps output, memory, gate sums and their gradients: 1 + 1 + 4 + 4 values a unit and step", () => {
  expect(loopMemory(training, { x: [10_000, 1, 5] })).toBe(10_000 * units * 10 * 4);
});

test("what loops keep grows linearly with the steps", () => {
  const [once, twice] = [500, 1000].map((steps) => loopMemory(training, { x: [steps, 1, 5] }));
  expect(twice).toBe(2 * once);
});

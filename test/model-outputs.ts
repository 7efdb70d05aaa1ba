/** What a model computes on the float64 reference, for tests that hold it to another implementation's numbers. */
import type { ArrayTensor } from "../src/graph/interpret.ts";
import type { Model } from "../src/weights/model.ts";
import type { Tensors } from "./everywhere.ts";
import { interpretModel } from "./step-by-step.ts";

/** A model's outputs, float32 weights and all, from numbers as JSON has them, too. */
export function modelOutputs(model: Model, inputs: Tensors): Tensors {
  const given = Object.entries(inputs).map(([name, { shape, data }]): [string, ArrayTensor] => [
    name,
    { shape, data: Float64Array.from(data) },
  ]);
  return interpretModel(model, Object.fromEntries(given));
}

/** Batch-first as time-first, and back: the first two axes change places. */
export function timeFirst({ shape, data }: ArrayTensor): ArrayTensor {
  const [first, second, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const at = (index: number) => {
    const [row, offset] = [Math.floor(index / size), index % size];
    return data[((row % first) * second + Math.floor(row / first)) * size + offset];
  };
  return {
    shape: [second, first, ...rest],
    data: Float64Array.from({ length: data.length }, (_, i) => at(i)),
  };
}

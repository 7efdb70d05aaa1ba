/** Operators that make tensors from shapes, and shapes from tensors. */
import type { Size } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { volume } from "../../graph/shape.ts";
import { constant, filled, iota } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { Numbers, type Tensor, Whole } from "./tensor.ts";
import { pathOf } from "./weight-path.ts";

/** How many numbers a tensor that is one number throughout may have to be kept as numbers. */
const fewNumbers = 4096;

/** A constant under one of the attributes that may hold it. */
function constantOf(call: Call): Tensor {
  const tensor = call.constant("value");
  if (tensor instanceof Numbers)
    return new Numbers(tensor.shape, tensor.dtype, tensor.data, pathOf(call.node.output[0]));
  if (tensor) return tensor;
  const [attribute] = call.node.attribute;
  switch (attribute?.name) {
    case "value_float":
      return new Numbers([], "float32", Float32Array.of(attribute.f));
    case "value_floats":
      return new Numbers([attribute.floats.length], "float32", Float32Array.from(attribute.floats));
    case "value_int":
      return new Whole([], [Number(attribute.i)]);
    case "value_ints":
      return new Whole([attribute.ints.length], attribute.ints.map(Number));
    default:
      throw new InputError("it holds no numbers that can be read");
  }
}

/** One number throughout a shape, which may be open. */
function constantOfShape(call: Call): Tensor {
  const shape = call.sizes(0).map((size) => (size === -1 ? 1 : size));
  const value = call.constant("value");
  const one = value instanceof Whole ? value.sizes[0] : (value?.data[0] ?? 0);
  const elements = volume(shape);
  if (typeof one !== "number") throw new InputError("it holds no number");
  const dtype = value instanceof Whole ? "int32" : (value?.dtype ?? "float32");
  if (!shape.every((size) => typeof size === "number") || (elements as number) > fewNumbers)
    return filled(one, shape, dtype);
  if (dtype === "int32") return new Whole(shape, Array<Size>(elements as number).fill(one));
  return new Numbers(shape, dtype, new Float64Array(elements as number).fill(one));
}

/** start, start + delta, …, before limit. */
function range(call: Call): Tensor {
  const inputs = [0, 1, 2].map((index) => call.tensor(index));
  if (!inputs.every((input) => input instanceof Whole)) {
    const [start, limit, delta] = [0, 1, 2].map((index) => call.scalar(index)!);
    const steps = Math.ceil((limit - start) / delta);
    if (!(steps >= 0 && steps <= fewNumbers))
      throw new InputError(`a range of ${steps} numbers can't be read`);
    return constant(Float64Array.from({ length: steps }, (_, index) => start + index * delta));
  }
  const [start, limit, delta] = [0, 1, 2].map((index) => call.size(index));
  const numbers = [start, limit, delta].every((one) => typeof one === "number");
  if (numbers) {
    const steps = Math.max(0, Math.ceil(((limit as number) - (start as number)) / (delta as number)));
    if (!Number.isFinite(steps)) throw new InputError(`a range in steps of ${delta} does not end`);
    if (steps <= fewNumbers)
      return new Whole(
        [steps],
        Array.from({ length: steps }, (_, index) => (start as number) + index * (delta as number)),
      );
    return iota(steps)
      .mul(delta as number)
      .add(start as number);
  }
  if (start !== 0 || delta !== 1)
    throw new InputError(
      "a range over open sizes must start at 0 and go in steps of 1: give the sizes by sizes",
    );
  return iota(limit);
}

export const shapes: Readonly<Record<string, Operation>> = {
  Constant: constantOf,
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: (call) => {
    const { shape } = call.tensor(0);
    const of = shape.slice(call.int("start", 0), call.attribute("end") ? call.int("end", 0) : undefined);
    return new Whole([of.length], of);
  },
  Size: (call) => new Whole([], [volume(call.tensor(0).shape)]),
};

/** Products with weights, and what networks put around them. */
import { InputError } from "../../graph/errors.ts";
import { mean, sqrt } from "../../graph/functions.ts";
import { formatShape } from "../../graph/shape.ts";
import type { Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { convolution } from "./convolution.ts";
import { pooled } from "./pool.ts";
import { Numbers, type Tensor } from "./tensor.ts";
import { isCounted, rolePath } from "./weight-path.ts";

/** Inputs under paths that say what they are: the tensor's own, or the node's with the role. */
export function weightInput(
  call: Call,
  index: number,
  role: string,
  write?: { as: string; change: (x: Value) => Value },
): Value {
  const tensor = call.tensor(index);
  if (!(tensor instanceof Numbers) || tensor.path === undefined) {
    const value = call.value(index);
    return write ? write.change(value) : value;
  }
  if (!write && !isCounted(tensor.path)) return call.value(index);
  const path = rolePath(tensor.path, call.node, role);
  return call.reading.derive([tensor], { as: write?.as ?? "same", path }, (x) =>
    write ? write.change(x) : x.reshape(x.shape),
  );
}

/** Vectors become matrices and lose the axis again. */
function matmul(call: Call): Value {
  const ranks = [call.tensor(0), call.tensor(1)].map(({ shape }) => shape.length);
  const [first, second] = [call.value(0), weightInput(call, 1, "weight")];
  const a = ranks[0] === 1 ? first.unsqueeze(0) : first;
  const b = ranks[1] === 1 ? second.unsqueeze(1) : second;
  const product = a.matmul(b);
  const dropped = [
    ...(ranks[0] === 1 ? [product.rank - 2] : []),
    ...(ranks[1] === 1 ? [product.rank - 1] : []),
  ];
  return dropped.length > 0 ? product.squeeze(dropped) : product;
}

function gemm(call: Call): Value {
  const a = call.int("transA", 0) ? call.value(0).transpose() : call.value(0);
  const turn = call.int("transB", 0) ? { as: "transposed", change: (x: Value) => x.transpose() } : undefined;
  const product = a.matmul(weightInput(call, 1, "weight", turn));
  const scaled = times(product, call.float("alpha", 1));
  return call.has(2) ? scaled.add(times(weightInput(call, 2, "bias"), call.float("beta", 1))) : scaled;
}

const times = (x: Value, factor: number): Value => (factor === 1 ? x : x.mul(factor));

/** A vector along one axis of something with more axes. */
function along(x: Value, axis: number, rank: number): Value {
  return x.reshape([...x.shape, ...Array<number>(rank - axis - 1).fill(1)]);
}

/** (x − mean) / √(variance + ε) · scale + shift with the statistics of training: one factor and one summand a channel. */
function batchNormalization(call: Call): readonly (Tensor | undefined)[] {
  if (call.int("training_mode", 0) === 1 || (call.opset < 7 && call.int("is_test", 0) === 0))
    throw new InputError("it normalizes in training mode: export the model for inference");
  const x = call.value(0);
  if (x.rank < 2) throw new InputError(`${formatShape(x.shape)} has no axis of channels`);
  const epsilon = call.float("epsilon", 1e-5);
  const [scale, shift, center, variance] = [1, 2, 3, 4].map((index) => call.tensor(index));
  const pathOf = (tensor: Tensor, role: string) =>
    rolePath(tensor instanceof Numbers ? tensor.path : undefined, call.node, role);
  const factor = call.reading.derive(
    [scale, variance],
    { as: "factor", path: pathOf(scale, "scale") },
    (s, v) => s.div(sqrt(v.add(epsilon))),
  );
  const summand = call.reading.derive(
    [shift, scale, center, variance],
    { as: "summand", path: pathOf(shift, "shift") },
    (b, s, m, v) => b.sub(m.mul(s.div(sqrt(v.add(epsilon))))),
  );
  return [x.mul(along(factor, 1, x.rank)).add(along(summand, 1, x.rank))];
}

function normalized(x: Value, axes: readonly number[], epsilon: number): Value {
  const centered = x.sub(mean(x, axes, { keep: true }));
  const variance = mean(centered.mul(centered), axes, { keep: true });
  return centered.div(sqrt(variance.add(epsilon)));
}

function layerNormalization(call: Call): readonly (Tensor | undefined)[] {
  const x = call.value(0);
  const [first] = call.axes([call.int("axis", -1)], x.rank);
  const axes = x.shape.flatMap((_, axis) => (axis >= first ? [axis] : []));
  const result = normalized(x, axes, call.float("epsilon", 1e-5)).mul(weightInput(call, 1, "scale"));
  return [call.has(2) ? result.add(weightInput(call, 2, "shift")) : result];
}

function instanceNormalization(call: Call): Value {
  const x = call.value(0);
  if (x.rank < 3) throw new InputError(`${formatShape(x.shape)} has no positions to normalize over`);
  const axes = x.shape.slice(2).map((_, axis) => axis + 2);
  return normalized(x, axes, call.float("epsilon", 1e-5))
    .mul(along(weightInput(call, 1, "scale"), 1, x.rank))
    .add(along(weightInput(call, 2, "shift"), 1, x.rank));
}

export const products: Readonly<Record<string, Operation>> = {
  MatMul: matmul,
  Gemm: gemm,
  Conv: convolution,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  AveragePool: pooled,
  MaxPool: pooled,
};

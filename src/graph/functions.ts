/** Functions over values: the primitives by name, and what is derived from them. */
import { type Size, type SizeLike, size } from "./dim.ts";
import { InputError } from "./errors.ts";
import type { Convolution } from "./operators.ts";
import {
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type ShapeLike,
  shape as shapeOf,
  volume,
} from "./shape.ts";
import { apply, applyAll, constant, filled, iota, Value, type ValueLike } from "./value.ts";

export const exp = (x: Value): Value => apply("exp", [x]);
export const log = (x: Value): Value => apply("log", [x]);
export const sqrt = (x: Value): Value => apply("sqrt", [x]);
export const abs = (x: Value): Value => apply("abs", [x]);
export const tanh = (x: Value): Value => apply("tanh", [x]);
/** The logistic function σ(x) = 1 / (1 + e^−x). */
export const sigmoid = (x: Value): Value => apply("sigmoid", [x]);
export const relu = (x: Value): Value => apply("relu", [x]);
/** ln(1 + e^x), without overflow. */
export function softplus(x: Value): Value {
  const peak = stopGradient(relu(x)); // cancels out, and so does its gradient: σ(x), at 0 too
  return log(exp(x.sub(peak)).add(exp(peak.neg()))).add(peak);
}

export const maximum = (a: Value, b: ValueLike): Value => apply("maximum", [a, like(b, a)]);
export const minimum = (a: Value, b: ValueLike): Value => apply("minimum", [a, like(b, a)]);
/** x held between two bounds. */
export const clip = (x: Value, low: ValueLike, high: ValueLike): Value => minimum(maximum(x, low), high);
export const and = (a: Value, b: Value): Value => apply("and", [a, b]);
export const or = (a: Value, b: Value): Value => apply("or", [a, b]);
export const not = (a: Value): Value => apply("not", [a]);

/** `yes` where the condition holds, else `no`. One of the two may be a number. */
export function where(condition: Value, yes: ValueLike, no: ValueLike): Value {
  const partner = yes instanceof Value ? yes : no instanceof Value ? no : constant(0);
  return apply("where", [condition, like(yes, partner), like(no, partner)]);
}

/** The value itself, through which no gradient flows. */
export const stopGradient = (x: Value): Value => apply("stop", [x]);
/** `value` going forward, `surrogate` as far as gradients go (a hard decision trained through a soft one). */
export const straightThrough = (value: Value, surrogate: Value): Value =>
  apply("straightThrough", [value, surrogate]);

export const sum = (x: Value, axes?: number | readonly number[], options?: { keep?: boolean }): Value =>
  x.sum(axes, options);
export const max = (x: Value, axes?: number | readonly number[], options?: { keep?: boolean }): Value =>
  x.max(axes, options);
export const min = (x: Value, axes?: number | readonly number[], options?: { keep?: boolean }): Value =>
  x.neg().max(axes, options).neg();

/** The mean over some axes (all, where none are named). */
export function mean(x: Value, axes?: number | readonly number[], options?: { keep?: boolean }): Value {
  const over = normalizeAxes("mean", axes, x.rank);
  return x.sum(over, options).div(
    countOf(
      over.map((axis) => x.shape[axis]),
      x,
    ),
  );
}

/** The position of the maximum along an axis (the first of equal ones), int32; the axis is dropped. */
export function argmax(x: Value, axis = -1): Value {
  const along = normalizeAxis("argmax", axis, x.rank);
  return apply("argmax", [x], { axis: along }).squeeze(along);
}

/** ln Σ e^x over some axes, without overflow. */
export function logSumExp(x: Value, axes?: number | readonly number[], { keep = false } = {}): Value {
  const over = normalizeAxes("logSumExp", axes, x.rank);
  const peak = stopGradient(x.max(over, { keep: true }));
  const total = log(exp(x.sub(peak)).sum(over, { keep: true })).add(peak);
  return keep ? total : total.squeeze(over);
}
/** e^x / Σ e^x along an axis. */
export function softmax(x: Value, axis = -1): Value {
  const powers = exp(x.sub(stopGradient(x.max(axis, { keep: true }))));
  return powers.div(powers.sum(axis, { keep: true }));
}
export const logSoftmax = (x: Value, axis = -1): Value => x.sub(logSumExp(x, axis, { keep: true }));

export const matmul = (a: Value, b: Value): Value => a.matmul(b);
export const cumulativeSum = (x: Value, axis: number, { exclusive = false, reverse = false } = {}): Value =>
  apply("cumulativeSum", [x], { axis: normalizeAxis("cumulativeSum", axis, x.rank), exclusive, reverse });

/** Values one after the other along an axis that they have (the last, where none is named). */
export function concat(values: readonly Value[], axis = -1): Value {
  if (values.length === 0) throw new InputError("concat: needs at least one value");
  if (values.length === 1) return values[0];
  return apply("concat", values, { axis: normalizeAxis("concat", axis, values[0].rank) });
}
/** Values of one shape along a new axis. */
export function stack(values: readonly Value[], axis = 0): Value {
  if (values.length === 0) throw new InputError("stack: needs at least one value");
  return concat(
    values.map((value) => value.unsqueeze(axis)),
    axis < 0 ? axis : normalizeAxis("stack", axis, values[0].rank + 1),
  );
}
/** The entries of `data` at int32 `indices` along an axis, whose place the axes of `indices` take. */
export const gather = (data: Value, indices: Value, axis = 0): Value =>
  apply("gather", [data, indices], { axis: normalizeAxis("gather", axis, data.rank) });
/** The reverse of `gather`: zeros of `size` along an axis, to which updates are added at `indices`. */
export const scatterAdd = (indices: Value, updates: Value, axis: number, length: SizeLike): Value =>
  apply("scatterAdd", [indices, updates], {
    axis: normalizeAxis("scatterAdd", axis, updates.rank - indices.rank + 1),
    size: size(length),
  });
/** int32 […] → […, depth], 1 at the index and 0 elsewhere. */
export const oneHot = (indices: Value, depth: SizeLike, dtype: "float32" | "float64" = "float32"): Value =>
  indices.unsqueeze(-1).equal(iota(depth)).cast(dtype);

/** A border of one value around an axis or several: [before, after] for each axis; a negative one cuts. */
export function pad(x: Value, borders: readonly (readonly [Size, Size])[], value = 0): Value {
  if (borders.length !== x.rank) {
    throw new InputError(
      `pad(${x.label()} ${formatShape(x.shape)}): needs [before, after] for each of ${x.rank} axes, got ${borders.length}`,
    );
  }
  return apply("pad", [x], {
    before: borders.map(([before]) => before),
    after: borders.map(([, after]) => after),
    value,
  });
}

export interface ConvolutionOptions {
  stride?: number | readonly number[];
  dilation?: number | readonly number[];
  /** "valid" (none), "same" (as many positions out as in, at stride 1), "causal" (all before), or numbers. */
  padding?: "valid" | "same" | "causal" | number | readonly (readonly [number, number])[];
}

/**
 * Convolution (cross-correlation, as the field has it) of x [batch, channels, …positions] with a kernel
 * [filters, channels, …reach], over one or two axes of positions → [batch, filters, …positions].
 */
export function conv(
  x: Value,
  kernel: Value,
  { stride = 1, dilation = 1, padding = "valid" }: ConvolutionOptions = {},
): Value {
  const axes = x.rank - 2;
  const each = (option: string, from: number | readonly number[]): readonly number[] => {
    const all = typeof from === "number" ? Array<number>(Math.max(axes, 0)).fill(from) : from;
    if (all.length !== axes || all.some((one) => !Number.isInteger(one) || one < 1)) {
      throw new InputError(
        `conv: ${option} ${from} makes no sense: use whole numbers of at least 1, one an axis of positions (${axes})`,
      );
    }
    return all;
  };
  const steps: Convolution = {
    stride: each("stride", stride),
    dilation: each("dilation", dilation),
    before: [],
    after: [],
  };
  const borders = steps.dilation.map((spread, axis) =>
    borderOf(padding, axis, spread * (Number(kernel.shape[axis + 2]) - 1)),
  );
  return apply("conv", [x, kernel], {
    ...steps,
    before: borders.map(([before]) => before),
    after: borders.map(([, after]) => after),
  });
}

function borderOf(
  padding: NonNullable<ConvolutionOptions["padding"]>,
  axis: number,
  reach: number,
): readonly [number, number] {
  if (padding === "valid") return [0, 0];
  if (padding === "same") return [Math.floor(reach / 2), Math.ceil(reach / 2)];
  if (padding === "causal") return [reach, 0];
  const border = typeof padding === "number" ? ([padding, padding] as const) : padding[axis];
  if (!border?.every((one) => Number.isInteger(one) && one >= 0)) {
    throw new InputError(
      `conv: padding ${border} makes no sense: use whole numbers of at least 0, [before, after] an axis`,
    );
  }
  return border;
}

/** The inverse and the logarithm of the determinant of a symmetric positive definite matrix [n, n]. */
export function inverseLogDet(matrix: Value): { inverse: Value; logDet: Value } {
  const [inverse, logDet] = applyAll("inverseLogDet", [matrix]);
  return { inverse, logDet };
}
/** ln det A of a symmetric positive definite matrix. */
export const logDet = (matrix: Value): Value => inverseLogDet(matrix).logDet;
/** The identity matrix. */
export const identity = (length: SizeLike, dtype: "float32" | "float64" = "float32"): Value =>
  oneHot(iota(length), length, dtype);

export interface L2NormalizeOptions {
  /** Any axes: one, several, negative ones; all where none are named. */
  axes?: number | readonly number[];
  epsilon?: number;
  /** "tensorflow" divides by √max(Σx², ε), "pytorch" by max(√Σx², ε). */
  guard?: "tensorflow" | "pytorch";
}

/**
 * x / √Σx² over any axes, guarded against division by 0.
 *
 * @throws InputError for an axis that is out of range or named twice, an epsilon that is not above 0, or an unknown guard
 */
export function l2Normalize(
  x: Value,
  { axes, epsilon = 1e-12, guard = "tensorflow" }: L2NormalizeOptions = {},
): Value {
  if (!(epsilon > 0))
    throw new InputError(`l2Normalize: an epsilon of ${epsilon} guards nothing: use one above 0`);
  if (guard !== "tensorflow" && guard !== "pytorch")
    throw new InputError(`l2Normalize: there is no guard "${guard}": use "tensorflow" or "pytorch"`);
  const squares = x.mul(x).sum(normalizeAxes("l2Normalize", axes, x.rank), { keep: true });
  if (guard === "tensorflow") return x.div(sqrt(maximum(squares, epsilon)));
  const zero = squares.equal(0);
  const norm = where(zero, 0, sqrt(where(zero, 1, squares)));
  return x.div(maximum(norm, epsilon));
}

/** How many elements some axes hold, as a scalar of another value's type: known only at run time where a size is open. */
export function countOf(sizes: readonly Size[], like: Value): Value {
  const count = volume(sizes);
  return typeof count === "number"
    ? constant(count, like.dtype)
    : apply("extent", [], { size: count }).cast(like.dtype);
}

/** A tensor of zeros. */
export const zeros = (shape: ShapeLike, dtype: Value["dtype"] = "float32"): Value =>
  filled(0, shapeOf(shape), dtype);

function like(other: ValueLike, partner: Value): Value {
  return typeof other === "number" ? constant(other, partner.dtype) : other;
}

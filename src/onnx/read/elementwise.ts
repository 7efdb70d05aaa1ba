/** Operators on single elements. */
import { InputError } from "../../graph/errors.ts";
import {
  abs,
  and,
  clip,
  exp,
  log,
  logSoftmax,
  maximum,
  minimum,
  not,
  or,
  relu,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  tanh,
  where,
} from "../../graph/functions.ts";
import { constant, type Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { dtypeOf, Numbers, Whole } from "./tensor.ts";

const unary =
  (compute: (x: Value, call: Call) => Value): Operation =>
  (call) =>
    compute(call.value(0), call);

const binary =
  (compute: (a: Value, b: Value) => Value): Operation =>
  (call) =>
    compute(call.value(0), call.value(1));

const variadic =
  (compute: (a: Value, b: Value) => Value): Operation =>
  (call) =>
    call.values().reduce(compute);

/** x where it is positive, else something smaller. */
const negativePart = (x: Value, negative: Value): Value => where(x.greater(0), x, negative);

/** α (e^x − 1) for what is negative; the exponent is held at 0 so that nothing overflows beside it. */
const elu = (x: Value, alpha: number): Value => negativePart(x, exp(minimum(x, 0)).sub(1).mul(alpha));

const hardSigmoid = (x: Value, alpha: number, beta: number): Value => clip(x.mul(alpha).add(beta), 0, 1);

/** The activations that recurrent operators may name too, by ONNX's parameters α and β. */
export const activations: Readonly<
  Record<string, { alpha?: number; beta?: number; apply: (x: Value, alpha: number, beta: number) => Value }>
> = {
  Tanh: { apply: tanh },
  Sigmoid: { apply: sigmoid },
  Relu: { apply: relu },
  Affine: { alpha: 1, beta: 0, apply: (x, alpha, beta) => x.mul(alpha).add(beta) },
  LeakyRelu: { alpha: 0.01, apply: (x, alpha) => negativePart(x, x.mul(alpha)) },
  ThresholdedRelu: { alpha: 1, apply: (x, alpha) => where(x.greater(alpha), x, 0) },
  ScaledTanh: { alpha: 1, beta: 1, apply: (x, alpha, beta) => tanh(x.mul(beta)).mul(alpha) },
  HardSigmoid: { alpha: 0.2, beta: 0.5, apply: hardSigmoid },
  Elu: { alpha: 1, apply: elu },
  Softsign: { apply: (x) => x.div(abs(x).add(1)) },
  Softplus: { apply: softplus },
};

const activation =
  (name: string): Operation =>
  (call) => {
    const { alpha = 0, beta = 0, apply } = activations[name];
    return apply(call.value(0), call.float("alpha", alpha), call.float("beta", beta));
  };

/** x^y: by products and roots where y is known and small, since a power of a negative number is none in general. */
function power(call: Call): Value {
  const x = call.value(0);
  const exponent = call.tensor(1);
  const known = exponent instanceof Numbers || exponent instanceof Whole;
  const one = known && exponent.shape.every((size) => size === 1) && exponent.shape.length <= x.rank;
  const number = one ? call.scalar(1) : undefined;
  if (number === 1) return x;
  if (number === 2) return x.mul(x);
  if (number === 3) return x.mul(x).mul(x);
  if (number === 0.5) return sqrt(x);
  if (number === -1) return constant(1, x.dtype).div(x);
  return x.pow(call.value(1).cast(x.dtype));
}

function clipped(call: Call): Value {
  const x = call.value(0);
  const [low, high] = [
    call.attribute("min")?.f ?? call.scalar(1) ?? Number.NEGATIVE_INFINITY,
    call.attribute("max")?.f ?? call.scalar(2) ?? Number.POSITIVE_INFINITY,
  ];
  if (low === 0 && high === Number.POSITIVE_INFINITY) return x.dtype === "int32" ? maximum(x, 0) : relu(x);
  const raised = low > -3.4e38 ? maximum(x, low) : x;
  return high < 3.4e38 ? minimum(raised, high) : raised;
}

/** Along one axis since version 13; before, along all axes from one on. */
const alongAxis =
  (compute: (x: Value, axis: number) => Value): Operation =>
  (call) => {
    const x = call.value(0);
    const [axis] = call.axes([call.int("axis", call.opset < 13 ? 1 : -1)], x.rank);
    if (call.opset >= 13 || axis === x.rank - 1) return compute(x, axis);
    const flat = x.reshape([...x.shape.slice(0, axis), -1]);
    return compute(flat, axis).reshape(x.shape);
  };

const cast = (x: Value, to: Value["dtype"]): Value => {
  if (to !== "bool" || x.dtype === "bool") return x.cast(to);
  return not(x.equal(0));
};

/**
 * The error function, by the polynomial of Abramowitz & Stegun 7.1.26: off by 1.5e-7 at most, which is as exact as float32
 * has it near 1.
 */
function erf(x: Value): Value {
  const t = constant(1, x.dtype).div(abs(x).mul(0.3275911).add(1));
  const polynomial = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]
    .map((one) => constant(one, x.dtype))
    .reduce((sum, one) => sum.mul(t).add(one));
  const size = polynomial
    .mul(t)
    .mul(exp(x.mul(x).neg()))
    .rsub(1);
  return where(x.less(0), size.neg(), size);
}

/** x times the normal distribution's share below x, or that by a tanh (Hendrycks & Gimpel 2016). */
function gelu(x: Value, call: Call): Value {
  if (call.string("approximate", "none") !== "tanh") return x.mul(erf(x.mul(Math.SQRT1_2)).add(1)).mul(0.5);
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(tanh(inner).add(1)).mul(0.5);
}

/** At test, dropout passes its input on. */
function dropout(call: Call): Value[] {
  const x = call.value(0);
  if (call.outputs > 1) throw new InputError("the mask of a dropout can't be read");
  if (call.has(2) && call.scalar(2) !== 0)
    throw new InputError("it drops in training mode: export the model for inference");
  return [x];
}

export const elementwise: Readonly<Record<string, Operation>> = {
  ...Object.fromEntries(Object.keys(activations).map((name) => [name, activation(name)])),
  Abs: unary(abs),
  Neg: unary((x) => x.neg()),
  Exp: unary(exp),
  Log: unary(log),
  Sqrt: unary(sqrt),
  Reciprocal: unary((x) => constant(1, x.dtype).div(x)),
  Selu: unary((x, call) =>
    elu(x, call.float("alpha", 1.6732632423543772)).mul(call.float("gamma", 1.0507009873554805)),
  ),
  Celu: unary((x, call) => {
    const alpha = call.float("alpha", 1);
    return elu(x.div(alpha), 1).mul(alpha);
  }),
  Erf: unary(erf),
  Gelu: unary(gelu),
  HardSwish: unary((x) => x.mul(hardSigmoid(x, 1 / 6, 0.5))),
  Mish: unary((x) => x.mul(tanh(softplus(x)))),
  Sign: unary((x) => x.greater(0).cast(x.dtype).sub(x.less(0).cast(x.dtype))),
  PRelu: binary((x, slope) => negativePart(x, x.mul(slope))),
  Clip: clipped,
  Pow: power,
  Add: binary((a, b) => a.add(b)),
  Sub: binary((a, b) => a.sub(b)),
  Mul: binary((a, b) => a.mul(b)),
  Div: binary((a, b) => a.div(b)),
  Sum: variadic((a, b) => a.add(b)),
  Mean: (call) => {
    const values = call.values();
    return values.reduce((a, b) => a.add(b)).div(values.length);
  },
  Max: variadic(maximum),
  Min: variadic(minimum),
  Less: binary((a, b) => a.less(b)),
  Greater: binary((a, b) => a.greater(b)),
  LessOrEqual: binary((a, b) => or(a.less(b), a.equal(b))),
  GreaterOrEqual: binary((a, b) => or(a.greater(b), a.equal(b))),
  Equal: binary((a, b) => a.equal(b)),
  And: binary(and),
  Or: binary(or),
  Xor: binary((a, b) => not(a.equal(b))),
  Not: unary(not),
  Where: (call) => where(call.value(0), call.value(1), call.value(2)),
  Cast: unary((x, call) => cast(x, dtypeOf(call.int("to", 0)))),
  CastLike: (call) => cast(call.value(0), call.value(1).dtype),
  Identity: (call) => call.tensor(0),
  Dropout: dropout,
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
};

/** Operators that work element by element, operands broadcast to the result's shape. */
import type { DType } from "../shape.ts";
import { broadcastTo, count, type Kernel } from "./array-tensor.ts";

// biome-ignore lint/suspicious/noExplicitAny: one kernel serves operators of different attributes
type AnyKernel = Kernel<any>;

function unary(compute: (x: number) => number): AnyKernel {
  return ({ operands: [x] }) => [x.data.map(compute)];
}

function binary(compute: (a: number, b: number) => number): AnyKernel {
  return ({ operands, shapes: [shape] }) => {
    const [a, b] = operands.map((operand) => broadcastTo(operand, shape));
    const result = new Float64Array(count(shape));
    for (let i = 0; i < result.length; i++) result[i] = compute(a[i], b[i]);
    return [result];
  };
}

function logistic(x: number): number {
  const power = Math.exp(-Math.abs(x)); // never overflows
  return x >= 0 ? 1 / (1 + power) : power / (1 + power);
}

/** Whole numbers divide and convert toward zero, as in ONNX. */
function convert(to: DType): (x: number) => number {
  if (to === "bool") return (x) => (x === 0 ? 0 : 1);
  return to === "int32" ? Math.trunc : (x) => x;
}

const divide = binary((a, b) => a / b);
const divideWhole = binary((a, b) => Math.trunc(a / b));

const where: Kernel<"where"> = ({ operands, shapes: [shape] }) => {
  const [condition, yes, no] = operands.map((operand) => broadcastTo(operand, shape));
  return [condition.map((one, i) => (one === 0 ? no[i] : yes[i]))];
};

const first: AnyKernel = ({ operands: [x] }) => [x.data];

export const elementwise = {
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  tanh: unary(Math.tanh),
  sigmoid: unary(logistic),
  relu: unary((x) => Math.max(x, 0)),
  cast: (({ operands: [x], attributes: { to } }) => [x.data.map(convert(to))]) as Kernel<"cast">,

  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: ((call) => (call.node.results[0].dtype === "int32" ? divideWhole : divide)(call)) as Kernel<"div">,
  pow: binary((a, b) => a ** b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  less: binary((a, b) => (a < b ? 1 : 0)),
  equal: binary((a, b) => (a === b ? 1 : 0)),
  and: binary((a, b) => (a !== 0 && b !== 0 ? 1 : 0)),
  or: binary((a, b) => (a !== 0 || b !== 0 ? 1 : 0)),
  not: unary((x) => (x === 0 ? 1 : 0)),
  where,

  stop: first,
  straightThrough: first,
};

/** Arithmetic with whole numbers that are known while a file is read, open sizes among them. */
import {
  addSizes,
  Dim,
  divideExactly,
  floorDivide,
  multiplySizes,
  type Size,
  subtractSizes,
} from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { broadcastStrides, count, positions } from "../../graph/interpret/array-tensor.ts";
import { broadcast } from "../../graph/shape.ts";
import { Value } from "../../graph/value.ts";
import type { Call } from "./call.ts";
import type { Reading } from "./reading.ts";
import { dtypeOf, Numbers, type Tensor, Whole } from "./tensor.ts";

/** Computes an operator on known whole numbers; undefined where that takes knowing open sizes. */
type Arithmetic = (call: Call) => Tensor | undefined;

/** How many whole numbers are computed with one by one. */
const most = 65_536;

function all(call: Call): Whole[] | undefined {
  const { inputs } = call;
  return inputs.length > 0 && inputs.every((input) => input instanceof Whole) ? [...inputs] : undefined;
}

/** Two tensors element by element, as they broadcast. */
function pairs(
  reading: Reading,
  a: Whole,
  b: Whole,
): { shape: readonly number[]; pairs: [Size, Size][] } | undefined {
  const shape = broadcast(a.shape, b.shape) as number[] | undefined;
  if (!shape) throw new InputError(`the shapes [${a.shape}] and [${b.shape}] do not broadcast`);
  if (count(shape) > most || !reading.spend(count(shape))) return undefined;
  const [p, q] = [a, b].map((one) => positions(shape, broadcastStrides(one.shape, shape)));
  return { shape, pairs: Array.from(p, (at, index) => [a.sizes[at], b.sizes[q[index]]]) };
}

const binary =
  (compute: (a: Size, b: Size) => Size | undefined): Arithmetic =>
  (call) => {
    const operands = all(call);
    return operands?.slice(1).reduce<Whole | undefined>((a, b) => {
      const found = a && pairs(call.reading, a, b);
      const sizes = found?.pairs.map(([p, q]) => compute(p, q));
      return sizes?.every((size) => size !== undefined) ? new Whole(found!.shape, sizes) : undefined;
    }, operands[0]);
  };

const comparison =
  (decide: (order: Order) => boolean | undefined): Arithmetic =>
  (call) => {
    const operands = all(call);
    const found = operands?.length === 2 ? pairs(call.reading, operands[0], operands[1]) : undefined;
    const truths = found?.pairs.map(([a, b]) => decide(orderOf(a, b)));
    return truths?.every((truth) => truth !== undefined)
      ? new Numbers(found!.shape, "bool", Float64Array.from(truths, Number))
      : undefined;
  };

/** What is known of a − b. */
type Order = "less" | "equal" | "greater" | "not less" | "not greater" | "unknown";

function orderOf(a: Size, b: Size): Order {
  const difference = subtractSizes(a, b);
  if (typeof difference === "number") return difference < 0 ? "less" : difference > 0 ? "greater" : "equal";
  const [low, high] = [least(difference), least(multiplySizes(difference, -1))];
  if (low >= 0) return low > 0 ? "greater" : "not less";
  if (high >= 0) return high > 0 ? "less" : "not greater";
  return "unknown";
}

/** A bound below a size, given that every open size is at least 1. */
function least(of: Size): number {
  if (!(of instanceof Dim)) return of;
  return of.terms
    .map(({ coefficient, atoms }) => {
      if (coefficient < 0 && atoms.length > 0) return Number.NEGATIVE_INFINITY;
      return atoms.some(({ quotient }) => quotient) ? 0 : coefficient;
    })
    .reduce((x, y) => x + y, 0);
}

const known = (order: Order, yes: readonly Order[], no: readonly Order[]): boolean | undefined =>
  yes.includes(order) ? true : no.includes(order) ? false : undefined;

function divide(a: Size, b: Size): Size | undefined {
  if (b === 0) throw new InputError("it divides by 0");
  if (typeof b !== "number") return divideExactly(a, b);
  if (typeof a === "number") return Math.trunc(a / b);
  return b > 0 ? floorDivide(a, b) : undefined;
}

function remainder(a: Size, b: Size): Size | undefined {
  const quotient = divide(a, b);
  if (typeof a === "number" && typeof b === "number") return ((a % b) + b) % b;
  return quotient === undefined ? undefined : subtractSizes(a, multiplySizes(quotient, b));
}

const choose =
  (first: readonly Order[], second: readonly Order[]) =>
  (a: Size, b: Size): Size | undefined => {
    const order = orderOf(a, b);
    return first.includes(order) ? a : second.includes(order) ? b : undefined;
  };

const overAll =
  (compute: (a: Size, b: Size) => Size | undefined, start?: Size): Arithmetic =>
  (call) => {
    const [x] = call.inputs;
    if (!(x instanceof Whole) || x.shape.length !== 1) return undefined;
    const result = x.sizes.reduce<Size | undefined>(
      (a, b) => (a === undefined ? undefined : compute(a, b)),
      start ?? x.sizes[0],
    );
    return result === undefined ? undefined : new Whole(call.int("keepdims", 1) ? [1] : [], [result]);
  };

const largest = choose(["greater", "equal", "not less"], ["less", "not greater"]);
const smallest = choose(["less", "equal", "not greater"], ["greater", "not less"]);

/** 0 times whole numbers that are not known is 0: exporters keep inputs alive that way. */
function timesNothing({ inputs }: Call): Whole | undefined {
  const other = inputs.find((input) => input instanceof Value);
  const zero = inputs.find((input) => input instanceof Whole && input.sizes.every((size) => size === 0));
  if (other?.dtype !== "int32" || !zero) return undefined;
  const shape = broadcast(other.shape, zero.shape);
  if (!shape?.every((size) => typeof size === "number") || count(shape) > most) return undefined;
  return new Whole(shape, Array<number>(count(shape)).fill(0));
}

export const wholeArithmetic: Readonly<Record<string, Arithmetic>> = {
  Add: binary(addSizes),
  Sub: binary(subtractSizes),
  Mul: (call) => timesNothing(call) ?? binary(multiplySizes)(call),
  Div: binary(divide),
  Mod: (call) => (call.int("fmod", 0) ? undefined : binary(remainder)(call)),
  Max: binary(largest),
  Min: binary(smallest),
  Equal: comparison((order) => known(order, ["equal"], ["less", "greater"])),
  Less: comparison((order) => known(order, ["less"], ["equal", "greater", "not less"])),
  Greater: comparison((order) => known(order, ["greater"], ["equal", "less", "not greater"])),
  LessOrEqual: comparison((order) => known(order, ["less", "equal", "not greater"], ["greater"])),
  GreaterOrEqual: comparison((order) => known(order, ["greater", "equal", "not less"], ["less"])),
  ReduceProd: overAll(multiplySizes, 1),
  ReduceSum: overAll(addSizes, 0),
  ReduceMax: overAll(largest),
  ReduceMin: overAll(smallest),
  Neg: (call) => {
    const [x] = all(call) ?? [];
    return (
      x &&
      new Whole(
        x.shape,
        x.sizes.map((size) => multiplySizes(size, -1)),
      )
    );
  },
  Cast: (call) => {
    const [x] = all(call) ?? [];
    return x && dtypeOf(call.int("to", 0)) === "int32" ? x : undefined;
  },
  Where: (call) => {
    const [condition, yes, no] = call.inputs;
    if (!(condition instanceof Numbers && yes instanceof Whole && no instanceof Whole)) return undefined;
    const truths = new Whole(condition.shape, Array.from(condition.data));
    const choices = pairs(call.reading, yes, no);
    if (!choices) return undefined;
    const places = new Whole(
      choices.shape,
      choices.pairs.map((_, index) => index),
    );
    const found = pairs(call.reading, truths, places);
    return (
      found &&
      new Whole(
        found.shape,
        found.pairs.map(([truth, place]) => choices.pairs[place as number][truth === 0 ? 1 : 0]),
      )
    );
  },
};

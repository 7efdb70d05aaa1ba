/** Operators that move elements and compute nothing. */
import { addSizes, type Size, subtractSizes } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { concat, gather, oneHot, where } from "../../graph/functions.ts";
import { broadcast, formatShape, volume } from "../../graph/shape.ts";
import { apply, applyAll, constant, iota, type Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { padded } from "./pad.ts";
import { scatterAdded } from "./scatter.ts";
import { Whole } from "./tensor.ts";

/** Operators whose results are made of elements of their inputs (all of them, or the first one) and nothing else. */
export const rearranging: Readonly<Record<string, "all" | "first">> = {
  Concat: "all",
  Expand: "first",
  Flatten: "first",
  Gather: "first",
  Reshape: "first",
  Slice: "first",
  Split: "first",
  Squeeze: "first",
  Tile: "first",
  Transpose: "first",
  Unsqueeze: "first",
};

/** Past every axis: exporters write the largest int32 or int64 for "to the end". */
const beyond = 2 ** 31 - 1;

function reshape(call: Call): Value {
  const x = call.value(0);
  const wanted = call.has(1) ? call.sizes(1) : call.listed("shape", 1);
  if (!wanted) throw new InputError("no shape is given");
  const keepsZero = call.int("allowzero", 0) === 1;
  return x.reshape(
    wanted.map((size, axis) => {
      if (size !== 0 || keepsZero) return size;
      if (axis >= x.rank) throw new InputError(`there is no axis ${axis} to keep the size of`);
      return x.shape[axis];
    }),
  );
}

function squeeze(call: Call): Value {
  const x = call.value(0);
  const axes = call.listed("axes", 1);
  const ones = x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const dropped = axes ? call.axes(axes, x.rank) : ones;
  const wide = dropped.find((axis) => x.shape[axis] !== 1);
  if (wide !== undefined)
    throw new InputError(`axis ${wide} of ${formatShape(x.shape)} can't be left out: its size is not 1`);
  return x.reshape(x.shape.filter((_, axis) => !dropped.includes(axis)));
}

function unsqueeze(call: Call): Value {
  const x = call.value(0);
  const axes = call.listed("axes", 1);
  if (!axes) throw new InputError("no axes are given");
  const added = call.axes(axes, x.rank + axes.length);
  const rest = [...x.shape];
  const shape = Array.from({ length: x.rank + axes.length }, (_, axis) =>
    added.includes(axis) ? 1 : rest.shift()!,
  );
  return x.reshape(shape);
}

function flatten(call: Call): Value {
  const x = call.value(0);
  const given = call.int("axis", 1);
  const axis = given < 0 ? given + x.rank : given;
  return x.reshape([volume(x.shape.slice(0, axis)), volume(x.shape.slice(axis))]);
}

function transpose(call: Call): Value {
  const x = call.value(0);
  const order = call.ints("perm");
  if (order && order.length !== x.rank)
    throw new InputError(`an order of ${order.length} axes does not fit ${formatShape(x.shape)}`);
  return x.transpose(order && call.axes(order, x.rank));
}

function slice(call: Call): Value {
  const x = call.value(0);
  const listed = (name: string, index: number) =>
    call.has(index) ? call.sizes(index) : call.attribute(name)?.ints.map(Number);
  const starts = listed("starts", 1);
  const ends = listed("ends", 2);
  if (!starts || !ends || starts.length !== ends.length)
    throw new InputError("it needs as many starts as ends");
  const axes = call.axes(call.listed("axes", 3) ?? starts.map((_, axis) => axis), x.rank);
  const steps = call.listed("steps", 4) ?? starts.map(() => 1);
  if (axes.length !== starts.length || steps.length !== starts.length)
    throw new InputError("it needs an axis and a step for each start");
  return axes.reduce(
    (part, axis, index) => sliceAxis(part, axis, starts[index], ends[index], steps[index]),
    x,
  );
}

/** One axis from a position to another, as ONNX counts and holds them within the axis. */
function sliceAxis(x: Value, axis: number, start: Size, end: Size, step: number): Value {
  const length = x.shape[axis];
  if (!Number.isInteger(step) || step === 0) throw new InputError(`a step of ${step} makes no sense`);
  if (step > 0) {
    const from = position(start, length, 0, length);
    const to = position(end, length, 0, length);
    const empty = typeof from === "number" && typeof to === "number" && to < from;
    const whole = from === 0 && to === length;
    return whole && step === 1 ? x : x.slice(axis, from, empty ? from : to, step);
  }
  const last = subtractSizes(length, 1);
  const from = position(start, length, 0, last);
  const to = position(end, length, -1, last);
  const [low, high] = [addSizes(to, 1), addSizes(from, 1)];
  const empty = typeof low === "number" && typeof high === "number" && high < low;
  return x.slice(axis, low, empty ? low : high, Math.max(step, -beyond));
}

/** A position counted from the front, held between two others as far as sizes are known. */
function position(at: Size, length: Size, low: Size, high: Size): Size {
  if (typeof at !== "number") return at;
  if (at >= beyond) return high;
  if (at <= -beyond) return low;
  const counted = at < 0 ? addSizes(length, at) : at;
  if (typeof counted !== "number") return counted;
  if (typeof low === "number" && counted < low) return low;
  return typeof high === "number" && counted > high ? high : counted;
}

function split(call: Call): Value[] {
  const x = call.value(0);
  const [axis] = call.axes([call.int("axis", 0)], x.rank);
  const sizes = call.has(1) ? call.sizes(1) : call.ints("split");
  if (sizes) return applyAll("split", [x], { axis, sizes });
  const whole = x.shape[axis];
  if (typeof whole !== "number")
    throw new InputError(`the open size "${whole}" can't be cut into equal parts: give it by sizes`);
  const part = Math.ceil(whole / call.outputs);
  const parts = call.node.output.map((_, index) => Math.max(0, Math.min(part, whole - index * part)));
  return applyAll("split", [x], { axis, sizes: parts });
}

function gathered(call: Call): Value {
  const x = call.value(0);
  const [axis] = call.axes([call.int("axis", 0)], x.rank);
  const indices = call.tensor(1);
  if (!(indices instanceof Whole)) return gather(x, call.value(1), axis);
  if (indices.sizes.length === 1) {
    const [at] = indices.sizes;
    const from = typeof at === "number" && at < 0 ? addSizes(x.shape[axis], at) : at;
    const one = x.slice(axis, from, addSizes(from, 1));
    return one.reshape([...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
  }
  const length = x.shape[axis];
  const positions = indices.sizes.map((at) => (typeof at === "number" && at < 0 ? addSizes(length, at) : at));
  const odd = positions.find(
    (at) => typeof at !== "number" || at < 0 || (typeof length === "number" && at >= length),
  );
  if (odd !== undefined) throw new InputError(`position ${odd} lies outside axis ${axis} of size ${length}`);
  return gather(x, constant(positions as number[], "int32", indices.shape), axis);
}

function expand(call: Call): Value {
  const x = call.value(0);
  const wanted = call.sizes(1);
  const shape = broadcast(x.shape, wanted);
  if (!shape) throw new InputError(`${formatShape(x.shape)} does not broadcast to ${formatShape(wanted)}`);
  return x.expand(shape);
}

function tile(call: Call): Value {
  const x = call.value(0);
  const repeats = call.sizes(1);
  if (repeats.length !== x.rank)
    throw new InputError(`${repeats.length} repeats do not fit ${formatShape(x.shape)}`);
  const apart = x.shape.flatMap((size) => [1, size]);
  const repeated = x.shape.flatMap((size, axis) => [repeats[axis], size]);
  return x
    .reshape(apart)
    .expand(repeated)
    .reshape(x.shape.map((size, axis) => volume([repeats[axis], size])));
}

function cumulativeSum(call: Call): Value {
  const x = call.value(0);
  const [axis] = call.axes([call.scalar(1) ?? 0], x.rank);
  return apply("cumulativeSum", [x], {
    axis,
    exclusive: call.int("exclusive", 0) === 1,
    reverse: call.int("reverse", 0) === 1,
  });
}

/** The part of matrices above their diagonal, or below it. */
function triangle(call: Call): Value {
  const x = call.value(0);
  if (x.rank < 2) throw new InputError(`${formatShape(x.shape)} is no matrix`);
  const [rows, columns] = [iota(x.shape.at(-2)!).unsqueeze(1), iota(x.shape.at(-1)!)];
  const shift = call.scalar(1) ?? 0;
  const beside = columns.sub(rows);
  return call.int("upper", 1) ? where(beside.less(shift), 0, x) : where(beside.greater(shift), 0, x);
}

function oneHotted(call: Call): Value {
  const indices = call.value(0);
  const depth = call.size(1);
  const [off, on] = call.value(2).split(2);
  const axis = call.int("axis", -1);
  if (axis !== -1 && axis !== indices.rank) throw new InputError("it must put its axis last");
  const marked = oneHot(indices, depth).cast(on.dtype);
  return marked.mul(on.sub(off)).add(off);
}

export const layout: Readonly<Record<string, Operation>> = {
  Concat: (call) => {
    const values = call.values();
    if (values.length === 0) throw new InputError("it joins nothing");
    const [axis] = call.axes([call.int("axis", 1)], values[0].rank);
    return concat(values, axis);
  },
  CumSum: cumulativeSum,
  Expand: expand,
  Flatten: flatten,
  Gather: gathered,
  OneHot: oneHotted,
  Pad: padded,
  Reshape: reshape,
  ScatterND: scatterAdded,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Trilu: triangle,
  Unsqueeze: unsqueeze,
};

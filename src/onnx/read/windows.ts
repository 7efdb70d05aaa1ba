/** Windows that go over the positions of [batch, channels, …positions]: how far, in which steps, over which borders. */
import { floorDivide, multiplySizes, type Size, subtractSizes } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { pad } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";
import type { Call } from "./call.ts";

export interface Windows {
  kernel: readonly number[];
  stride: readonly number[];
  dilation: readonly number[];
  before: readonly number[];
  after: readonly number[];
}

export function windowsOf(call: Call, x: Value, kernel: readonly number[]): Windows {
  const each = (name: string) => call.ints(name) ?? kernel.map(() => 1);
  const [stride, dilation] = [each("strides"), each("dilations")];
  if (kernel.length !== x.rank - 2 || kernel.length < 1 || kernel.length > 2)
    throw new InputError(
      `a window over ${kernel.length} axes does not fit ${x.rank} axes: one or two of positions can be read`,
    );
  const all = [...kernel, ...stride, ...dilation];
  if (all.length !== 3 * kernel.length || !all.every((one) => Number.isInteger(one) && one >= 1))
    throw new InputError(`a window of ${kernel} in steps of ${stride} makes no sense`);
  const borders = bordersOf(call, x, { kernel, stride, dilation });
  return { kernel, stride, dilation, ...borders };
}

function bordersOf(
  call: Call,
  x: Value,
  { kernel, stride, dilation }: Pick<Windows, "kernel" | "stride" | "dilation">,
): Pick<Windows, "before" | "after"> {
  const mode = call.string("auto_pad", "NOTSET");
  if (mode === "VALID") return { before: kernel.map(() => 0), after: kernel.map(() => 0) };
  if (mode === "NOTSET") {
    const pads = call.ints("pads") ?? Array<number>(2 * kernel.length).fill(0);
    if (pads.length !== 2 * kernel.length || !pads.every((one) => one >= 0 && one < 2 ** 20))
      throw new InputError(`borders of ${pads} make no sense`);
    return { before: pads.slice(0, kernel.length), after: pads.slice(kernel.length) };
  }
  const totals = kernel.map((reach, axis) => {
    const span = (reach - 1) * dilation[axis];
    const length: Size = stride[axis] === 1 ? 0 : x.shape[axis + 2];
    if (typeof length !== "number")
      throw new InputError(`borders of mode "${mode}" need the open size "${length}": give it by sizes`);
    const steps = Math.ceil(length / stride[axis]);
    return stride[axis] === 1 ? span : Math.max(0, (steps - 1) * stride[axis] + span + 1 - length);
  });
  const [small, large] = [
    totals.map((total) => Math.floor(total / 2)),
    totals.map((total) => Math.ceil(total / 2)),
  ];
  return mode === "SAME_LOWER" ? { before: large, after: small } : { before: small, after: large };
}

/** What each place of the windows sees: for every place, in row-major order, its values at all windows. */
export function places(x: Value, windows: Windows, fill: number): Value[] {
  const { kernel, stride, dilation, before, after } = windows;
  const count = kernel.reduce((a, b) => a * b, 1);
  if (count > 256) throw new InputError(`a window of ${kernel.join(" × ")} places is too large to be read`);
  const bordered =
    Math.max(...before, ...after) === 0
      ? x
      : pad(
          x,
          [[0, 0], [0, 0], ...kernel.map((_, axis): [number, number] => [before[axis], after[axis]])],
          fill,
        );
  return Array.from({ length: count }, (_, index) => {
    let rest = index;
    return kernel.reduceRight((part, size, axis) => {
      const from = (rest % size) * dilation[axis];
      rest = Math.floor(rest / size);
      const room = subtractSizes(bordered.shape[axis + 2], (size - 1) * dilation[axis] + 1);
      const last = floorDivide(room, stride[axis]);
      if (typeof last === "number" && last < 0)
        throw new InputError(`a window of ${kernel.join(" × ")} finds no room`);
      return strided(part, axis + 2, from, last, stride[axis]);
    }, bordered);
  });
}

/** `last` + 1 positions of an axis in steps, from one on. */
function strided(x: Value, axis: number, from: number, last: Size, step: number): Value {
  const end = subtractSizes(multiplySizes(last, step), -(from + 1));
  return x.slice(axis, from, end, step);
}

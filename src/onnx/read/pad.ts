/** Borders: of one value, mirrored, repeated, or from the other end. */
import { addSizes, type Size, subtractSizes } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { concat, pad } from "../../graph/functions.ts";
import { apply, type Value } from "../../graph/value.ts";
import type { Call } from "./call.ts";

export function padded(call: Call): Value {
  const x = call.value(0);
  const given = call.has(1) ? call.sizes(1) : call.attribute("pads")?.ints.map(Number);
  if (!given) throw new InputError("no borders are given");
  const axes = call.has(3) ? call.axes(call.wholeNumbers(3), x.rank) : x.shape.map((_, axis) => axis);
  if (given.length !== 2 * axes.length)
    throw new InputError(`${given.length} borders do not fit ${axes.length} axes`);
  const borders = x.shape.map((_, axis): readonly [Size, Size] => {
    const at = axes.indexOf(axis);
    return at < 0 ? [0, 0] : [given[at], given[at + axes.length]];
  });
  const mode = call.string("mode", "constant");
  if (mode === "constant") return pad(x, borders, call.scalar(2) ?? call.float("value", 0));
  const border = Object.hasOwn(modes, mode) ? modes[mode] : undefined;
  if (!border) throw new InputError(`borders of mode "${mode}" can't be read`);
  return borders.reduce((part, [before, after], axis) => {
    if (typeof before !== "number" || typeof after !== "number" || before < 0 || after < 0)
      throw new InputError(`borders of ${before} and ${after} can't be made by mode "${mode}"`);
    const pieces = [
      ...(before > 0 ? [border(part, axis, before, "before")] : []),
      part,
      ...(after > 0 ? [border(part, axis, after, "after")] : []),
    ];
    return concat(pieces, axis);
  }, x);
}

type Border = (x: Value, axis: number, width: number, side: "before" | "after") => Value;

const modes: Readonly<Record<string, Border>> = {
  /** … 2 1 | 0 1 2 …: the element at the edge comes once. */
  reflect: (x, axis, width, side) => {
    const last = subtractSizes(x.shape[axis], 1);
    const from = side === "before" ? 1 : subtractSizes(last, width);
    return apply("flip", [x.slice(axis, from, addSizes(from, width))], { axis });
  },
  edge: (x, axis, width, side) => {
    const from = side === "before" ? 0 : subtractSizes(x.shape[axis], 1);
    return x.slice(axis, from, addSizes(from, 1)).expand(x.shape.with(axis, width));
  },
  wrap: (x, axis, width, side) => {
    const from = side === "before" ? subtractSizes(x.shape[axis], width) : 0;
    return x.slice(axis, from, addSizes(from, width));
  },
};

/** Shapes: a size an axis. Broadcasting follows NumPy, except that an open size never silently equals 1. */

import { divideExactly, equalSizes, multiplySizes, type Size, type SizeLike, size } from "./dim.ts";
import { InputError } from "./errors.ts";

export type Shape = readonly Size[];
export type ShapeLike = readonly SizeLike[];

/** What the numbers of a tensor are. */
export type DType = "float32" | "float64" | "int32" | "bool";

export function shape(from: ShapeLike): Shape {
  return from.map(size);
}

export function formatShape(of: Shape): string {
  return `[${of.join(", ")}]`;
}

export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((one, axis) => equalSizes(one, b[axis]));
}

/** How many elements a shape holds. */
export function volume(of: Shape): Size {
  return of.reduce<Size>(multiplySizes, 1);
}

/** The shape that both broadcast to, or undefined where there is none. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Size[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const p = a[axis - rank + a.length] ?? 1;
    const q = b[axis - rank + b.length] ?? 1;
    if (p === 1 || equalSizes(p, q)) result.push(q);
    else if (q === 1) result.push(p);
    else return undefined;
  }
  return result;
}

/** An axis counted from the front, from one that may count from the back (−1 is the last). */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new InputError(
      `${operation}: axis ${axis} is out of range for ${rank} ${rank === 1 ? "axis" : "axes"}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Several axes, counted from the front and in order; undefined means all. None may come twice. */
export function normalizeAxes(
  operation: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : [...axes]).map((axis) =>
    normalizeAxis(operation, axis, rank),
  );
  list.sort((a, b) => a - b);
  const twice = list.find((axis, at) => list[at + 1] === axis);
  if (twice !== undefined) throw new InputError(`${operation}: axis ${twice} is named twice`);
  return list;
}

/** A wanted shape in which one size may be −1: that one is found from the number of elements. */
export function resolveReshape(from: Shape, wanted: readonly SizeLike[]): Shape | undefined {
  const open = wanted.indexOf(-1);
  const known = shape(wanted.filter((_, axis) => axis !== open));
  const total = volume(from);
  const rest = divideExactly(total, volume(known));
  if (rest === undefined || (open < 0 && rest !== 1)) return undefined;
  return open < 0 ? known : [...known.slice(0, open), rest, ...known.slice(open)];
}

/** What the parts of the compiler share: the listing as it grows, and where each value lies. */
import { InputError } from "../graph/errors.ts";
import { broadcastTo } from "../graph/interpret/array-tensor.ts";
import type { Value } from "../graph/value.ts";
import type { Known } from "./known.ts";
import { Listing, type View } from "./listing.ts";

export interface Products {
  weights: "float32" | "int8";
  thresholds: Readonly<Record<string, number>>;
}

export class Assembly {
  readonly listing = new Listing();
  readonly known: Known;
  readonly options: Products;
  private readonly views = new Map<Value, View>();

  constructor(known: Known, options: Products) {
    this.known = known;
    this.options = options;
  }

  /** Where a value lies, in row-major order. */
  view(value: Value): View {
    const found = this.views.get(value);
    if (found) return found;
    if (!this.known.has(value)) throw new Error(`${value.label()} is read before it is computed`);
    const view = this.listing.constants(this.known.numbers(value));
    this.views.set(value, view);
    return view;
  }

  set(value: Value, view: View): void {
    this.views.set(value, view);
  }

  /** Room for a value, which is computed now. */
  make(value: Value): View {
    const view = this.listing.scratch(volumeOf(value));
    this.views.set(value, view);
    return view;
  }

  /** A value that is the same at every step, broadcast to a shape. */
  constant(value: Value, shape: readonly number[]): Float64Array {
    return broadcastTo(this.known.tensor(value), shape);
  }
}

/** The shape of a value of a step, whose sizes are all numbers. */
export function shapeOf(value: Value): readonly number[] {
  const open = value.shape.find((size) => typeof size !== "number");
  if (open !== undefined)
    throw new InputError(
      `stream: ${value.label()} [${value.shape.join(", ")}] has the open size "${open}"; a step's sizes must be numbers`,
    );
  return value.shape as readonly number[];
}

export const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
export const volumeOf = (value: Value): number => count(shapeOf(value));

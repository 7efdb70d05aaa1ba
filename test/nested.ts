/** Values written as nested lists, as deep as they have axes. */
import { expect } from "vitest";
import { trace } from "../src/graph/graph.ts";
import { interpret } from "../src/graph/interpret.ts";
import { constant, type Value } from "../src/graph/value.ts";

export type Nested = number | readonly Nested[];

/** A value's numbers, nested as its axes are. */
export function numbers(write: () => Value): Nested {
  const { y } = interpret(
    trace({}, () => ({ y: write() })),
    {},
  );
  const nest = (shape: readonly number[], data: ArrayLike<number>): Nested => {
    if (shape.length === 0) return data[0];
    const inner = data.length / shape[0];
    return Array.from({ length: shape[0] }, (_, i) =>
      nest(shape.slice(1), Array.prototype.slice.call(data, i * inner, (i + 1) * inner)),
    );
  };
  return nest(y.shape, y.data);
}

/** A constant with the shape of nested numbers. */
export function of(nested: Nested, dtype: Value["dtype"] = "float32"): Value {
  const shape: number[] = [];
  for (let at = nested; typeof at !== "number"; at = at[0]) shape.push(at.length);
  return constant([nested].flat(9) as number[], dtype, shape);
}

/** What `toEqual` takes for numbers that differ by rounding alone. */
export const closeTo = (expected: Nested): Nested =>
  typeof expected === "number" ? (expect.closeTo(expected, 12) as never) : expected.map(closeTo);

/** The state with which a cell begins, and the names of its parts. */
import { z } from "zod";
import type { Cell, Values } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { zeros } from "../graph/functions.ts";
import { equalShapes, formatShape } from "../graph/shape.ts";
import type { Value } from "../graph/value.ts";
import { declareWeight } from "../weights/declare.ts";
import { zeros as atZero } from "../weights/initializers.ts";

/** A layer's option: zeros, or weights that are trained ("PATH.initial.STATE"). */
export const initialOption = z.enum(["zeros", "learned"]).default("zeros");

/** Gives the state before the first step of sequences x [time, batch, …], each part [batch, …]. */
export function initialState(
  path: string,
  cell: Cell,
  begin: z.output<typeof initialOption>,
): (x: Value) => Values {
  const parts = Object.entries(cell.state).map(([name, shape]) => {
    const declaration = { shape, initializer: atZero };
    const learned = begin === "learned" ? declareWeight(`${path}.initial.${name}`, declaration) : undefined;
    return { name, shape, learned };
  });
  return ({ shape: [, batch], dtype }) =>
    Object.fromEntries(
      parts.map(({ name, shape, learned }) => {
        const whole = [batch, ...shape];
        return [name, learned?.expand(whole) ?? zeros(whole, dtype)];
      }),
    );
}

/** Refuses states to begin with that are not [batch, …] of a part of a cell's state. */
export function checkInitial(
  label: string,
  cell: Cell,
  given: Values,
  { shape: [, batch], dtype }: Value,
): void {
  checkStates(label, "initial", cell, given);
  for (const [name, value] of Object.entries(given)) {
    const wanted = [batch, ...cell.state[name]];
    if (value.dtype !== dtype || !equalShapes(value.shape, wanted))
      throw new InputError(
        `${label}: the initial state "${name}" must be ${dtype}${formatShape(wanted)}, not ${value.dtype}${formatShape(value.shape)}`,
      );
  }
}

/** Refuses names that no part of a cell's state bears. */
export function checkStates(
  label: string,
  option: string,
  cell: Cell,
  named: Readonly<Record<string, unknown>>,
): void {
  const unknown = Object.keys(named).find((name) => !(name in cell.state));
  if (unknown === undefined) return;
  const known = Object.keys(cell.state).join(", ");
  throw new InputError(`${label}: option ${option}: there is no state "${unknown}", only ${known}`);
}

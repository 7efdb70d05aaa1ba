/** Keras's activations by their names. */
import { InputError } from "../../graph/errors.ts";
import { abs, clip } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";
import { activations } from "./activations.ts";

export type Activation = (x: Value) => Value;

/** What keras.activations calls otherwise than we, and what it alone has. */
const more: Readonly<Record<string, Activation>> = {
  log_softmax: activations.logSoftmax,
  softsign: (x) => x.div(abs(x).add(1)),
};

/**
 * An activation by its name.
 *
 * @param version of Keras: a hard sigmoid is x / 5 + ½ between 0 and 1 up to version 2, x / 6 + ½ from version 3 on
 */
export function activation(name: string, version: number): Activation {
  if (name === "hard_sigmoid") return (x) => clip(x.mul(version < 3 ? 0.2 : 1 / 6).add(0.5), 0, 1);
  const known: Readonly<Record<string, Activation>> = { ...activations, ...more };
  if (!Object.hasOwn(known, name))
    throw new InputError(
      `the activation "${name}" is not known; known are hard_sigmoid, ${Object.keys(known).join(", ")}`,
    );
  return known[name];
}

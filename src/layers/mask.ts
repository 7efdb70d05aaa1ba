/** What layers ask of the sequences they read, and of the masks [time, batch] that say which steps are there. */
import { InputError } from "../graph/errors.ts";
import { where } from "../graph/functions.ts";
import { equalShapes, formatShape } from "../graph/shape.ts";
import { needSteps } from "../graph/steps.ts";
import type { Value } from "../graph/value.ts";

/**
 * Refuses what is no sequence [time, batch, …], and a mask that does not fit it; when the graph is run, also a sequence
 * that turns out to be empty.
 *
 * @param label what reads the sequence, as messages name it
 */
export function checkSequence(label: string, x: Value, mask?: Value): void {
  if (x.rank < 3) throw new InputError(`${label} reads [time, batch, …], not ${formatShape(x.shape)}`);
  const steps = x.shape.slice(0, 2);
  if (steps[0] === 0) throw new InputError(`${label}: a sequence of length 0 has no step to read`);
  needSteps(label, x);
  if (mask && (mask.dtype !== "bool" || !equalShapes(mask.shape, steps)))
    throw new InputError(
      `${label}: the mask of ${formatShape(x.shape)} must be bool${formatShape(steps)}, not ${mask.dtype}${formatShape(mask.shape)}`,
    );
}

/** Refuses values whose last axis is not as wide as what reads them. */
export function checkFeatures(label: string, x: Value, inputs: number): void {
  if (x.shape.at(-1) !== inputs)
    throw new InputError(`${label} reads ${inputs} features, not ${formatShape(x.shape)}`);
}

/** A sequence [time, batch, features] with zeros at steps that are not there. */
export function present(x: Value, mask: Value | undefined): Value {
  return mask ? where(mask.unsqueeze(2), x, 0) : x;
}

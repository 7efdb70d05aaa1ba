/** ScatterND where it adds along the first axis: what sums the gradients of rows that were picked. */
import { InputError } from "../../graph/errors.ts";
import { scatterAdd } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";
import type { Call } from "./call.ts";

export function scatterAdded(call: Call): Value {
  const [data, indices, updates] = call.values();
  if (call.string("reduction", "none") !== "add" || indices.rank === 0 || indices.shape.at(-1) !== 1)
    throw new InputError("only sums along the first axis can be read");
  const rows = indices.reshape(indices.shape.slice(0, -1));
  return data.add(scatterAdd(rows, updates, 0, data.shape[0]));
}

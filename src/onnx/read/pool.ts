/** Maxima and means over windows. */
import { InputError } from "../../graph/errors.ts";
import { maximum } from "../../graph/functions.ts";
import { filled, type Value } from "../../graph/value.ts";
import type { Call } from "./call.ts";
import { places, windowsOf } from "./windows.ts";

export function pooled(call: Call): Value[] {
  const x = call.value(0);
  const kernel = call.ints("kernel_shape");
  if (!kernel) throw new InputError("the size of its windows is missing");
  if (call.int("ceil_mode", 0) === 1 || call.outputs > 1)
    throw new InputError("windows that end outside, and positions of maxima, can't be read");
  const windows = windowsOf(call, x, kernel);
  if (call.node.opType === "MaxPool") return [places(x, windows, -3.4028234663852886e38).reduce(maximum)];
  const sum = places(x, windows, 0).reduce((a, b) => a.add(b));
  const padded = [...windows.before, ...windows.after].some((border) => border > 0);
  if (!padded || call.int("count_include_pad", 0) === 1) return [sum.div(kernel.reduce((a, b) => a * b, 1))];
  const inside = filled(1, [1, 1, ...x.shape.slice(2)]);
  return [sum.div(places(inside, windows, 0).reduce((a, b) => a.add(b)))];
}

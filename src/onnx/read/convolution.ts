/** Convolutions, those of groups of channels too. */
import { InputError } from "../../graph/errors.ts";
import { concat } from "../../graph/functions.ts";
import { apply, type Value } from "../../graph/value.ts";
import type { Call } from "./call.ts";
import { weightInput } from "./products.ts";
import { places, type Windows, windowsOf } from "./windows.ts";

/** More groups than this are read only where each has one channel. */
const mostGroups = 64;

export function convolution(call: Call): Value {
  const x = call.value(0);
  const kernel = weightInput(call, 1, "weight");
  if (!kernel.shape.every((size) => typeof size === "number"))
    throw new InputError("its kernel has open sizes");
  const [filters, channels, ...reach] = kernel.shape as readonly number[];
  const groups = call.int("group", 1);
  const windows = windowsOf(call, x, reach);
  if (groups < 1 || filters % groups !== 0 || x.shape[1] !== channels * groups)
    throw new InputError(
      `${x.shape[1]} channels in ${groups} groups do not fit ${filters} filters over ${channels} channels each`,
    );
  const result = byGroups(x, kernel, groups, windows);
  if (!call.has(2)) return result;
  const bias = weightInput(call, 2, "bias");
  return result.add(bias.reshape([...bias.shape, ...reach.map(() => 1)]));
}

function byGroups(x: Value, kernel: Value, groups: number, windows: Windows): Value {
  const { stride, dilation, before, after } = windows;
  const together = (part: Value, filters: Value) =>
    apply("conv", [part, filters], { stride, dilation, before, after });
  if (groups === 1) return together(x, kernel);
  if (kernel.shape[1] === 1) return depthwise(x, kernel, groups, windows);
  if (groups > mostGroups) throw new InputError(`${groups} groups are more than ${mostGroups}`);
  const parts = x.split(groups, 1);
  const filters = kernel.split(groups, 0);
  return concat(
    parts.map((part, group) => together(part, filters[group])),
    1,
  );
}

/** One channel a group: for each place of the kernel, all channels times that place's weights. */
function depthwise(x: Value, kernel: Value, groups: number, windows: Windows): Value {
  const each = (kernel.shape[0] as number) / groups;
  const flat = kernel.reshape([groups, each, -1]);
  const ones = windows.kernel.map(() => 1);
  const sum = places(x, windows, 0)
    .map((seen, place) => {
      const factors = flat.slice(2, place, place + 1).reshape([groups, each, ...ones]);
      return seen.unsqueeze(2).mul(factors); // [batch, groups, filters a group, …positions]
    })
    .reduce((a, b) => a.add(b));
  const [batch, , , ...positions] = sum.shape;
  return sum.reshape([batch, groups * each, ...positions]);
}

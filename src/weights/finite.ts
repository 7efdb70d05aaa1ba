import { InputError } from "../graph/errors.ts";
import type { StoredTensor } from "./safetensors.ts";

/**
 * Refuses weights from outside that are not all finite: NaN and infinity would spread into every result.
 *
 * @param source names the file, or whatever they come from, in messages
 * @throws InputError that names the first such tensor, and the position in it
 */
export function checkFinite(source: string, tensors: Iterable<readonly [string, StoredTensor]>): void {
  for (const [name, { dims, dtype, data }] of tensors) {
    if (dtype === "int32" || dtype === "int64") continue;
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw new InputError(
        `${source}: "${name}" holds ${data[at]} at [${position(at, dims)}], and weights must be finite: take an earlier checkpoint or train again`,
      );
  }
}

/** Where a row-major index lies along each axis. */
function position(index: number, dims: readonly number[]): string {
  let rest = index;
  const along = dims.toReversed().map((side) => {
    const at = rest % side;
    rest = (rest - at) / side;
    return at;
  });
  return along.reverse().join(", ");
}

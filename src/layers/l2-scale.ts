import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { l2Normalize } from "../graph/functions.ts";
import { formatShape, normalizeAxis } from "../graph/shape.ts";
import type { Value } from "../graph/value.ts";
import { declareWeight } from "../weights/declare.ts";
import { constant } from "../weights/initializers.ts";

const options = z.strictObject({
  channels: width,
  axis: z.int().default(-1),
  scale: z.enum(["channel", "shared"]).default("channel"),
  initial: z.number().default(20),
  across: z.enum(["channels", "sample"]).default("channels"),
  samples: z.int().default(0),
  epsilon: z.number().positive().default(1e-12),
  guard: z.enum(["tensorflow", "pytorch"]).default("tensorflow"),
});

/**
 * How values are normalized and scaled.
 *
 * - `channels`: how many there are, along `axis` (the last, unless stated).
 * - `scale`: one learned number a channel, or one `shared` by all. `initial`: 20 in SSD (Liu et al. 2016), 10 in ParseNet
 *   (Liu, Rabinovich & Berg 2015).
 * - `across`: the norm of the channels at each position, or that of a whole sample, all axes but `samples`.
 * - `epsilon` and `guard` as `l2Normalize` has them.
 */
export type L2ScaleOptions = z.input<typeof options>;

/**
 * z = s ⊙ x / ‖x‖₂ with a learned scale s, "PATH.scale" [channels], or [1] where it is shared (ParseNet, equations 3 to
 * 6). The result has the shape of x.
 *
 * ```ts
 * const scaled = l2Scale("skip.scale", { channels: 512, axis: 1 })(features); // [batch, 512, height, width]
 * ```
 *
 * @throws InputError for options that make no sense, and where x has other axes or another number of channels
 */
export function l2Scale(path: string, given: L2ScaleOptions): (x: Value) => Value {
  const name = `l2Scale "${path}"`;
  const { channels, axis, scale, initial, across, samples, epsilon, guard } = checkOptions(
    name,
    options,
    given,
  );
  const learned = declareWeight(`${path}.scale`, {
    shape: [scale === "shared" ? 1 : channels],
    initializer: constant(initial),
  });
  return (x) => {
    const along = normalizeAxis(`${name}: axis`, axis, x.rank);
    if (x.shape[along] !== channels)
      throw new InputError(
        `${name}: axis ${along} of ${formatShape(x.shape)} must have ${channels} channels`,
      );
    const apart = normalizeAxis(`${name}: samples`, samples, x.rank);
    if (across === "sample" && apart === along)
      throw new InputError(`${name}: axis ${along} can't hold both the channels and the samples`);
    const whole = x.shape.map((_, at) => at).filter((at) => at !== apart);
    const y = l2Normalize(x, { axes: across === "sample" ? whole : along, epsilon, guard });
    const after = Array<number>(x.rank - 1 - along).fill(1);
    return y.mul(learned.reshape([learned.shape[0], ...after]));
  };
}

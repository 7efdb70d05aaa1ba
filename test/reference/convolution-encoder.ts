import type { Tensors } from "../everywhere.ts";
import type { Sequences } from "./sequences.ts";

export interface ConvolutionReference {
  kernel: Tensors[string]; // [units, inputs, width]
  bias: Tensors[string];
  dilation?: number;
  direction?: "forward" | "backward" | "both";
}

/** A convolution along time by plain loops: what lies outside a sequence counts as zeros. */
export function convolved(
  x: Sequences,
  { kernel, bias, dilation = 1, direction = "forward" }: ConvolutionReference,
): Sequences {
  const [units, inputs, width] = kernel.shape;
  const reach = (width - 1) * dilation;
  const first = { forward: -reach, backward: 0, both: -Math.floor(reach / 2) }[direction];
  return x.map((rows, t) =>
    rows.map((_, row) =>
      Float64Array.from({ length: units }, (_, unit) => {
        let total = bias.data[unit];
        for (let tap = 0; tap < width; tap++) {
          const step = x[t + first + tap * dilation]?.[row];
          if (!step) continue;
          for (let k = 0; k < inputs; k++) total += step[k] * kernel.data[(unit * inputs + k) * width + tap];
        }
        return total;
      }),
    ),
  );
}

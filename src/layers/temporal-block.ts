/** Residual blocks of dilated convolutions: temporal convolutional networks (Bai, Kolter & Koltun 2018, arXiv 1803.01271). */
import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { relu } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import { convolutionEncoder, direction } from "./convolution-encoder.ts";
import { dense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import type { Layer, LayerCall } from "./layer.ts";
import { layerNormalization } from "./layer-normalization.ts";
import { stacked } from "./recurrent.ts";

const shared = {
  inputs: width,
  units: width,
  width: width.default(3),
  direction: direction.default("forward"),
  dropout: z.number().min(0).lt(1).default(0),
};
const blockOptions = z.strictObject({ ...shared, dilation: width.default(1) });
const stackOptions = z.strictObject({ ...shared, depth: width });

export type TemporalBlockOptions = z.input<typeof blockOptions>;
export type TemporalStackOptions = z.input<typeof stackOptions>;

/**
 * LN(skip(x) + F(x)): [time, batch, inputs] → [time, batch, units], where F is two convolutions, each followed by
 * ReLU and spatial dropout, which drops a feature of a sequence at all its steps (Tompson et al. 2015), and the skip is x, or a 1 × 1
 * convolution of x where the widths differ.
 */
export function temporalBlock(path: string, given: TemporalBlockOptions): Layer {
  const label = `temporalBlock "${path}"`;
  const {
    inputs,
    units,
    width,
    dilation,
    direction,
    dropout: rate,
  } = checkOptions(label, blockOptions, given);
  const convolution = (name: string, inputs: number) =>
    convolutionEncoder(`${path}.${name}`, { inputs, units, width, dilation, direction, activation: relu });
  const thinned = (name: string, x: Value) => dropout(`${path}.dropout.${name}`, x, { rate, shared: [0] });
  const first = convolution("first", inputs);
  const second = convolution("second", units);
  const skip = inputs === units ? (x: Value) => x : dense(`${path}.skip`, { inputs, units });
  const normalized = layerNormalization(`${path}.norm`, { inputs: units });
  const layer = (x: Value, call?: LayerCall) => {
    const middle = thinned("first", first(x, call));
    return normalized(skip(x).add(thinned("second", second(middle, call))), call);
  };
  return Object.assign(layer, { outputs: units });
}

/**
 * Temporal blocks over one another, the i-th from below (i = 0, 1, …) with dilation 2^i: with width k a step sees
 * 1 + 2 (k − 1)(2^depth − 1) steps. [time, batch, inputs] → [time, batch, units].
 *
 * ```ts
 * const encoder = temporalStack("encoder", { inputs: 40, units: 64, depth: 4, dropout: 0.1 }); // 61 steps
 * ```
 */
export function temporalStack(path: string, given: TemporalStackOptions): Layer {
  const { depth, inputs, ...rest } = checkOptions(`temporalStack "${path}"`, stackOptions, given);
  const blocks = Array.from({ length: depth }, (_, i) =>
    temporalBlock(`${path}.${i}`, { ...rest, inputs: i === 0 ? inputs : rest.units, dilation: 2 ** i }),
  );
  return stacked(blocks);
}

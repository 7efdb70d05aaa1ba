import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { standardize } from "../graph/standardize.ts";
import type { Value } from "../graph/value.ts";
import { declareWeights } from "../weights/declare.ts";
import { ones, zeros } from "../weights/initializers.ts";
import type { Layer, LayerCall } from "./layer.ts";
import { checkFeatures, present } from "./mask.ts";

const options = z.strictObject({ inputs: width, epsilon: z.number().positive().default(1e-5) });

/**
 * Layer normalization (Ba, Kiros & Hinton 2016, arXiv 1607.06450): γ ⊙ (x − μ) / √(σ² + ε) + β over the
 * last axis, […, inputs] → […, inputs], with the gain γ at first 1 and the bias β 0. Each step is normalized by itself, so that
 * neither other sequences nor other steps matter; a step that is not there puts out 0.
 *
 * ```ts
 * const normalized = layerNormalization("encoder.norm", { inputs: 128 });
 * ```
 */
export function layerNormalization(path: string, given: z.input<typeof options>): Layer {
  const label = `layerNormalization "${path}"`;
  const { inputs, epsilon } = checkOptions(label, options, given);
  const { gain, bias } = declareWeights(path, {
    gain: { shape: [inputs], initializer: ones },
    bias: { shape: [inputs], initializer: zeros },
  });
  const layer = (x: Value, { mask }: LayerCall = {}) => {
    checkFeatures(label, x, inputs);
    return present(standardize(x, { axes: -1, epsilon }).mul(gain).add(bias), mask);
  };
  return Object.assign(layer, { outputs: inputs });
}

import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import type { Value } from "../graph/value.ts";
import { declareWeights } from "../weights/declare.ts";
import { glorotUniform, zeros } from "../weights/initializers.ts";
import type { Layer } from "./layer.ts";
import { checkFeatures } from "./mask.ts";

const options = z.strictObject({ inputs: width, units: width });

export interface DenseOptions extends z.input<typeof options> {
  /** Applied to the sums; none unless given. */
  activation?: (x: Value) => Value;
}

/**
 * activation(x W + b): […, inputs] → […, units].
 *
 * ```ts
 * const score = dense("score", { inputs: 256, units: 1, activation: sigmoid });
 * ```
 */
export function dense(path: string, { activation = (x) => x, ...given }: DenseOptions): Layer {
  const label = `dense "${path}"`;
  const { inputs, units } = checkOptions(label, options, given);
  const { weight, bias } = declareWeights(path, {
    weight: { shape: [inputs, units], initializer: glorotUniform },
    bias: { shape: [units], initializer: zeros },
  });
  const layer = (x: Value) => {
    checkFeatures(label, x, inputs);
    return activation(x.matmul(weight).add(bias));
  };
  return Object.assign(layer, { outputs: units });
}

import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import type { Value } from "../graph/value.ts";
import { declareWeights } from "../weights/declare.ts";
import { glorotUniform, zeros } from "../weights/initializers.ts";
import type { Layer } from "./layer.ts";

const options = z.object({ inputs: width, units: width });

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
  const { inputs, units } = checkOptions(`dense "${path}"`, options, given);
  const { weight, bias } = declareWeights(path, {
    weight: { shape: [inputs, units], initializer: glorotUniform },
    bias: { shape: [units], initializer: zeros },
  });
  return Object.assign((x: Value) => activation(x.matmul(weight).add(bias)), { outputs: units });
}

/**
 * JANET, an LSTM that keeps of its gates the forget gate alone (van der Westhuizen & Lasenby 2018, arXiv 1804.04849).
 *
 *     s = W_s x + U_s h' + b_s    g = tanh(W_g x + U_g h' + b_g)
 *     c = σ(s) ⊙ c' + (1 − σ(s − β)) ⊙ g    h = c
 *
 * The two lie side by side in each weight, in the order s, g.
 */
import { z } from "zod";
import { sigmoid, tanh } from "../graph/functions.ts";
import { glorotUniform, perGate } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";
import { gateBias, longestOption } from "./gate-bias.ts";

/**
 * JANET: x [batch, inputs] → h [batch, units]; state `memory` [batch, units].
 *
 * - `beta`: how much less than the gate's s it takes to let something new in (the paper's β, 1).
 * - `longest`: begins b_s by `chrono` (Tallec & Ollivier 2018), as the paper does; `forgetBias` is its beginning otherwise.
 */
export const janet = defineCell({
  name: "janet",
  options: z.strictObject({
    inputs: width,
    units: width,
    beta: z.number().default(1),
    forgetBias: z.number().default(1),
    longest: longestOption,
  }),
  weights: ({ inputs, units, ...bias }) => ({
    input: { shape: [inputs, 2 * units], initializer: perGate(2, glorotUniform) },
    recurrent: { shape: [units, 2 * units], initializer: orthogonal },
    bias: { shape: [2 * units], initializer: gateBias(["forget", "zero"], bias) },
  }),
  state: ({ units }) => ({ memory: [units] }),
  outputs: ({ units }) => units,
  step(x, { memory }, w, { beta }) {
    const [s, g] = x.matmul(w.input).add(memory.matmul(w.recurrent)).add(w.bias).split(2);
    const c = sigmoid(s)
      .mul(memory)
      .add(sigmoid(s.rsub(beta)).mul(tanh(g))); // 1 − σ(s − β) = σ(β − s)
    return { output: c, state: { memory: c } };
  },
});

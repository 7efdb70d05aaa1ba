/**
 * minLSTM, an LSTM whose gates and candidate do not see the state (Feng et al. 2024, arXiv 2410.01201, section 3.2).
 *
 *     f = σ(W_f x + b_f)    i = σ(W_i x + b_i)    n = φ(W_n x + b_n)
 *     h = f / (f + i) ⊙ h' + i / (f + i) ⊙ n
 *
 * φ is the identity or, in the paper's appendix B, keeps n positive. The gates lie side by side in each weight, in the
 * order f, i, n.
 */
import { z } from "zod";
import { exp, minimum, stopGradient } from "../graph/functions.ts";
import { glorotUniform, perGate } from "../weights/initializers.ts";
import { candidateOption, candidates } from "./candidate.ts";
import { width } from "./define-cell.ts";
import { gateBias, longestOption } from "./gate-bias.ts";
import { defineLinearCell } from "./linear-cell.ts";

/**
 * A minLSTM: x [batch, inputs] → h [batch, units]; state `hidden` [batch, units].
 *
 * - `candidate`: φ, "linear" or "positive".
 * - `forgetBias`: what b_f begins with.
 * - `longest`: begins b_f and b_i by `chrono` instead (Tallec & Ollivier 2018).
 */
export const minLstm = defineLinearCell({
  name: "min-lstm",
  options: z.strictObject({
    inputs: width,
    units: width,
    candidate: candidateOption,
    forgetBias: z.number().default(1),
    longest: longestOption,
  }),
  weights: ({ inputs, units, ...bias }) => ({
    input: { shape: [inputs, 3 * units], initializer: perGate(3, glorotUniform) },
    bias: { shape: [3 * units], initializer: gateBias(["forget", "input", "zero"], bias) },
  }),
  outputs: ({ units }) => units,
  coefficients(x, w, { candidate }) {
    const [xf, xi, n] = x.matmul(w.input).add(w.bias).split(3);
    // f / (f + i) = (1 / i) / (1 / f + 1 / i), both scaled by e^m: it holds where the gates are so closed that they
    // are 0.
    const m = stopGradient(minimum(minimum(xf, xi), 0));
    const perForget = exp(m).add(exp(m.sub(xf))); // e^m / f
    const perInput = exp(m).add(exp(m.sub(xi)));
    const total = perForget.add(perInput);
    return { keep: perInput.div(total), add: perForget.div(total).mul(candidates[candidate](n)) };
  },
});

/**
 * minGRU, a GRU whose gate and candidate do not see the state (Feng et al. 2024, arXiv 2410.01201, section 3.1).
 *
 *     z = σ(W_z x + b_z)    n = φ(W_n x + b_n)    h = (1 − z) ⊙ h' + z ⊙ n
 *
 * φ is the identity or, in the paper's appendix B, keeps n positive. The two lie side by side in each weight, in the
 * order z, n.
 */
import { z as zod } from "zod";
import { sigmoid } from "../graph/functions.ts";
import { glorotUniform, perGate } from "../weights/initializers.ts";
import { candidateOption, candidates } from "./candidate.ts";
import { width } from "./define-cell.ts";
import { gateBias, longestOption } from "./gate-bias.ts";
import { defineLinearCell } from "./linear-cell.ts";

/**
 * A minGRU: x [batch, inputs] → h [batch, units]; state `hidden` [batch, units].
 *
 * - `candidate`: φ, "linear" or "positive".
 * - `longest`: begins b_z by `chrono` (Tallec & Ollivier 2018) instead of with 0.
 */
export const minGru = defineLinearCell({
  name: "min-gru",
  options: zod.strictObject({
    inputs: width,
    units: width,
    candidate: candidateOption,
    longest: longestOption,
  }),
  weights: ({ inputs, units, longest }) => ({
    input: { shape: [inputs, 2 * units], initializer: perGate(2, glorotUniform) },
    bias: { shape: [2 * units], initializer: gateBias(["input", "zero"], { longest }) },
  }),
  outputs: ({ units }) => units,
  coefficients(x, w, { candidate }) {
    const [z, n] = x.matmul(w.input).add(w.bias).split(2);
    return { keep: sigmoid(z.neg()), add: sigmoid(z).mul(candidates[candidate](n)) }; // 1 − σ(z) = σ(−z)
  },
});

/**
 * G2-LSTM, the Gumbel-gate LSTM (Li et al., "Towards Binary-Valued Gates for Robust LSTM Training", ICML 2018,
 * arXiv 1806.02988): noise in training pushes the input and forget gates towards 0 and 1.
 *
 *     in training:  i, f = σ((a + η (ln u − ln(1 − u))) / τ),  u ~ U(0, 1),  η ~ Bernoulli(p)
 *     otherwise:    i, f = σ(a)
 *
 * where a is the sum that an LSTM's gate has; all else is as in an LSTM. The logarithms are guarded as in the authors'
 * code, by ε = 0.001 added to both. The gates lie side by side in the order i, f, g, o.
 */
import { z } from "zod";
import { log, maximum, not, pad, sigmoid, tanh, where } from "../graph/functions.ts";
import { constant, type Value } from "../graph/value.ts";
import { glorotUniform, perGate } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";
import { gateBias } from "./gate-bias.ts";

const GUARD = 1e-3;

/**
 * A G2-LSTM: x [batch, inputs] → h [batch, units]; state `hidden` and `memory`, each [batch, units].
 *
 * - `probability` is p, with which a gate is disturbed, and `temperature` is τ.
 * - `noise`: drawn anew at each "step", or once for a "sequence".
 * - `hardGates`: where nothing is trained, the input and forget gates are rounded to 0 or 1 (1 where a ≥ 0), to see what
 *   the saturation of the gates is worth.
 *
 * One draw serves as η and u: η is 1 where it lies below p, and then draw / p is u. Draws of 0.5 say that nothing is trained.
 */
export const g2Lstm = defineCell({
  name: "g2-lstm",
  options: z.strictObject({
    inputs: width,
    units: width,
    probability: z.number().gt(0).max(1).default(0.2),
    temperature: z.number().positive().default(0.9),
    noise: z.enum(["step", "sequence"]).default("step"),
    hardGates: z.boolean().default(false),
    forgetBias: z.number().default(1),
  }),
  weights: ({ inputs, units, forgetBias }) => ({
    input: { shape: [inputs, 4 * units], initializer: perGate(4, glorotUniform) },
    recurrent: { shape: [units, 4 * units], initializer: orthogonal },
    bias: { shape: [4 * units], initializer: gateBias(["input", "forget", "zero", "zero"], { forgetBias }) },
  }),
  state: ({ units }) => ({ hidden: [units], memory: [units] }),
  outputs: ({ units }) => units,
  noise: ({ units, noise }) => ({ gates: { shape: [2 * units], shared: noise === "sequence" } }),
  step(x, { hidden, memory }, w, { units, probability, temperature, hardGates }, { gates: draws }) {
    // As one term of the gates' sums, the noise leaves the loop together with the products of the inputs.
    const noise = pad(logistic(draws, probability), [
      [0, 0],
      [0, 2 * units],
    ]);
    const sums = x.matmul(w.input).add(w.bias).add(noise).add(hidden.matmul(w.recurrent));
    const [a, g, o] = sums.split([2 * units, units, units]);
    const training = not(draws.equal(0.5));
    const soft = sigmoid(a.mul(where(training, 1 / temperature, constant(1, a.dtype))));
    const gates = hardGates ? where(training, soft, not(a.less(0)).cast(a.dtype)) : soft;
    const [i, f] = gates.split(2);
    const c = f.mul(memory).add(i.mul(tanh(g)));
    const h = sigmoid(o).mul(tanh(c));
    return { output: h, state: { hidden: h, memory: c } };
  },
});

/** η (ln u − ln(1 − u)): 0 where η is, and where draws of 0.5 say that nothing is trained. */
function logistic(draws: Value, probability: number): Value {
  const u = draws.div(probability);
  const noise = log(u.add(GUARD).div(maximum(u.rsub(1), 0).add(GUARD)));
  const disturbed = draws.less(probability).cast(draws.dtype);
  return where(draws.equal(0.5), 0, disturbed.mul(noise));
}

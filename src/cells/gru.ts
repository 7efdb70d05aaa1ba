/**
 * The gated recurrent unit (Cho et al. 2014, arXiv 1406.1078).
 *
 *     r = σ(W_r x + U_r h' + b_r)    z = σ(W_z x + U_z h' + b_z)
 *     n = tanh(W_n x + b_n + U_n (r ⊙ h'))             reset before the product: the paper's
 *     n = tanh(W_n x + b_n + r ⊙ (U_n h' + c_n))       reset after it: cuDNN's and PyTorch's, one product for all gates
 *     h = (1 − z) ⊙ n + z ⊙ h' = n + z ⊙ (h' − n)
 *
 * The gates lie side by side in each weight, in the order r, z, n (PyTorch's).
 */
import { z as zod } from "zod";
import { sigmoid, tanh } from "../graph/functions.ts";
import { glorotUniform, perGate, zeros } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";
import { gateBias, longestOption } from "./gate-bias.ts";

/**
 * A GRU: x [batch, inputs] → h [batch, units]; state `hidden` [batch, units].
 *
 * - `reset`: whether the reset gate acts "before" the recurrent product or "after" it. Before: U_n is a weight of its
 *   own, `candidate` [units, units]. After: it is the last third of `recurrent`, and c_n is `candidateBias` [units].
 * - `longest`: begins the biases of z, the gate that keeps, by `chrono` (Tallec & Ollivier 2018) instead of with 0.
 */
export const gru = defineCell({
  name: "gru",
  options: zod.strictObject({
    inputs: width,
    units: width,
    reset: zod.enum(["before", "after"]).default("after"),
    longest: longestOption,
  }),
  weights: ({ inputs, units, reset, longest }) => ({
    input: { shape: [inputs, 3 * units], initializer: perGate(3, glorotUniform) },
    recurrent: { shape: [units, (reset === "after" ? 3 : 2) * units], initializer: orthogonal },
    bias: { shape: [3 * units], initializer: gateBias(["zero", "forget", "zero"], { longest }) },
    candidate: reset === "before" ? { shape: [units, units], initializer: orthogonal } : undefined,
    candidateBias: reset === "after" ? { shape: [units], initializer: zeros } : undefined,
  }),
  state: ({ units }) => ({ hidden: [units] }),
  outputs: ({ units }) => units,
  step(x, { hidden }, w, { units }) {
    const [xGates, xCandidate] = x
      .matmul(w.input)
      .add(w.bias)
      .split([2 * units, units]);
    const product = hidden.matmul(w.recurrent);
    const [hGates, hCandidate] = w.candidate ? [product] : product.split([2 * units, units]);
    const [r, z] = sigmoid(xGates.add(hGates)).split(2);
    const recalled = w.candidate
      ? r.mul(hidden).matmul(w.candidate)
      : r.mul(hCandidate.add(w.candidateBias!));
    const n = tanh(xCandidate.add(recalled));
    const h = n.add(z.mul(hidden.sub(n)));
    return { output: h, state: { hidden: h } };
  },
});

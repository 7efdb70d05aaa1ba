/**
 * Cells with other activations than the usual ones. Their weights have the names and the order of ours (src/cells), so
 * that all that can be done with those can be done with them.
 */
import { z } from "zod";
import { defineCell, width } from "../../cells/define-cell.ts";
import { glorotUniform, perGate, zeros } from "../../weights/initializers.ts";
import { orthogonal } from "../../weights/orthogonal.ts";
import type { Activation } from "./keras-activations.ts";

const activation = z.custom<Activation>((given) => typeof given === "function");
const widths = { inputs: width, units: width };
const gated = z.strictObject({ ...widths, activation, gate: activation });

/** An LSTM whose gates are `gate` and whose candidate and output pass `activation`. */
export const lstmWith = defineCell({
  name: "keras-lstm",
  options: gated,
  weights: ({ inputs, units }) => ({
    input: { shape: [inputs, 4 * units], initializer: perGate(4, glorotUniform) },
    recurrent: { shape: [units, 4 * units], initializer: orthogonal },
    bias: { shape: [4 * units], initializer: zeros },
  }),
  state: ({ units }) => ({ hidden: [units], memory: [units] }),
  outputs: ({ units }) => units,
  step(x, { hidden, memory }, w, { activation, gate }) {
    const [i, f, g, o] = x.matmul(w.input).add(hidden.matmul(w.recurrent)).add(w.bias).split(4);
    const c = gate(f)
      .mul(memory)
      .add(gate(i).mul(activation(g)));
    const h = gate(o).mul(activation(c));
    return { output: h, state: { hidden: h, memory: c } };
  },
});

/** A GRU whose gates are `gate` and whose candidate passes `activation`, in both forms. */
export const gruWith = defineCell({
  name: "keras-gru",
  options: gated.extend({ reset: z.enum(["before", "after"]) }),
  weights: ({ inputs, units, reset }) => ({
    input: { shape: [inputs, 3 * units], initializer: perGate(3, glorotUniform) },
    recurrent: { shape: [units, (reset === "after" ? 3 : 2) * units], initializer: orthogonal },
    bias: { shape: [3 * units], initializer: zeros },
    candidate: reset === "before" ? { shape: [units, units], initializer: orthogonal } : undefined,
    candidateBias: reset === "after" ? { shape: [units], initializer: zeros } : undefined,
  }),
  state: ({ units }) => ({ hidden: [units] }),
  outputs: ({ units }) => units,
  step(x, { hidden }, w, { units, activation, gate }) {
    const sums = x.matmul(w.input).add(w.bias);
    const [xGates, xCandidate] = sums.split([2 * units, units]);
    const product = hidden.matmul(w.recurrent);
    const [hGates, hCandidate] = w.candidate ? [product] : product.split([2 * units, units]);
    const [r, z] = gate(xGates.add(hGates)).split(2);
    const recalled = w.candidate
      ? r.mul(hidden).matmul(w.candidate)
      : r.mul(hCandidate.add(w.candidateBias!));
    const n = activation(xCandidate.add(recalled));
    const h = n.add(z.mul(hidden.sub(n)));
    return { output: h, state: { hidden: h } };
  },
});

/** A simple RNN with any activation. */
export const rnnWith = defineCell({
  name: "keras-rnn",
  options: z.strictObject({ ...widths, activation }),
  weights: ({ inputs, units }) => ({
    input: { shape: [inputs, units], initializer: glorotUniform },
    recurrent: { shape: [units, units], initializer: orthogonal },
    bias: { shape: [units], initializer: zeros },
  }),
  state: ({ units }) => ({ hidden: [units] }),
  outputs: ({ units }) => units,
  step(x, { hidden }, w, { activation }) {
    const h = activation(x.matmul(w.input).add(hidden.matmul(w.recurrent)).add(w.bias));
    return { output: h, state: { hidden: h } };
  },
});

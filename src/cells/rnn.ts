/**
 * The simple recurrent network (Elman 1990): h = φ(W x + U h' + b), φ = tanh or max(0, ·).
 */
import { z } from "zod";
import { relu, tanh } from "../graph/functions.ts";
import { glorotUniform, identity, zeros } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";

const activations = { tanh, relu };

/**
 * A simple RNN: x [batch, inputs] → h [batch, units]; state `hidden` [batch, units].
 *
 * `activation` is "tanh" or "relu"; with "relu" the recurrent weights begin as the identity (IRNN: Le, Jaitly & Hinton
 * 2015, arXiv 1504.00941), with "tanh" as a random orthogonal matrix.
 */
export const rnn = defineCell({
  name: "rnn",
  options: z.strictObject({
    inputs: width,
    units: width,
    activation: z.enum(["tanh", "relu"]).default("tanh"),
  }),
  weights: ({ inputs, units, activation }) => ({
    input: { shape: [inputs, units], initializer: glorotUniform },
    recurrent: { shape: [units, units], initializer: activation === "relu" ? identity : orthogonal },
    bias: { shape: [units], initializer: zeros },
  }),
  state: ({ units }) => ({ hidden: [units] }),
  outputs: ({ units }) => units,
  step(x, { hidden }, w, { activation }) {
    const h = activations[activation](x.matmul(w.input).add(hidden.matmul(w.recurrent)).add(w.bias));
    return { output: h, state: { hidden: h } };
  },
});

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997; with the forget gate of Gers et al. 2000).
 *
 *     i = σ(W_i x + U_i h' + b_i)    f = σ(W_f x + U_f h' + b_f)
 *     g = tanh(W_g x + U_g h' + b_g) o = σ(W_o x + U_o h' + b_o)
 *     c = f ⊙ c' + i ⊙ g             h = o ⊙ tanh(c)
 *
 * The gates lie side by side in each weight, in the order i, f, g, o (PyTorch's).
 */
import { z } from "zod";
import { sigmoid, tanh } from "../graph/functions.ts";
import { concatenate, constant, glorotUniform, perGate, zeros } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";

/**
 * An LSTM: x [batch, inputs] → h [batch, units]; state `hidden` and `memory`, each [batch, units].
 * `forgetBias` is what the forget gate's bias begins with (1: Jozefowicz et al. 2015).
 */
export const lstm = defineCell({
  name: "lstm",
  options: z.object({ inputs: width, units: width, forgetBias: z.number().default(1) }),
  weights: ({ inputs, units, forgetBias }) => ({
    input: { shape: [inputs, 4 * units], initializer: perGate(4, glorotUniform) },
    recurrent: { shape: [units, 4 * units], initializer: orthogonal },
    bias: { shape: [4 * units], initializer: concatenate(zeros, constant(forgetBias), zeros, zeros) },
  }),
  state: ({ units }) => ({ hidden: [units], memory: [units] }),
  outputs: ({ units }) => units,
  step(x, { hidden, memory }, w) {
    const [i, f, g, o] = x.matmul(w.input).add(hidden.matmul(w.recurrent)).add(w.bias).split(4);
    const c = sigmoid(f)
      .mul(memory)
      .add(sigmoid(i).mul(tanh(g)));
    const h = sigmoid(o).mul(tanh(c));
    return { output: h, state: { hidden: h, memory: c } };
  },
});

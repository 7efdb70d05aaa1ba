/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997; with the forget gate of Gers et al. 2000).
 *
 *     i = σ(W_i x + U_i h' + b_i)    f = σ(W_f x + U_f h' + b_f)
 *     g = tanh(W_g x + U_g h' + b_g) o = σ(W_o x + U_o h' + b_o)
 *     c = f ⊙ c' + i ⊙ g             h = o ⊙ tanh(c)
 *
 * The gates lie side by side in each weight, in the order i, f, g, o (PyTorch's).
 *
 * With peepholes (Gers & Schmidhuber 2000) the gates also see the memory: i and f get + p ⊙ c', o gets + p ⊙ c, the
 * new one. With a projection (LSTMP: Sak et al. 2014) h = P (o ⊙ tanh(c)), which is narrower than c.
 */
import { z } from "zod";
import { sigmoid, tanh } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import { glorotUniform, perGate, zeros } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";
import { gateBias, longestOption } from "./gate-bias.ts";

/**
 * An LSTM: x [batch, inputs] → h [batch, units], or [batch, projection]; state `hidden`, as wide as h, and
 * `memory` [batch, units].
 *
 * - `forgetBias`: what the forget gate's bias begins with (1: Jozefowicz et al. 2015).
 * - `longest`: begins the biases of i and f by `chrono` instead (Tallec & Ollivier 2018).
 * - `peepholes`: weight `peephole` [3 × units], in the order i, f, o.
 * - `projection`: the width of h; weight `projection` [units, projection].
 */
export const lstm = defineCell({
  name: "lstm",
  options: z.strictObject({
    inputs: width,
    units: width,
    forgetBias: z.number().default(1),
    longest: longestOption,
    peepholes: z.boolean().default(false),
    projection: width.optional(),
  }),
  weights: ({ inputs, units, peepholes, projection, ...bias }) => ({
    input: { shape: [inputs, 4 * units], initializer: perGate(4, glorotUniform) },
    recurrent: { shape: [projection ?? units, 4 * units], initializer: orthogonal },
    bias: { shape: [4 * units], initializer: gateBias(["input", "forget", "zero", "zero"], bias) },
    peephole: peepholes ? { shape: [3 * units], initializer: zeros } : undefined,
    projection: projection ? { shape: [units, projection], initializer: glorotUniform } : undefined,
  }),
  state: ({ units, projection = units }) => ({ hidden: [projection], memory: [units] }),
  outputs: ({ units, projection = units }) => projection,
  step(x, { hidden, memory }, w) {
    const [i, f, g, o] = x.matmul(w.input).add(hidden.matmul(w.recurrent)).add(w.bias).split(4);
    const [pi, pf, po] = w.peephole?.split(3) ?? [];
    const c = sigmoid(peep(f, memory, pf))
      .mul(memory)
      .add(sigmoid(peep(i, memory, pi)).mul(tanh(g)));
    const m = sigmoid(peep(o, c, po)).mul(tanh(c));
    const h = w.projection ? m.matmul(w.projection) : m;
    return { output: h, state: { hidden: h, memory: c } };
  },
});

const peep = (gate: Value, memory: Value, weight?: Value) => (weight ? gate.add(memory.mul(weight)) : gate);

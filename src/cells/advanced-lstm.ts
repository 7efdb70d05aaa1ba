/**
 * Advanced LSTM (Tao & Liu, ICASSP 2018, arXiv 1710.10197): an LSTM whose memory is updated from several past steps,
 * not from the last one alone.
 *
 *     i, f, o = σ(W x + U h' + b)    g = tanh(W_g x + U_g h' + b_g)
 *     C' = Σ_T w_T c(t − T),         w = softmax over T of (a · c(t − T))
 *     c = f ⊙ C' + i ⊙ g             h = o ⊙ tanh(c)
 *
 * The gates lie side by side in the order i, f, g, o.
 */
import { z } from "zod";
import { concat, mean, sigmoid, softmax, tanh } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import { concatenate, constant, glorotUniform, perGate, zeros } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";

const options = z.object({
  inputs: width,
  units: width,
  steps: z
    .array(z.int().positive())
    .min(1)
    .refine((steps) => new Set(steps).size === steps.length, "names a step twice")
    .default([1, 3, 5]),
  combine: z.enum(["attention", "mean"]).default("attention"),
  pastOutputs: z.boolean().default(false),
  forgetBias: z.number().default(1),
});

const reach = ({ steps }: z.output<typeof options>) => Math.max(...steps);

/**
 * An advanced LSTM: x [batch, inputs] → h [batch, units]; state `memory` [batch, reach, units], the last memories,
 * newest first, and `hidden` [batch, units], where reach is the largest of `steps`.
 *
 * - `steps`: how many steps back the memories lie that are read; [1] makes an LSTM.
 * - `combine`: "attention", or "mean" for their plain mean (the paper's ablation).
 * - `pastOutputs`: the past outputs of the same steps are combined likewise, by scores of their own, and take the place
 *   of h'; the state `hidden` is then [batch, reach, units].
 *
 * Before the first step lies what the state begins with: zeros, unless the layer says otherwise. Such a step takes part
 * like any other: a memory of zeros has the score 0, and its share of the weights.
 */
export const advancedLstm = defineCell({
  name: "advanced-lstm",
  options,
  weights: ({ inputs, units, combine, pastOutputs, forgetBias }) => {
    const scores = combine === "attention" ? { shape: [units, 1], initializer: glorotUniform } : undefined;
    return {
      input: { shape: [inputs, 4 * units], initializer: perGate(4, glorotUniform) },
      recurrent: { shape: [units, 4 * units], initializer: orthogonal },
      bias: { shape: [4 * units], initializer: concatenate(zeros, constant(forgetBias), zeros, zeros) },
      memoryScores: scores,
      hiddenScores: pastOutputs ? scores : undefined,
    };
  },
  state: (given) => ({
    hidden: given.pastOutputs ? [reach(given), given.units] : [given.units],
    memory: [reach(given), given.units],
  }),
  outputs: ({ units }) => units,
  step(x, { hidden, memory }, w, { steps, pastOutputs }) {
    const before = pastOutputs ? combined(hidden, steps, w.hiddenScores) : hidden;
    const [i, f, g, o] = x.matmul(w.input).add(before.matmul(w.recurrent)).add(w.bias).split(4);
    const c = sigmoid(f)
      .mul(combined(memory, steps, w.memoryScores))
      .add(sigmoid(i).mul(tanh(g)));
    const h = sigmoid(o).mul(tanh(c));
    return { output: h, state: { hidden: pastOutputs ? pushed(hidden, h) : h, memory: pushed(memory, c) } };
  },
});

/** What lies some steps back, [batch, reach, units], as one: weighted by scores, or its mean. */
function combined(past: Value, steps: readonly number[], scores: Value | undefined): Value {
  const chosen = concat(
    steps.map((step) => past.slice(1, step - 1, step)),
    1,
  );
  return scores ? softmax(chosen.matmul(scores), 1).mul(chosen).sum(1) : mean(chosen, 1);
}

/** The newest comes first, the oldest goes. */
function pushed(past: Value, newest: Value): Value {
  return concat([newest.unsqueeze(1), past.slice(1, 0, -1)], 1);
}

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
import { glorotUniform, perGate } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, width } from "./define-cell.ts";
import { gateBias } from "./gate-bias.ts";

/**
 * An advanced LSTM: x [batch, inputs] → h [batch, units]; state `hidden` and `memory`, each [batch, units], and the
 * memories before that one, `earlierMemory` [batch, reach − 1, units], newest first, where reach is the largest of
 * `steps`.
 *
 * - `steps`: how many steps back the memories lie that are read; [1] makes an LSTM.
 * - `combine`: "attention", or "mean" for their plain mean (the paper's ablation).
 * - `pastOutputs`: the past outputs of the same steps are combined likewise, by scores of their own, and take the place
 *   of h'; the state then has `earlierHidden`, too.
 *
 * Before the first step lies what the state begins with: zeros, unless the layer says otherwise. Such a step takes part
 * like any other: a memory of zeros has the score 0, and its share of the weights.
 *
 * Dropout of states and zoneout belong to `hidden` and `memory`; what became of those is what moves on to the earlier ones.
 */
export const advancedLstm = defineCell({
  name: "advanced-lstm",
  options: z.strictObject({
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
  }),
  weights: ({ inputs, units, combine, pastOutputs, forgetBias }) => {
    const scores = combine === "attention" ? { shape: [units, 1], initializer: glorotUniform } : undefined;
    return {
      input: { shape: [inputs, 4 * units], initializer: perGate(4, glorotUniform) },
      recurrent: { shape: [units, 4 * units], initializer: orthogonal },
      bias: {
        shape: [4 * units],
        initializer: gateBias(["input", "forget", "zero", "zero"], { forgetBias }),
      },
      memoryScores: scores,
      hiddenScores: pastOutputs ? scores : undefined,
    };
  },
  state: ({ units, steps, pastOutputs }): Record<string, readonly number[]> => {
    const earlier = [Math.max(...steps) - 1, units];
    return {
      hidden: [units],
      memory: [units],
      ...(earlier[0] > 0 && { earlierMemory: earlier }),
      ...(earlier[0] > 0 && pastOutputs && { earlierHidden: earlier }),
    };
  },
  outputs: ({ units }) => units,
  step(x, { hidden, memory, earlierHidden, earlierMemory }, w, { steps, pastOutputs }) {
    const outputs = all(hidden, earlierHidden);
    const memories = all(memory, earlierMemory);
    const before = pastOutputs ? combined(outputs, steps, w.hiddenScores) : hidden;
    const [i, f, g, o] = x.matmul(w.input).add(before.matmul(w.recurrent)).add(w.bias).split(4);
    const c = sigmoid(f)
      .mul(combined(memories, steps, w.memoryScores))
      .add(sigmoid(i).mul(tanh(g)));
    const h = sigmoid(o).mul(tanh(c));
    return {
      output: h,
      state: {
        hidden: h,
        memory: c,
        ...(earlierMemory && { earlierMemory: memories.slice(1, 0, -1) }),
        ...(earlierHidden && { earlierHidden: outputs.slice(1, 0, -1) }),
      },
    };
  },
});

/** The last step and those before it, newest first: [batch, steps, units]. */
function all(last: Value, earlier: Value | undefined): Value {
  const first = last.unsqueeze(1);
  return earlier ? concat([first, earlier], 1) : first;
}

/** What lies some steps back, of [batch, steps, units], as one: weighted by scores, or its mean. */
function combined(past: Value, steps: readonly number[], scores: Value | undefined): Value {
  const chosen = concat(
    steps.map((step) => past.slice(1, step - 1, step)),
    1,
  );
  return scores ? softmax(chosen.matmul(scores), 1).mul(chosen).sum(1) : mean(chosen, 1);
}

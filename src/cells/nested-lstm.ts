/**
 * Nested LSTM (Moniz & Krueger, ACML 2017, arXiv 1801.10308): the memory of an LSTM is itself run by an LSTM.
 *
 *     i, f, o = σ(W x + U h' + b)    g = W_g x + U_g h' + b_g
 *     x̃ = i ⊙ g    h̃' = f ⊙ c'       c = h̃(x̃, h̃', c̃'): what the inner LSTM puts out
 *     h = o ⊙ tanh(c)
 *
 * The inner LSTM is run with f ⊙ c' as its past output, and with its own memory c̃. Its equations are the same,
 * with g = tanh(…); the innermost adds: c̃ = f̃ ⊙ c̃' + ĩ ⊙ g̃, as any LSTM does. The gates lie in the order i, f, g, o.
 */
import { z } from "zod";
import { sigmoid, tanh } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import type { WeightDeclaration } from "../weights/declare.ts";
import { glorotNormal, perGate } from "../weights/initializers.ts";
import { orthogonal } from "../weights/orthogonal.ts";
import { defineCell, type Values, width } from "./define-cell.ts";
import { gateBias } from "./gate-bias.ts";

/**
 * A nested LSTM: x [batch, inputs] → h [batch, units]; state `hidden`, `memory` and, from the outside to the inside,
 * `inner1`, `inner2`, …, the memories of the inner LSTMs, each [batch, units].
 *
 * `depth` counts the LSTMs: 2 is the paper's, 1 a plain LSTM. `forgetBias` is what all forget gates' biases begin with.
 */
export const nestedLstm = defineCell({
  name: "nested-lstm",
  options: z.strictObject({
    inputs: width,
    units: width,
    depth: z.int().positive().default(2),
    forgetBias: z.number().default(1),
  }),
  weights: ({ inputs, units, depth, forgetBias }) => {
    const bias = gateBias(["input", "forget", "zero", "zero"], { forgetBias });
    const levels = Array.from({ length: depth }, (_, level): Record<string, WeightDeclaration> => {
      const reads = level === 0 ? inputs : units;
      return {
        [`${prefix(level)}input`]: { shape: [reads, 4 * units], initializer: perGate(4, glorotNormal) },
        [`${prefix(level)}recurrent`]: { shape: [units, 4 * units], initializer: orthogonal },
        [`${prefix(level)}bias`]: { shape: [4 * units], initializer: bias },
      };
    });
    return Object.assign({}, ...levels) as Record<string, WeightDeclaration>;
  },
  state: ({ units, depth }) => {
    const memories = Array.from({ length: depth }, (_, level) => [memoryOf(level), [units]] as const);
    return { hidden: [units], ...Object.fromEntries(memories) };
  },
  outputs: ({ units }) => units,
  step(x, { hidden, ...memories }, w, { depth }) {
    const { output, memories: next } = lstmAt(0, x, hidden, { memories, w, depth });
    return { output, state: { hidden: output, ...next } };
  },
});

interface Levels {
  memories: Values;
  w: Values;
  depth: number;
}

/** One step of the LSTM at a level and of those inside it. */
function lstmAt(level: number, x: Value, hidden: Value, levels: Levels): { output: Value; memories: Values } {
  const { memories, w, depth } = levels;
  const of = (name: string) => w[`${prefix(level)}${name}`];
  const sums = x
    .matmul(of("input"))
    .add(hidden.matmul(of("recurrent")))
    .add(of("bias"));
  const [i, f, g, o] = sums.split(4);
  const innermost = level === depth - 1;
  const candidate = level === 0 && !innermost ? g : tanh(g);
  const past = sigmoid(f).mul(memories[memoryOf(level)]);
  const news = sigmoid(i).mul(candidate);
  const inner = innermost ? { output: past.add(news), memories: {} } : lstmAt(level + 1, news, past, levels);
  const c = inner.output;
  return {
    output: sigmoid(o).mul(tanh(c)),
    memories: { [memoryOf(level)]: c, ...inner.memories },
  };
}

const memoryOf = (level: number) => (level === 0 ? "memory" : `inner${level}`);
const prefix = (level: number) => (level === 0 ? "" : `inner${level}.`);

import type { Numbers, StepReference, Widths } from "../cell-proof.ts";
import type { Tensors } from "../everywhere.ts";
import { column, sigmoid } from "./numbers.ts";

/** The sums of gate 0 to 3 (i, f, g, o) of one LSTM, each [units]. */
function gatesOf(x: Float64Array, hidden: Float64Array, weights: Tensors, prefix: string, units: number) {
  const [input, recurrent, bias] = ["input", "recurrent", "bias"].map((name) => weights[`${prefix}${name}`]);
  return [0, 1, 2, 3].map((gate) =>
    Float64Array.from({ length: units }, (_, unit) => {
      const j = gate * units + unit;
      return column(x, input, 4 * units, j) + column(hidden, recurrent, 4 * units, j) + bias.data[j];
    }),
  );
}

/** The paper's nested LSTM, written out: an outer LSTM without a tanh on its candidate, and one inside it. */
export function nestedTwice({ units }: Widths): StepReference {
  return (x, { hidden, memory, inner1 }, weights) => {
    const [i, f, g, o] = gatesOf(x, hidden, weights, "", units);
    const innerX = i.map((sum, unit) => sigmoid(sum) * g[unit]);
    const innerHidden = f.map((sum, unit) => sigmoid(sum) * memory[unit]);
    const inner = gatesOf(innerX, innerHidden, weights, "inner1.", units);
    const innerMemory = inner1.map(
      (before, unit) =>
        sigmoid(inner[1][unit]) * before + sigmoid(inner[0][unit]) * Math.tanh(inner[2][unit]),
    );
    const c = innerMemory.map((one, unit) => sigmoid(inner[3][unit]) * Math.tanh(one));
    const h = c.map((one, unit) => sigmoid(o[unit]) * Math.tanh(one));
    return { output: h, state: { hidden: h, memory: c, inner1: innerMemory } };
  };
}

/** Three LSTMs in one another, from the inside to the outside. */
export function nestedThrice({ units }: Widths): StepReference {
  return (x, { hidden, memory, inner1, inner2 }, weights) => {
    const first = gatesOf(x, hidden, weights, "", units);
    const x1 = first[0].map((sum, unit) => sigmoid(sum) * first[2][unit]);
    const h1 = first[1].map((sum, unit) => sigmoid(sum) * memory[unit]);
    const second = gatesOf(x1, h1, weights, "inner1.", units);
    const x2 = second[0].map((sum, unit) => sigmoid(sum) * Math.tanh(second[2][unit]));
    const h2 = second[1].map((sum, unit) => sigmoid(sum) * inner1[unit]);
    const third = gatesOf(x2, h2, weights, "inner2.", units);
    const state: Numbers = {};
    state.inner2 = inner2.map(
      (before, unit) =>
        sigmoid(third[1][unit]) * before + sigmoid(third[0][unit]) * Math.tanh(third[2][unit]),
    );
    state.inner1 = state.inner2.map((one, unit) => sigmoid(third[3][unit]) * Math.tanh(one));
    state.memory = state.inner1.map((one, unit) => sigmoid(second[3][unit]) * Math.tanh(one));
    state.hidden = state.memory.map((one, unit) => sigmoid(first[3][unit]) * Math.tanh(one));
    return { output: state.hidden, state };
  };
}

import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

interface Past {
  steps: readonly number[];
  mean?: boolean;
  outputs?: boolean;
}

/**
 * One step of an advanced LSTM by plain loops. Memories of earlier steps lie one after the other, the newest
 * first, and so do outputs where several of them are read.
 */
export function advancedLstmStep({ units }: Widths, { steps, mean, outputs }: Past): StepReference {
  return (
    x,
    { hidden, memory, earlierHidden, earlierMemory },
    { input, recurrent, bias, memoryScores, hiddenScores },
  ) => {
    const combined = (past: Float64Array, scores: { data: Float64Array }) => {
      const chosen = steps.map((step) => past.subarray((step - 1) * units, step * units));
      const powers = chosen.map((one) => (mean ? 1 : Math.exp(column(one, scores, 1, 0))));
      const total = powers.reduce((sum, power) => sum + power);
      return Float64Array.from({ length: units }, (_, unit) =>
        chosen.reduce((sum, one, k) => sum + (powers[k] / total) * one[unit], 0),
      );
    };
    const memories = Float64Array.of(...memory, ...earlierMemory);
    const hiddens = Float64Array.of(...hidden, ...(earlierHidden ?? []));
    const before = outputs ? combined(hiddens, hiddenScores) : hidden;
    const pastMemory = combined(memories, memoryScores);
    const c = new Float64Array(units);
    const h = new Float64Array(units);
    for (let unit = 0; unit < units; unit++) {
      const sum = (gate: number) => {
        const j = gate * units + unit;
        return column(x, input, 4 * units, j) + column(before, recurrent, 4 * units, j) + bias.data[j];
      };
      c[unit] = sigmoid(sum(1)) * pastMemory[unit] + sigmoid(sum(0)) * Math.tanh(sum(2));
      h[unit] = sigmoid(sum(3)) * Math.tanh(c[unit]);
    }
    const state = { hidden: h, memory: c, earlierMemory: memories.slice(0, -units) };
    return { output: h, state: outputs ? { ...state, earlierHidden: hiddens.slice(0, -units) } : state };
  };
}

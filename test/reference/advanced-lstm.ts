import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

interface Past {
  steps: readonly number[];
  mean?: boolean;
  outputs?: boolean;
}

/**
 * One step of an advanced LSTM by plain loops. The memories of the last steps lie one after the other, the newest
 * first, and so do the outputs where several of them are read.
 */
export function advancedLstmStep({ units }: Widths, { steps, mean, outputs }: Past): StepReference {
  return (x, { hidden, memory }, { input, recurrent, bias, memoryScores, hiddenScores }) => {
    const combined = (past: Float64Array, scores: { data: Float64Array }) => {
      const chosen = steps.map((step) => past.subarray((step - 1) * units, step * units));
      const powers = chosen.map((one) => (mean ? 1 : Math.exp(column(one, scores, 1, 0))));
      const total = powers.reduce((sum, power) => sum + power);
      return Float64Array.from({ length: units }, (_, unit) =>
        chosen.reduce((sum, one, k) => sum + (powers[k] / total) * one[unit], 0),
      );
    };
    const before = outputs ? combined(hidden, hiddenScores) : hidden;
    const pastMemory = combined(memory, memoryScores);
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
    const pushed = (past: Float64Array, newest: Float64Array) =>
      Float64Array.of(...newest, ...past.subarray(0, past.length - units));
    return { output: h, state: { hidden: outputs ? pushed(hidden, h) : h, memory: pushed(memory, c) } };
  };
}

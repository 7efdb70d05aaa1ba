import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/** One step of an LSTM by plain loops, one equation a line; the gates lie in the order i, f, g, o. */
export function lstmStep({ units }: Widths): StepReference {
  return (x, { hidden, memory }, { input, recurrent, bias }) => {
    const c = new Float64Array(units);
    const h = new Float64Array(units);
    for (let unit = 0; unit < units; unit++) {
      const sum = (gate: number) => {
        const j = gate * units + unit;
        return column(x, input, 4 * units, j) + column(hidden, recurrent, 4 * units, j) + bias.data[j];
      };
      const i = sigmoid(sum(0));
      const f = sigmoid(sum(1));
      const g = Math.tanh(sum(2));
      const o = sigmoid(sum(3));
      c[unit] = f * memory[unit] + i * g;
      h[unit] = o * Math.tanh(c[unit]);
    }
    return { output: h, state: { hidden: h, memory: c } };
  };
}

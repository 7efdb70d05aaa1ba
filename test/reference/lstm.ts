import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/**
 * One step of an LSTM by plain loops, one equation a line; the gates lie in the order i, f, g, o. Where there is a
 * weight `peephole` (i, f, o), gates see the memory; where there is a weight `projection`, it narrows the output.
 */
export function lstmStep({ units }: Widths): StepReference {
  return (x, { hidden, memory }, { input, recurrent, bias, peephole, projection }) => {
    const c = new Float64Array(units);
    const m = new Float64Array(units);
    for (let unit = 0; unit < units; unit++) {
      const sum = (gate: number) => {
        const j = gate * units + unit;
        return column(x, input, 4 * units, j) + column(hidden, recurrent, 4 * units, j) + bias.data[j];
      };
      const p = (gate: number) => peephole?.data[gate * units + unit] ?? 0;
      const i = sigmoid(sum(0) + p(0) * memory[unit]);
      const f = sigmoid(sum(1) + p(1) * memory[unit]);
      const g = Math.tanh(sum(2));
      c[unit] = f * memory[unit] + i * g;
      const o = sigmoid(sum(3) + p(2) * c[unit]);
      m[unit] = o * Math.tanh(c[unit]);
    }
    const narrow = projection?.shape[1] ?? 0;
    const h = projection
      ? Float64Array.from({ length: narrow }, (_, j) => column(m, projection, narrow, j))
      : m;
    return { output: h, state: { hidden: h, memory: c } };
  };
}

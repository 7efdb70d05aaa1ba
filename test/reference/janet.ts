import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/** One step of JANET by plain loops. */
export function janetStep({ units }: Widths, beta: number): StepReference {
  return (x, { memory }, { input, recurrent, bias }) => {
    const c = Float64Array.from({ length: units }, (_, unit) => {
      const sum = (j: number) =>
        column(x, input, 2 * units, j) + column(memory, recurrent, 2 * units, j) + bias.data[j];
      const s = sum(unit);
      const g = Math.tanh(sum(units + unit));
      return sigmoid(s) * memory[unit] + (1 - sigmoid(s - beta)) * g;
    });
    return { output: c, state: { memory: c } };
  };
}

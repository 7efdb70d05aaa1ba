import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/** One step of an SRU by plain loops: its final version, with the scale α that x has in the output. */
export function sruStep({ inputs, units }: Widths, alpha: number): StepReference {
  return (x, { memory }, { input, memory: v, bias }) => {
    const c = new Float64Array(units);
    const h = new Float64Array(units);
    for (let unit = 0; unit < units; unit++) {
      const product = (matrix: number) => productOf(x, input, { inputs, units }, matrix, unit);
      const f = sigmoid(product(1) + v.data[unit] * memory[unit] + bias.data[unit]);
      const r = sigmoid(product(2) + v.data[units + unit] * memory[unit] + bias.data[units + unit]);
      c[unit] = f * memory[unit] + (1 - f) * product(0);
      h[unit] = r * c[unit] + (1 - r) * (inputs === units ? alpha * x[unit] : product(3));
    }
    return { output: h, state: { memory: c } };
  };
}

/** One step of the SRU's first version: gates without the memory, a tanh, no scale. */
export function firstSruStep({ inputs, units }: Widths): StepReference {
  return (x, { memory }, { input, bias }) => {
    const c = new Float64Array(units);
    const h = new Float64Array(units);
    for (let unit = 0; unit < units; unit++) {
      const product = (matrix: number) => productOf(x, input, { inputs, units }, matrix, unit);
      const f = sigmoid(product(1) + bias.data[unit]);
      const r = sigmoid(product(2) + bias.data[units + unit]);
      c[unit] = f * memory[unit] + (1 - f) * product(0);
      h[unit] = r * Math.tanh(c[unit]) + (1 - r) * (inputs === units ? x[unit] : product(3));
    }
    return { output: h, state: { memory: c } };
  };
}

/** The matrices lie side by side: W, W_f, W_r and, where widths differ, the one that maps x in the output. */
function productOf(
  x: Float64Array,
  input: { data: Float64Array },
  { inputs, units }: Widths,
  matrix: number,
  unit: number,
): number {
  const matrices = inputs === units ? 3 : 4;
  return column(x, input, matrices * units, matrix * units + unit);
}

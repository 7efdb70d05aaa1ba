import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/** (x − μ) / √(σ² + ε), ε = 10⁻⁵. */
export function standardized(x: Float64Array): Float64Array {
  let mean = 0;
  for (const one of x) mean += one / x.length;
  let variance = 0;
  for (const one of x) variance += (one - mean) ** 2 / x.length;
  return x.map((one) => (one - mean) / Math.sqrt(variance + 1e-5));
}

/** One step of an LSTM whose two products are normalized (Ba et al. 2016), by plain loops; gates i, f, g, o. */
export function layerNormalizedLstmStep({ units }: Widths): StepReference {
  return (x, { hidden, memory }, weights) => {
    const product = (of: Float64Array, matrix: { data: Float64Array }) =>
      standardized(Float64Array.from({ length: 4 * units }, (_, j) => column(of, matrix, 4 * units, j)));
    const fromInput = product(x, weights.input);
    const fromState = product(hidden, weights.recurrent);
    const c = new Float64Array(units);
    const h = new Float64Array(units);
    for (let unit = 0; unit < units; unit++) {
      const sum = (gate: number) => {
        const j = gate * units + unit;
        const scaled = weights["gain.input"].data[j] * fromInput[j];
        return scaled + weights["gain.recurrent"].data[j] * fromState[j] + weights.bias.data[j];
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

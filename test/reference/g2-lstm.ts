import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/** One step of a G2-LSTM in training by plain loops; ε = 0.001 is the authors' guard. */
export function g2LstmStep(
  { units }: Widths,
  { probability, temperature }: { probability: number; temperature: number },
): StepReference {
  return (x, { hidden, memory }, { input, recurrent, bias }, { gates: draws }) => {
    const c = new Float64Array(units);
    const h = new Float64Array(units);
    const noisy = (a: number, draw: number) => {
      const u = draw / probability;
      const eta = draw < probability ? 1 : 0;
      const noise = eta === 1 ? Math.log(u + 1e-3) - Math.log(1 - u + 1e-3) : 0;
      return sigmoid((a + noise) / temperature);
    };
    for (let unit = 0; unit < units; unit++) {
      const sum = (gate: number) => {
        const j = gate * units + unit;
        return column(x, input, 4 * units, j) + column(hidden, recurrent, 4 * units, j) + bias.data[j];
      };
      const i = noisy(sum(0), draws[unit]);
      const f = noisy(sum(1), draws[units + unit]);
      c[unit] = f * memory[unit] + i * Math.tanh(sum(2));
      h[unit] = sigmoid(sum(3)) * Math.tanh(c[unit]);
    }
    return { output: h, state: { hidden: h, memory: c } };
  };
}

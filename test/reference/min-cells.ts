import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/** What a candidate becomes before it is let in. */
export const linear = (x: number) => x;
export const positive = (x: number) => (x < 0 ? sigmoid(x) : x + 0.5);

/** One step of a minGRU by plain loops, in the order z, n. */
export function minGruStep({ units }: Widths, candidate: (x: number) => number): StepReference {
  return (x, { hidden }, { input, bias }) => {
    const sum = (j: number) => column(x, input, 2 * units, j) + bias.data[j];
    const h = hidden.map((before, unit) => {
      const z = sigmoid(sum(unit));
      const n = candidate(sum(units + unit));
      return (1 - z) * before + z * n;
    });
    return { output: h, state: { hidden: h } };
  };
}

/** One step of a minLSTM by plain loops, in the order f, i, n. */
export function minLstmStep({ units }: Widths, candidate: (x: number) => number): StepReference {
  return (x, { hidden }, { input, bias }) => {
    const sum = (j: number) => column(x, input, 3 * units, j) + bias.data[j];
    const h = hidden.map((before, unit) => {
      const f = sigmoid(sum(unit));
      const i = sigmoid(sum(units + unit));
      const n = candidate(sum(2 * units + unit));
      return (f / (f + i)) * before + (i / (f + i)) * n;
    });
    return { output: h, state: { hidden: h } };
  };
}

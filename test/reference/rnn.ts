import type { StepReference, Widths } from "../cell-proof.ts";
import { column } from "./numbers.ts";

/** One step of a simple RNN by plain loops. */
export function rnnStep({ units }: Widths, activation: (x: number) => number): StepReference {
  return (x, { hidden }, { input, recurrent, bias }) => {
    const h = Float64Array.from({ length: units }, (_, j) =>
      activation(column(x, input, units, j) + column(hidden, recurrent, units, j) + bias.data[j]),
    );
    return { output: h, state: { hidden: h } };
  };
}

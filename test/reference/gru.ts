import type { StepReference, Widths } from "../cell-proof.ts";
import { column, sigmoid } from "./numbers.ts";

/** One step of a GRU by plain loops, the gates in the order r, z, n. */
export function gruStep({ units }: Widths, reset: "before" | "after"): StepReference {
  return (x, { hidden }, { input, recurrent, bias, candidate, candidateBias }) => {
    const fromInput = (gate: number, unit: number) =>
      column(x, input, 3 * units, gate * units + unit) + bias.data[gate * units + unit];
    const width = recurrent.shape[1];
    const recalled = (gate: number, unit: number) => column(hidden, recurrent, width, gate * units + unit);
    const r = Float64Array.from({ length: units }, (_, k) => sigmoid(fromInput(0, k) + recalled(0, k)));
    const kept = hidden.map((value, k) => r[k] * value);
    const h = new Float64Array(units);
    for (let k = 0; k < units; k++) {
      const z = sigmoid(fromInput(1, k) + recalled(1, k));
      const inner =
        reset === "before"
          ? column(kept, candidate, units, k)
          : r[k] * (recalled(2, k) + candidateBias.data[k]);
      const n = Math.tanh(fromInput(2, k) + inner);
      h[k] = (1 - z) * n + z * hidden[k];
    }
    return { output: h, state: { hidden: h } };
  };
}

/** From what a network says of frames to one score each. */
import { dppGreedy } from "../../../layers/dpp-greedy.ts";
import type { Judgment } from "./fit-without-labels.ts";

/**
 * - `importance`: y;
 * - `diagonal`: L_tt = y_t² ‖φ_t‖², the odds that the point process gives to t alone;
 * - `greedy`: by the order in which greedy search takes the steps for the likeliest set, from 1 for the first down to 0.
 */
export const decodings = ["importance", "diagonal", "greedy"] as const;
export type Decoding = (typeof decodings)[number];

/** A step that adds less than this to the determinant is spanned by those before, up to rounding. */
const spanned = 1e-9;

/** Scores of steps, [steps]. */
export function decode({ importance, rows }: Judgment, decoding: Decoding): Float32Array {
  if (decoding === "importance") return Float32Array.from(importance.data);
  if (decoding === "diagonal") return diagonal(rows);
  const order = greedyOrder({ importance, rows });
  const scores = new Float32Array(order.length);
  order.forEach((step, place) => {
    scores[step] = 1 - place / order.length;
  });
  return scores;
}

function diagonal({ dims: [steps, width], data }: Judgment["rows"]): Float32Array {
  return Float32Array.from({ length: steps }, (_, step) =>
    (data as Float32Array)
      .subarray(step * width, (step + 1) * width)
      .reduce((sum, value) => sum + value * value, 0),
  );
}

/**
 * All frames in the order in which they add most to the summary: by greedy search in the point process, until nothing is left
 * that those before don't span, then by their importance.
 */
export function greedyOrder({ importance, rows }: Judgment): Int32Array {
  const [items, width] = rows.dims;
  const greedy = dppGreedy({ rows: rows.data as Float32Array, items, width }, { least: spanned });
  return Int32Array.from(new Set([...greedy.map(({ item }) => item), ...descending(importance.data)]));
}

/** All frames, the greatest score first. */
export function descending(scores: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: scores.length }, (_, at) => at).sort(
    (a, b) => scores[b] - scores[a] || a - b,
  );
}

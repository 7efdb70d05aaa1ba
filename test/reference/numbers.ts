/** What the references of cells have in common: plain loops over float64 numbers. */

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Σ_k x_k W_kj for one column j of a matrix [x.length, columns]. */
export function column(x: Float64Array, matrix: { data: Float64Array }, columns: number, j: number): number {
  let total = 0;
  for (let k = 0; k < x.length; k++) total += x[k] * matrix.data[k * columns + j];
  return total;
}

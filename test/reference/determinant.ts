/** Determinants by elimination with row exchanges, for small matrices: rows of numbers. */

export type Matrix = readonly (readonly number[])[];

export function determinant(matrix: Matrix): number {
  const rows = matrix.map((row) => [...row]);
  let product = 1;
  for (let column = 0; column < rows.length; column++) {
    const below = rows.map((row, at) => (at < column ? -1 : Math.abs(row[column])));
    const pivot = below.indexOf(Math.max(...below));
    if (rows.length === 0 || rows[pivot][column] === 0) return 0;
    if (pivot !== column) {
      [rows[pivot], rows[column]] = [rows[column], rows[pivot]];
      product = -product;
    }
    product *= rows[column][column];
    for (let at = column + 1; at < rows.length; at++) {
      const factor = rows[at][column] / rows[column][column];
      for (let k = column; k < rows.length; k++) rows[at][k] -= factor * rows[column][k];
    }
  }
  return product;
}

/** L = B Bᵀ of the rows of B, or its part for some of the items. */
export function kernelOf(rows: Matrix, items: readonly number[] = rows.map((_, item) => item)): number[][] {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, one, k) => sum + one * b[k], 0);
  return items.map((i) => items.map((j) => dot(rows[i], rows[j])));
}

export function plusIdentity(matrix: Matrix): number[][] {
  return matrix.map((row, i) => row.map((value, j) => value + (i === j ? 1 : 0)));
}

/** Random orthogonal matrices, the usual start of recurrent weights (Saxe, McClelland & Ganguli, ICLR 2014). */
import { concatenate, type Initializer, matrixSides } from "./initializers.ts";
import type { Stream } from "./random.ts";

/**
 * Orthonormal columns for [rows, columns ≤ rows], orthonormal rows for a wider matrix; [n, k × n], the
 * recurrent weights of k gates, gets an orthogonal matrix in each of its k blocks. Uniform over all such
 * matrices.
 */
export const orthogonal: Initializer = (shape, random) => {
  const [rows, columns] = matrixSides("orthogonal", shape);
  if (columns > rows && columns % rows === 0)
    return concatenate(...Array<Initializer>(columns / rows).fill(orthogonalBlock))(shape, random);
  return orthogonalBlock(shape, random);
};

const orthogonalBlock: Initializer = ([rows, columns], random) => {
  const long = Math.max(rows, columns);
  const short = Math.min(rows, columns);
  const basis = orthonormalBasis(long, short, random); // [short, long]: orthonormal rows
  if (columns > rows) return Float32Array.from(basis);
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < short; i++)
    for (let j = 0; j < long; j++) values[j * columns + i] = basis[i * long + j];
  return values;
};

/**
 * `count` orthonormal vectors of `length` values, [count, length]: the first rows of a product of Householder
 * reflections of random normal vectors, of which each acts on one value fewer than the one before
 * (Stewart, SIAM J. Numer. Anal. 17, 1980, section 3). Takes half the work of a QR decomposition.
 */
function orthonormalBasis(length: number, count: number, random: Stream): Float64Array {
  const basis = new Float64Array(count * length);
  for (let first = count - 1; first >= 0; first--) {
    const vector = random.normals(new Float64Array(length - first));
    const norm = Math.sqrt(dot(vector, vector));
    const sign = vector[0] < 0 ? 1 : -1; // The reflection takes the vector to sign × norm × e₁.
    basis[first * length + first] = sign;
    if (norm === 0) continue;
    vector[0] -= sign * norm;
    const scale = 2 / dot(vector, vector);
    for (let row = first; row < count; row++) {
      const values = basis.subarray(row * length + first, (row + 1) * length);
      const along = scale * dot(vector, values);
      for (let j = 0; j < values.length; j++) values[j] -= along * vector[j];
    }
  }
  return basis;
}

/** Four sums at once, which do not wait for one another: twice as fast as one. */
function dot(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const even = a.length - (a.length % 4);
  for (let i = 0; i < even; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (let i = even; i < a.length; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}

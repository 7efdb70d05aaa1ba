/** Clipping by the norm of all gradients together (Pascanu, Mikolov & Bengio, ICML 2013, algorithm 1). */
import type { NamedArrays } from "./optimizers.ts";

/** √(Σ g²) over all gradients; NaN or infinite where any value is. */
export function globalNorm(gradients: NamedArrays): number {
  let sum = 0;
  for (const values of Object.values(gradients)) sum += squares(values);
  return Math.sqrt(sum);
}

/**
 * Scales all gradients, in place, so that their common norm is at most `limit`.
 *
 * @returns the norm before.
 */
export function clipByNorm(gradients: NamedArrays, limit: number): number {
  const norm = globalNorm(gradients);
  if (norm <= limit) return norm;
  const factor = limit / norm;
  for (const values of Object.values(gradients)) for (let i = 0; i < values.length; i++) values[i] *= factor;
  return norm;
}

/** Four sums at once, which do not wait for one another. */
function squares(values: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const even = values.length - (values.length % 4);
  for (let i = 0; i < even; i += 4) {
    s0 += values[i] * values[i];
    s1 += values[i + 1] * values[i + 1];
    s2 += values[i + 2] * values[i + 2];
    s3 += values[i + 3] * values[i + 3];
  }
  for (let i = even; i < values.length; i++) s0 += values[i] * values[i];
  return s0 + s1 + (s2 + s3);
}

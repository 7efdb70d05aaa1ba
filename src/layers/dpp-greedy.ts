import { InputError } from "../graph/errors.ts";

export interface DppRows {
  /** The rows of B, one an item, row-major: L = B Bᵀ. */
  rows: Float32Array | Float64Array;
  items: number;
  width: number;
}

/** A smaller part of an item's own length is what subtracting left over, not a direction of its own. */
const roundoff = 1e-13;

/**
 * Greedy search for the likeliest set of a determinantal point process (Chen, Zhang & Zhou, NeurIPS 2018,
 * algorithm 1): items in the order in which they are chosen, each the one that multiplies det L_Y most, with
 * that factor. It stops before a factor that is not above `least`: at 1, the default, where the set's
 * likelihood would fall. O(items × (width + chosen)) an item chosen; no kernel matrix is made.
 *
 * @throws InputError where a row is not finite
 */
export function dppGreedy(
  { rows, items, width }: DppRows,
  { most = items, least = 1 } = {},
): { item: number; gain: number }[] {
  const gains = new Float64Array(items);
  for (let item = 0; item < items; item++) gains[item] = dot(rows, item, rows, item, width);
  if (!gains.every(Number.isFinite))
    throw new InputError("the items of a determinantal point process must be finite numbers");
  const norms = gains.slice();
  const factors: Float64Array[] = []; // columns of the Cholesky factor of L, one an item chosen
  const taken = new Uint8Array(items);
  const chosen: { item: number; gain: number }[] = [];
  while (chosen.length < Math.min(most, items)) {
    const best = argmaxFree(gains, taken);
    if (best < 0 || !(gains[best] > least)) break;
    taken[best] = 1;
    chosen.push({ item: best, gain: gains[best] });
    const root = Math.sqrt(gains[best]);
    const column = new Float64Array(items);
    for (let item = 0; item < items; item++) {
      if (taken[item]) continue;
      let product = dot(rows, item, rows, best, width);
      for (const factor of factors) product -= factor[item] * factor[best];
      column[item] = product / root;
      const rest = gains[item] - column[item] ** 2;
      gains[item] = rest > roundoff * norms[item] ? rest : 0;
    }
    factors.push(column);
  }
  return chosen;
}

function argmaxFree(gains: Float64Array, taken: Uint8Array): number {
  let best = -1;
  for (let item = 0; item < gains.length; item++) {
    if (!taken[item] && (best < 0 || gains[item] > gains[best])) best = item;
  }
  return best;
}

function dot(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += a[i * width + k] * b[j * width + k];
  return sum;
}

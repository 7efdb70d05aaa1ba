/**
 * Determinantal point processes with L = B Bᵀ, B = y ⊙ φ: an item's quality y times its direction φ
 * (Kulesza & Taskar 2012; for key frames, Zhang et al. 2016).
 */
import { gather, identity, logDet } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";

export interface DppOptions {
  /** Added to the diagonal of L_Y, so that a set larger than the rank of L keeps a likelihood. */
  jitter?: number;
}

/**
 * The log-likelihood of a set, log det L_Y − log det(L + I) (Zhang et al. 2016, equation 6), in float64
 * throughout. The normalizer is computed as log det(BᵀB + I), which is the same and needs only the width
 * of φ squared, however many items there are.
 *
 * @param quality y [items]
 * @param features φ [items, width]
 * @param chosen which items are in the set, int32 [count], count ≥ 1, each once
 * @returns a float64 scalar
 */
export function dppLogLikelihood(
  quality: Value,
  features: Value,
  chosen: Value,
  { jitter = 0 }: DppOptions = {},
): Value {
  const rows = features.mul(quality.unsqueeze(1)).cast("float64"); // B
  const picked = gather(rows, chosen);
  const kernel = picked.matmul(picked.transpose());
  const ofSet = jitter === 0 ? kernel : kernel.add(identity(chosen.shape[0], "float64").mul(jitter));
  return logDet(ofSet).sub(dppLogNormalizer(quality, features));
}

/** log det(L + I), the logarithm of the sum over all sets of det L_Y: float64 scalar. */
export function dppLogNormalizer(quality: Value, features: Value): Value {
  const rows = features.mul(quality.unsqueeze(1)).cast("float64");
  return logDet(rows.transpose().matmul(rows).add(identity(features.shape[1], "float64")));
}

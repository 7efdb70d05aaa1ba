import type { Tensors } from "../everywhere.ts";
import { dot } from "./attention.ts";
import { mapped } from "./sequences.ts";

export type ScoreKind = "dot" | "scaled" | "bilinear" | "additive";

/** The score of one query and one key, by plain loops; weights are those under the score's path. */
export function scoreOf(
  kind: ScoreKind,
  query: Float64Array,
  key: Float64Array,
  weights: (name: string) => Tensors[string],
): number {
  if (kind === "dot") return dot(query, key);
  if (kind === "scaled") return dot(query, key) / Math.sqrt(key.length);
  if (kind === "bilinear") return dot(mapped(query, weights("weight")), key);
  const [fromQuery, fromKey] = [mapped(query, weights("queries")), mapped(key, weights("keys"))];
  return mapped(
    fromQuery.map((one, unit) => Math.tanh(one + fromKey[unit])),
    weights("score"),
  )[0];
}

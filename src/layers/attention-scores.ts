/** How well a key answers a query: the scores of attention. */
import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { tanh } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import { declareWeights } from "../weights/declare.ts";
import { glorotUniform } from "../weights/initializers.ts";

/** Queries [… , m, width] and keys [… , n, width] → scores [… , m, n]; leading axes broadcast. */
export type AttentionScore = (queries: Value, keys: Value) => Value;

/** q · k (Luong, Pham & Manning 2015, "dot"). */
export const dotScore: AttentionScore = (queries, keys) => queries.matmul(swapLast(keys));

/** q · k / √width (Vaswani et al. 2017, equation 1): its variance does not grow with the width. */
export const scaledScore: AttentionScore = (queries, keys) =>
  dotScore(queries, keys).div(Math.sqrt(Number(queries.shape.at(-1))));

export const scoreKind = z.enum(["dot", "scaled", "bilinear", "additive"]);

const options = z.strictObject({
  kind: scoreKind,
  queries: width,
  keys: width,
  units: width.optional(),
});

export type AttentionScoreOptions = z.input<typeof options>;

/**
 * One of the four scores, with its weights under a path.
 *
 * - `dot`: q · k, and `scaled`: q · k / √width, which have no weights and need queries and keys of one width;
 * - `bilinear`: q W k (Luong et al. 2015, "general");
 * - `additive`: v · tanh(q W + k U), with `units` hidden numbers, as many as a key has unless stated (Bahdanau, Cho & Bengio 2015).
 *
 * ```ts
 * const score = attentionScore("decoder.score", { kind: "additive", queries: 64, keys: 128, units: 32 });
 * ```
 *
 * @param options `queries` and `keys` are their widths
 */
export function attentionScore(path: string, given: AttentionScoreOptions): AttentionScore {
  const label = `attentionScore "${path}"`;
  const { kind, queries, keys, units = keys } = checkOptions(label, options, given);
  if (kind === "dot" || kind === "scaled") {
    if (queries !== keys)
      throw new InputError(
        `${label}: option kind: "${kind}" needs queries and keys of one width, not ${queries} and ${keys}; use "bilinear" or "additive"`,
      );
    return kind === "dot" ? dotScore : scaledScore;
  }
  if (kind === "bilinear") {
    const { weight } = declareWeights(path, {
      weight: { shape: [queries, keys], initializer: glorotUniform },
    });
    return (q, k) => dotScore(q.matmul(weight), k);
  }
  const w = declareWeights(path, {
    queries: { shape: [queries, units], initializer: glorotUniform },
    keys: { shape: [keys, units], initializer: glorotUniform },
    score: { shape: [units, 1], initializer: glorotUniform },
  });
  return (q, k) => {
    const hidden = tanh(q.matmul(w.queries).unsqueeze(-2).add(k.matmul(w.keys).unsqueeze(-3)));
    return hidden.matmul(w.score).squeeze(-1);
  };
}

function swapLast(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return x.transpose([...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

import type { Tensors } from "../everywhere.ts";
import { dot, softmaxOver, weighted } from "./attention.ts";
import { mapped, sequencesOf } from "./sequences.ts";

/** The vectors of one sequence that are there, in order. */
export type Vectors = Float64Array[];

const over = (vectors: Vectors, width: number, fold: (numbers: number[]) => number) =>
  Float64Array.from({ length: width }, (_, k) => fold(vectors.map((vector) => vector[k])));

const meanOf = (vectors: Vectors, width: number) =>
  over(vectors, width, (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length);

/** Ways to pool the steps of one sequence, by plain loops; `at` gives the place of each in time. */
export const pools: Record<string, (vectors: Vectors, width: number, at: number[]) => Float64Array> = {
  maximum: (vectors, width) => over(vectors, width, (numbers) => Math.max(...numbers)),
  mean: meanOf,
  last: (vectors) => vectors[vectors.length - 1],
  hierarchical: (vectors, width, at) => {
    const windows = new Map<number, Vectors>();
    vectors.forEach((vector, k) => {
      const window = Math.floor(at[k] / 3);
      windows.set(window, [...(windows.get(window) ?? []), vector]);
    });
    const means = [...windows.values()].map((some) => meanOf(some, width));
    return over(means, width, (numbers) => Math.max(...numbers));
  },
};

/** Pools each sequence by itself: [batch, features]. A sequence without steps gives zeros. */
export function pooled(
  feeds: Tensors,
  pool: (vectors: Vectors, width: number, at: number[]) => Float64Array,
) {
  const [, batch, width] = feeds.x.shape;
  const x = sequencesOf(feeds.x);
  const rows = Array.from({ length: batch }, (_, row) => {
    const at = x.flatMap((_, t) => (feeds.mask.data[t * batch + row] === 0 ? [] : [t]));
    const vectors = at.map((t) => x[t][row]);
    return vectors.length === 0 ? new Float64Array(width) : pool(vectors, width, at);
  });
  return Float64Array.from(rows.flatMap((row) => [...row]));
}

/** Attention pooling of one sequence. */
export function attentionPooled(vectors: Vectors, feeds: Tensors): Float64Array {
  const at = (name: string) => feeds[`layer.${name}`];
  const hidden = (vector: Float64Array) =>
    at("weight") ? mapped(vector, at("weight"), at("bias")).map(Math.tanh) : vector;
  const scores = vectors.map((vector) => dot(hidden(vector), at("score").data));
  const shares = softmaxOver(
    scores,
    scores.map(() => true),
  );
  return weighted(shares, vectors);
}

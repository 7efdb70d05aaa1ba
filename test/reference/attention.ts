import type { Tensors } from "../everywhere.ts";
import { mapped, type Sequences } from "./sequences.ts";

/** Softmax over the positions that are allowed; zeros where none is. */
export function softmaxOver(scores: readonly number[], allowed: readonly boolean[]): number[] {
  const peak = Math.max(...scores.filter((_, at) => allowed[at]));
  const powers = scores.map((score, at) => (allowed[at] ? Math.exp(score - peak) : 0));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => (total === 0 ? 0 : power / total));
}

export const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, one, k) => sum + one * b[k], 0);

/** Whether step t of a sequence may attend to step s. */
export function allows(mask: Tensors[string] | undefined, causal: boolean) {
  return (t: number, s: number, row: number) =>
    (!causal || s <= t) && (mask === undefined || mask.data[s * mask.shape[1] + row] !== 0);
}

/** Σ_s weight_s · vector_s. */
export function weighted(weights: readonly number[], vectors: readonly Float64Array[]): Float64Array {
  return vectors[0].map((_, k) => vectors.reduce((sum, vector, s) => sum + weights[s] * vector[k], 0));
}

export interface AttentionReference {
  heads: number;
  causal?: boolean;
  memoryMask?: Tensors[string];
}

/** Multi-head attention by plain loops: outputs, and weights [batch, heads, time, steps]. */
export function attended(
  x: Sequences,
  memory: Sequences,
  feeds: Tensors,
  { heads, causal = false, memoryMask }: AttentionReference,
): { outputs: Sequences; weights: number[] } {
  const projected = (vector: Float64Array, name: string) =>
    mapped(vector, feeds[`layer.${name}.weight`], feeds[`layer.${name}.bias`]);
  const units = feeds["layer.query.bias"].data.length;
  const part = units / heads;
  const may = allows(memoryMask, causal);
  const weights: number[] = [];
  const outputs: Sequences = x.map((rows) => rows.map(() => new Float64Array(units)));
  for (let row = 0; row < x[0].length; row++) {
    const keys = memory.map((rows) => projected(rows[row], "key"));
    const values = memory.map((rows) => projected(rows[row], "value"));
    const heard = x.map(() => new Float64Array(units));
    for (let head = 0; head < heads; head++) {
      const own = (vector: Float64Array) => vector.slice(head * part, (head + 1) * part);
      x.forEach((rows, t) => {
        const query = own(projected(rows[row], "query"));
        const scores = keys.map((key) => dot(query, own(key)) / Math.sqrt(part));
        const shares = softmaxOver(
          scores,
          scores.map((_, s) => may(t, s, row)),
        );
        weights.push(...shares);
        heard[t].set(weighted(shares, values.map(own)), head * part);
      });
    }
    heard.forEach((vector, t) => {
      if (memory.some((_, s) => may(t, s, row))) outputs[t][row] = projected(vector, "output");
    });
  }
  return { outputs, weights };
}

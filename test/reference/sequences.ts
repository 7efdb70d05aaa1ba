/** Sequences for references of layers: x[t][row] is the vector of one step of one sequence. */
import type { Tensors } from "../everywhere.ts";

export type Sequences = Float64Array[][];

/** A tensor [time, batch, features] as sequences; where a mask says that a step is not there, zeros. */
export function sequencesOf({ shape, data }: Tensors[string], mask?: Tensors[string]): Sequences {
  const [time, batch, features] = shape;
  return Array.from({ length: time }, (_, t) =>
    Array.from({ length: batch }, (_, row) => {
      const at = t * batch + row;
      if (mask && mask.data[at] === 0) return new Float64Array(features);
      return data.slice(at * features, (at + 1) * features);
    }),
  );
}

/** All numbers one after the other; zeros at steps that are not there. */
export function flat(sequences: Sequences, mask?: Tensors[string]): Float64Array {
  const vectors = sequences.flatMap((rows, t) =>
    rows.map((vector, row) =>
      mask && mask.data[t * rows.length + row] === 0 ? vector.map(() => 0) : vector,
    ),
  );
  return Float64Array.from(vectors.flatMap((vector) => [...vector]));
}

/** Applies a function to each step of each sequence. */
export function eachStep(
  sequences: Sequences,
  to: (vector: Float64Array, t: number, row: number) => Float64Array,
): Sequences {
  return sequences.map((rows, t) => rows.map((vector, row) => to(vector, t, row)));
}

/** x W + b for one vector, W [inputs, units]. */
export function mapped(x: Float64Array, weight: Tensors[string], bias?: Tensors[string]): Float64Array {
  const units = weight.shape[1];
  return Float64Array.from({ length: units }, (_, j) => {
    let total = bias?.data[j] ?? 0;
    for (let k = 0; k < x.length; k++) total += x[k] * weight.data[k * units + j];
    return total;
  });
}

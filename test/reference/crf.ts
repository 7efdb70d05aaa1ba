/** A CRF by its definition: all tag sequences, one after another. */
import type { CrfScores } from "../../src/layers/crf-decode.ts";

/** All sequences of tags of a length, in lexicographic order. */
export function allSequences(length: number, tags: number): number[][] {
  if (length === 0) return [[]];
  return allSequences(length - 1, tags).flatMap((head) =>
    Array.from({ length: tags }, (_, tag) => [...head, tag]),
  );
}

/** s[y₁] + Σ P[t, y_t] + Σ A[y_{t−1}, y_t] + e[y_n]; emissions [length][tags]. */
export function scoreOf(
  sequence: readonly number[],
  emissions: readonly (readonly number[])[],
  { start, transition, end }: CrfScores,
): number {
  const tags = start.length;
  return sequence.reduce((sum, tag, t) => {
    const move = t === 0 ? start[tag] : transition[sequence[t - 1] * tags + tag];
    return sum + move + emissions[t][tag] + (t === sequence.length - 1 ? end[tag] : 0);
  }, 0);
}

/** log Σ_y e^score(y), and for each step the probability of each tag. */
export function distributionOf(emissions: readonly (readonly number[])[], scores: CrfScores) {
  const tags = scores.start.length;
  const all = allSequences(emissions.length, tags);
  const powers = all.map((sequence) => Math.exp(scoreOf(sequence, emissions, scores)));
  const total = powers.reduce((a, b) => a + b);
  const marginals = emissions.map(() => Array<number>(tags).fill(0));
  all.forEach((sequence, index) => {
    sequence.forEach((tag, t) => {
      marginals[t][tag] += powers[index] / total;
    });
  });
  return { logNormalizer: Math.log(total), marginals };
}

/** The best tag sequences of a CRF: Viterbi's algorithm, keeping the n best ways to each tag. */
import { InputError, named } from "../graph/errors.ts";
import type { TagConstraint } from "./tag-schemes.ts";

/** The weights of a CRF, as a trainer's state or a file has them. */
export interface CrfScores {
  /** [tags] */
  start: ArrayLike<number>;
  /** [tags, tags], row-major, from the row to the column. */
  transition: ArrayLike<number>;
  /** [tags] */
  end: ArrayLike<number>;
}

/** A tag sequence and its score: its log-likelihood but for log Z. */
export interface TagPath {
  tags: number[];
  score: number;
}

export interface DecodeOptions {
  /** Moves that it does not allow are left out altogether. */
  constraint?: TagConstraint;
  /** How many sequences are wanted. */
  best?: number;
}

/** A way to a tag: linked backward, so that ways share their beginnings. */
interface Way {
  score: number;
  tag: number;
  before?: Way;
}

/**
 * The best tag sequences of one sequence, the best first; fewer than wanted where there are no more. O(length × tags² ×
 * best).
 *
 * @param emissions [length, tags], row-major
 * @throws InputError where a size does not fit, a number is not finite, or the constraint allows no sequence at all
 */
export function crfDecode(
  emissions: ArrayLike<number>,
  scores: CrfScores,
  { constraint, best = 1 }: DecodeOptions = {},
): TagPath[] {
  const tags = scores.start.length;
  const length = emissions.length / tags;
  checkSizes(emissions, scores, constraint, best);
  const { start, transition, end } = excluding(scores, constraint);
  let ways: Way[][] = Array.from(start, (score, tag) =>
    score === Number.NEGATIVE_INFINITY ? [] : [{ score: score + emissions[tag], tag }],
  );
  for (let t = 1; t < length; t++) {
    const last = ways;
    ways = Array.from({ length: tags }, (_, tag) =>
      bestWays(last, tag, (from) => transition[from * tags + tag] + emissions[t * tags + tag], best),
    );
  }
  const finished = bestWays(ways, -1, (from) => end[from], best);
  if (finished.length === 0)
    throw new InputError(`the constraint allows no tag sequence of length ${length}`);
  return finished.map(({ score, before }) => ({ score, tags: tagsAlong(before) }));
}

/**
 * The best tag sequences of each sequence of a batch, over the steps that are there.
 *
 * @param emissions [time, batch, tags]: what an evaluation puts out
 * @param mask [time, batch], true or 1 where a step is there; all, where none is given
 * @throws InputError as `crfDecode` does, naming the sequence; for one without steps, too
 */
export function crfDecodeBatch(
  { dims, data }: { dims: readonly number[]; data: ArrayLike<number> },
  scores: CrfScores,
  { mask, ...options }: DecodeOptions & { mask?: ArrayLike<number | boolean> } = {},
): TagPath[][] {
  const [time, batch, tags] = dims;
  if (dims.length !== 3 || time * batch * tags !== data.length)
    throw new InputError(`${data.length} emissions do not fill [time, batch, tags] of [${dims}]`);
  if (mask && mask.length !== time * batch)
    throw new InputError(`a mask of ${mask.length} does not go with emissions of [${dims}]`);
  return Array.from({ length: batch }, (_, sequence) => {
    const there = Array.from({ length: time }, (_, t) => t * batch + sequence).filter(
      (at) => mask?.[at] ?? true,
    );
    const own = new Float64Array(there.length * tags);
    there.forEach((at, step) => {
      for (let tag = 0; tag < tags; tag++) own[step * tags + tag] = data[at * tags + tag];
    });
    return named(`sequence ${sequence}`, () => crfDecode(own, scores, options));
  });
}

/** The `best` highest-scoring ways to a tag by one more step; of equal ones, the first found. */
function bestWays(
  ways: readonly (readonly Way[])[],
  tag: number,
  gain: (from: number) => number,
  best: number,
): Way[] {
  const found: Way[] = [];
  ways.forEach((toFrom, from) => {
    const more = gain(from);
    if (more === Number.NEGATIVE_INFINITY) return;
    for (const before of toFrom) {
      const score = before.score + more;
      if (found.length === best && score <= found[best - 1].score) break; // the others are worse still
      let place = found.length;
      while (place > 0 && found[place - 1].score < score) place--;
      found.splice(place, 0, { score, tag, before });
      if (found.length > best) found.pop();
    }
  });
  return found;
}

function tagsAlong(last: Way | undefined): number[] {
  const tags: number[] = [];
  for (let way = last; way; way = way.before) tags.push(way.tag);
  return tags.reverse();
}

/** The scores, −∞ for what a constraint forbids. */
function excluding(scores: CrfScores, constraint: TagConstraint | undefined) {
  const only = (numbers: ArrayLike<number>, allowed?: readonly boolean[]) =>
    Float64Array.from(numbers, (one, at) => (allowed?.[at] === false ? Number.NEGATIVE_INFINITY : one));
  return {
    start: only(scores.start, constraint?.start),
    transition: only(scores.transition, constraint?.transition.flat()),
    end: only(scores.end, constraint?.end),
  };
}

function checkSizes(
  emissions: ArrayLike<number>,
  { start, transition, end }: CrfScores,
  constraint: TagConstraint | undefined,
  best: number,
): void {
  const tags = start.length;
  if (tags === 0 || transition.length !== tags * tags || end.length !== tags)
    throw new InputError(
      `the scores of a CRF of ${tags} tags need ${tags} × ${tags} transitions and ${tags} ends, not ${transition.length} and ${end.length}`,
    );
  if (emissions.length === 0) throw new InputError("there are no steps to decode: leave empty sequences out");
  if (emissions.length % tags !== 0)
    throw new InputError(`${emissions.length} emissions do not divide into steps of ${tags} tags`);
  if (constraint && constraint.start.length !== tags)
    throw new InputError(`the constraint is for ${constraint.start.length} tags, the scores for ${tags}`);
  if (!Number.isInteger(best) || best < 1)
    throw new InputError(`the ${best} best sequences make no sense: use a whole number of at least 1`);
  for (const [name, numbers] of Object.entries({ emissions, start, transition, end })) {
    const odd = Array.prototype.findIndex.call(numbers, (one: number) => !Number.isFinite(one));
    if (odd >= 0)
      throw new InputError(`${name}: number ${odd} is ${numbers[odd]}, and none may be but finite`);
  }
}

/** How alike two orders are: Kendall's τ-b and Spearman's ρ, with ties. */
import { InputError } from "../../../graph/errors.ts";
import { firstAtLeast } from "../shots/first-at-least.ts";

/** The order of a list of numbers, made once and compared with many others. */
export interface Ranking {
  /** Where the values stand, from the least on; equal ones side by side. */
  order: Int32Array;
  /** Which of the distinct values each is, from 0 for the least. */
  level: Int32Array;
  /** How many distinct values there are. */
  levels: number;
  /** Twice the distance of each rank from the mean rank, equal values sharing the mean of theirs: whole numbers. */
  centered: Float64Array;
  /** Σ centered². */
  squares: number;
  /** How many pairs are equal. */
  ties: number;
}

/**
 * Ranks numbers, O(n log n).
 *
 * @throws InputError for a number that is NaN: it has no place in an order.
 */
export function ranking(values: ArrayLike<number>): Ranking {
  const count = values.length;
  const order = sortedPlaces(values);
  const level = new Int32Array(count);
  const centered = new Float64Array(count);
  let levels = 0;
  let ties = 0;
  let squares = 0;
  for (let from = 0, to = 0; from < count; from = to) {
    const value = values[order[from]];
    while (to < count && values[order[to]] === value) to++;
    const length = to - from;
    const doubled = from + to - count; // 2 × mean rank − (n + 1), the ranks being from + 1 … to
    for (let at = from; at < to; at++) {
      level[order[at]] = levels;
      centered[order[at]] = doubled;
    }
    levels++;
    ties += (length * (length - 1)) / 2;
    squares += length * doubled ** 2;
  }
  return { order, level, levels, centered, squares, ties };
}

/** Places by value, equal ones by place: each value is counted into its place among the sorted ones. */
function sortedPlaces(values: ArrayLike<number>): Int32Array {
  const given = Float64Array.from(values);
  const bad = given.findIndex(Number.isNaN);
  if (bad >= 0) throw new InputError(`value ${bad} is NaN: only numbers can be ranked`);
  const sorted = given.slice().sort();
  const taken = new Int32Array(given.length);
  const order = new Int32Array(given.length);
  for (let at = 0; at < given.length; at++) {
    const first = firstAtLeast(sorted, given[at]);
    order[first + taken[first]++] = at;
  }
  return order;
}

/**
 * Kendall's τ-b, (C − D) / √((C + D + T_x)(C + D + T_y)), of C concordant and D discordant pairs and T tied in one
 * list alone (Kendall, "The treatment of ties in ranking problems", Biometrika 1945). What scipy.stats.kendalltau gives.
 *
 * @returns −1 to 1; NaN where a list is shorter than 2 or all of its values are equal: it orders nothing.
 * @throws InputError for lists of unequal lengths.
 */
export function kendall(x: Ranking, y: Ranking): number {
  const count = sameLength(x, y);
  const pairs = (count * (count - 1)) / 2;
  if (x.levels < 2 || y.levels < 2) return Number.NaN;
  const tau = concordance(x, y) / Math.sqrt(pairs - x.ties) / Math.sqrt(pairs - y.ties);
  return Math.min(1, Math.max(-1, tau));
}

/** Up to so many distinct values, as people's ratings have, it is faster to keep all counts than to look them up in a tree. */
const few = 16;

/**
 * C − D. Goes through x upward and counts how many were met below each level of y: each value is compared with all that have a
 * smaller x at once. Of many levels the counts are a Fenwick tree: O(n log(levels of y)).
 */
function concordance({ order, level: levelOfX }: Ranking, { level: levelOfY, levels }: Ranking): number {
  const isTree = levels > few;
  const met = new Int32Array(levels + 1);
  let difference = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    const group = levelOfX[order[from]];
    for (; to < order.length && levelOfX[order[to]] === group; to++) {
      const own = levelOfY[order[to]];
      difference += (isTree ? inTree(met, own) + inTree(met, own + 1) : met[own] + met[own + 1]) - from;
    }
    for (let at = from; at < to; at++) {
      const own = levelOfY[order[at]];
      if (isTree) for (let node = own + 1; node <= levels; node += node & -node) met[node]++;
      // As many turns whatever the level, and no branch: −1 where own is below.
      else for (let above = 1; above <= levels; above++) met[above] -= (own - above) >> 31;
    }
  }
  return difference;
}

/** How many were met below a level. */
function inTree(tree: Int32Array, level: number): number {
  let count = 0;
  for (let node = level; node > 0; node &= node - 1) count += tree[node];
  return count;
}

/**
 * Spearman's ρ: Pearson's correlation of the ranks, equal values sharing the mean of theirs. What scipy.stats.spearmanr gives.
 *
 * @returns −1 to 1; NaN where a list is shorter than 2 or all of its values are equal.
 * @throws InputError for lists of unequal lengths.
 */
export function spearman(x: Ranking, y: Ranking): number {
  const count = sameLength(x, y);
  if (x.levels < 2 || y.levels < 2) return Number.NaN;
  let products = 0;
  for (let at = 0; at < count; at++) products += x.centered[at] * y.centered[at];
  return Math.min(1, Math.max(-1, products / Math.sqrt(x.squares) / Math.sqrt(y.squares)));
}

function sameLength(x: Ranking, y: Ranking): number {
  if (x.order.length !== y.order.length)
    throw new InputError(
      `two rankings of ${x.order.length} and ${y.order.length} values can't be compared: they must rank the same things`,
    );
  return x.order.length;
}

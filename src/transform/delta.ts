/** By how much a number must change to be passed on to a product of a delta network. */
import { InputError } from "../graph/errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node, Value } from "../graph/value.ts";
import type { Model } from "../weights/model.ts";
import type { Change } from "./low-rank-report.ts";
import { overTime } from "./over-time.ts";
import { type Product, products } from "./products.ts";

/** How much finer a projection's threshold is, unless it is given. */
const FINER = 5;

/** Thresholds, in the units of the activations. Products for which none is given stay dense. */
export interface DeltaOptions {
  /** For all products along time; a fifth of it for projections. */
  threshold?: number;
  /** For those that do not depend on their own loop's states: inputs of layers. Goes before `threshold`. */
  inputs?: number;
  /** For those that do: recurrent ones. Goes before `threshold`. */
  states?: number;
  /**
   * For those whose results other products read, as they do after `lowRank`: x P, of which x P Z is made. They are a small part of
   * the work, and what they are not told, none of their readers is told. A fifth of `states` unless given.
   */
  projections?: number;
  /** By the path of the product's weight. Goes before all. */
  byWeight?: Readonly<Record<string, number>>;
}

/**
 * A model whose products are told of changes only. Θ = 0 passes on all that changes, and equals the dense model.
 *
 * ```ts
 * const sparse = delta(model, { inputs: 0.05, states: 0.1 });
 * ```
 *
 * @returns the same graph and weights, with `thresholds`
 * @throws InputError for thresholds that are negative or no numbers, and for paths that no product along time has
 */
export function delta(model: Model, options: DeltaOptions): Model {
  const along = products(overTime(model).graph).filter(({ alongTime }) => alongTime);
  const paths = new Set(along.map(({ path }) => path));
  const { threshold, inputs = threshold, states = threshold, byWeight = {} } = options;
  const { projections = states === undefined ? undefined : states / FINER } = options;
  for (const [path, given] of Object.entries({ inputs, states, projections, ...byWeight })) {
    if (path in byWeight && !paths.has(path))
      throw new InputError(
        `delta: no product along time has the weight "${path}", only ${[...paths].join(", ")}`,
      );
    checkThreshold(path, given);
  }
  const thresholds: Record<string, number> = {};
  const read = new Set(along.flatMap(({ features }) => features.map(({ of }) => of.node)));
  for (const product of along) {
    const byRole = read.has(product.node) ? projections : readsStates(product) ? states : inputs;
    const found = byWeight[product.path] ?? byRole;
    if (found !== undefined) thresholds[product.path] = found;
  }
  if (Object.keys(thresholds).length === 0)
    throw new InputError("delta: give a threshold for all products, for inputs, for states or by weights");
  return { ...model, thresholds };
}

/**
 * The multiplications for one step of one sequence that are left of a graph's.
 *
 * @param occupancy shares of numbers passed on, by the paths of weights: the outputs "occupancy.PATH" of `deltaGraph`
 */
export function deltaMultiplications(graph: Graph, occupancy: Readonly<Record<string, number>>): Change {
  const all = products(graph);
  const total = (share: (path: string) => number) =>
    all.reduce((sum, { path, multiplications }) => sum + multiplications * share(path), 0);
  return { before: total(() => 1), after: total((path) => occupancy[path] ?? 1) };
}

/** @throws InputError for a threshold that is negative or no number */
export function checkThreshold(path: string, threshold: number | undefined): void {
  if (threshold === undefined || (threshold >= 0 && threshold < Number.POSITIVE_INFINITY)) return;
  throw new InputError(
    `delta: a threshold of ${threshold} for ${path} makes no sense: use a number from 0, in the units of what is multiplied`,
  );
}

/** Whether a product depends on the states of the loop that computes it. */
function readsStates({ activation, loop }: Product): boolean {
  if (!loop) return false;
  const states = new Set(loop.states.map(({ parameter }) => parameter));
  const seen = new Set<Node>();
  const open: Value[] = [activation];
  for (let at = open.pop(); at; at = open.pop()) {
    if (states.has(at)) return true;
    if (at.scope !== loop || seen.has(at.node)) continue;
    seen.add(at.node);
    open.push(...at.node.operands);
  }
  return false;
}

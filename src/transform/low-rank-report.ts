/** What joint low rank did to a model, layer by layer. */
import type { Matrix } from "ml-matrix";
import type { Model } from "../weights/model.ts";
import type { OutputGroup } from "./low-rank-groups.ts";
import { type Product, products } from "./products.ts";

/** What became of one recurrent output and of all that reads it. */
export interface LowRankLayer {
  /** The path of its recurrent weight: of the first, where there are several, which are decomposed side by side. */
  path: string;
  /** The other weights that read the output, recurrent ones first. */
  readers: string[];
  units: number;
  /** Of the recurrent weights, largest first. */
  singularValues: Float64Array;
  /** The number of singular values kept; equal to `units` where the output is left as it is. */
  rank: number;
  /** The share of Σ σ² that is kept. */
  energy: number;
  /** Why the output is left as it is, where it is. */
  left?: string;
  parameters: Change;
  /** A step. */
  multiplications: Change;
}

export interface Change {
  before: number;
  after: number;
}

export interface LowRankReport {
  layers: LowRankLayer[];
  /** All weights of the model, biases too. */
  parameters: Change;
  /** All products of the model with weights, for one step of one sequence. */
  multiplications: Change;
}

/** P [units, rank], and what makes each reader's Z of its W: [rank, units]. */
export interface Factors {
  projection: Matrix;
  reading: Matrix;
}

/** A group with its factors; without one where it is left as it is. */
export interface Decomposed {
  group: OutputGroup;
  path: string;
  singularValues: Float64Array;
  rank: number;
  energy: number;
  factors?: Factors;
  left?: string;
}

export function reportOf(
  productsBefore: readonly Product[],
  decomposed: readonly Decomposed[],
  before: Model,
  after: Model,
): LowRankReport {
  const productsAfter = products(after.graph);
  const layers = decomposed.map(({ group, factors, ...layer }) => {
    const { units } = group;
    const { rank } = layer;
    const rows = [...group.recurrent, ...group.onward];
    const parameters = { before: 0, after: 0 };
    const multiplications = { before: 0, after: 0 };
    for (const { path } of rows) {
      const uses = productsBefore.filter((product) => product.path === path);
      const [height, columns] = uses[0].shape;
      const times = count(uses) / (height * columns);
      parameters.before += units * columns;
      parameters.after += rank * columns;
      multiplications.before += times * units * columns;
      multiplications.after += times * rank * columns;
    }
    if (factors) {
      parameters.after += units * rank;
      multiplications.after += count(productsAfter.filter(({ path }) => path === `${layer.path}.projection`));
    }
    const readers = rows.map(({ path }) => path).filter((path) => path !== layer.path);
    return { ...layer, units, readers, parameters, multiplications };
  });
  return {
    layers,
    parameters: { before: parametersOf(before), after: parametersOf(after) },
    multiplications: { before: count(productsBefore), after: count(productsAfter) },
  };
}

const count = (all: readonly Product[]) => all.reduce((sum, { multiplications }) => sum + multiplications, 0);

const parametersOf = ({ weights }: Model) =>
  Object.values(weights).reduce((sum, { length }) => sum + length, 0);

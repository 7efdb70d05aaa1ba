/**
 * Joint low rank (Prabhavalkar et al., "On the compression of recurrent neural networks", ICASSP 2016, arXiv 1603.08042):
 * all matrices that read one recurrent output h share one projection of it.
 *
 *     W_h ≈ P Z_h,  W_x ≈ P Z_x:    p = h P once a step,  then p Z_h for the loop's next step and p Z_x for what lies above
 *
 * W_h [units, gates] is the recurrent matrix, W_x each other matrix that reads h: that of the next layer, a dense or a
 * softmax layer. (The paper writes the transposes.) With W_hᵀ = U Σ Vᵀ, P = V_r [units, r], which has orthonormal columns, and
 * Z = Pᵀ W is the best there is for either matrix: what is decomposed is W_h alone, and W_x is regressed onto its P.
 * `forDelta` puts Σ_r between them on the other side, P = V_r Σ_r / σ and Z = σ Σ_r⁻¹ V_rᵀ W, σ the geometric mean of what is in Σ_r.
 */
import { Matrix, SVD } from "ml-matrix";
import { InputError } from "../graph/errors.ts";
import { type Graph, graphOf, inputsOf } from "../graph/graph.ts";
import { type Value, weight } from "../graph/value.ts";
import { checkModel, type Model } from "../weights/model.ts";
import { groupByOutput, type OutputGroup, type RowGroups, type Rows } from "./low-rank-groups.ts";
import { type Layout, Reducer } from "./low-rank-reduce.ts";
import { type Decomposed, type LowRankReport, reportOf } from "./low-rank-report.ts";
import { overTime } from "./over-time.ts";
import { isProduct, products, weightPath } from "./products.ts";
import { rewriteGraph } from "./rewrite.ts";

export type { Change, LowRankLayer, LowRankReport } from "./low-rank-report.ts";

import { simplify } from "./simplify.ts";

/** One of the two. */
export interface LowRankOptions {
  /** Above 0, at most 1: each rank is the least whose share of Σ σ² is at least this (the paper's τ). */
  energy?: number;
  /**
   * A rank for all outputs, or ranks by the paths of recurrent weights; outputs that are not named stay whole. A rank by path
   * is used even where it saves nothing.
   */
  rank?: number | Readonly<Record<string, number>>;
  /**
   * For thresholds that are set afterwards (`delta`): scales each projected number by its singular value, so that a change in
   * any of them that is held back costs the sums as much. Without thresholds the model does the same.
   */
  forDelta?: boolean;
}

export interface LowRankResult {
  model: Model;
  report: LowRankReport;
  /**
   * Does to another graph with the same weights what was done to the model's: to one with dropout, to be trained.
   *
   * @throws InputError for a graph that reads such a weight by something else than a plain product
   */
  rewrite(graph: Graph): Graph;
}

/**
 * Gives each recurrent output of a model one projection, shared by all that read it. Weights W become W.expansion, and the
 * projection is RECURRENT.projection, RECURRENT being the path of the output's (first) recurrent weight.
 *
 * Several recurrent matrices on one output are decomposed side by side, as the paper's W_h holds its gates side by side. What
 * reads something else is left whole: the first layer's inputs, a GRU's r ⊙ h, a part of an output. Outputs at which
 * parameters would grow are left, too, and the report says so. A model of one step becomes one of sequences.
 *
 * ```ts
 * const { model, report } = lowRank(trained, { energy: 0.9 });
 * ```
 *
 * @throws InputError for an energy or a rank out of range, a path that is no recurrent weight, recurrent weights that are not
 * finite, a model without a recurrent product, and one that has thresholds already
 */
export function lowRank(given: Model, options: LowRankOptions): LowRankResult {
  checkGiven(options);
  checkModel(given);
  if (Object.keys(given.thresholds ?? {}).length > 0)
    throw new InputError(
      "low rank: the model has thresholds (delta) for products that would change: make it smaller first, then give it thresholds",
    );
  const along = overTime(given);
  const model = { ...along, graph: simplify(along.graph) };
  const before = products(model.graph);
  const { groups, rows } = groupByOutput(before);
  if (groups.length === 0)
    throw new InputError(
      "low rank: the model has no recurrent product: no step multiplies by a weight what an earlier step put out",
    );
  checkPaths(options, groups);
  const decomposed = groups.map((group) => decompose(group, model, options));
  const plan = planOf(decomposed, rows, model);
  const graph = factored(model.graph, plan);
  const left = inputsOf(graph, "weight");
  const kept = Object.entries(model.weights).filter(([path]) => left.has(path));
  const smaller: Model = { ...model, graph, weights: { ...Object.fromEntries(kept), ...plan.weights } };
  const rewrite = (other: Graph) => {
    const found = factored(other, plan);
    const whole = [...inputsOf(found, "weight").keys()].find(
      (path) => plan.products.has(path) && !left.has(path),
    );
    if (whole === undefined) return found;
    throw new InputError(
      `low rank: the other graph reads weight "${whole}" by something else than a plain product (approximate dropout, say), and so can't be made smaller`,
    );
  };
  return { model: smaller, report: reportOf(before, decomposed, model, smaller), rewrite };
}

function decompose(group: OutputGroup, model: Model, options: LowRankOptions): Decomposed {
  const { units, recurrent, onward } = group;
  const [{ path }] = recurrent;
  const shapes = shapesOf(model.graph);
  const matrices = recurrent.map((rows) => rowsOf(rows, model.weights, shapes));
  const columns = matrices.reduce((sum, one) => sum + one.columns, 0);
  const broken = recurrent.find((_, index) => !matrices[index].to1DArray().every(Number.isFinite));
  if (broken) throw new InputError(`low rank: weight "${broken.path}" has numbers that are not finite`);
  const stacked = new Matrix(columns, units); // W_hᵀ
  let at = 0;
  for (const matrix of matrices) {
    stacked.setSubMatrix(matrix.transpose(), at, 0);
    at += matrix.columns;
  }
  const svd = new SVD(stacked, { computeLeftSingularVectors: false, autoTranspose: true });
  const singularValues = Float64Array.from(svd.diagonal);
  const whole: Decomposed = { group, path, singularValues, rank: units, energy: 1 };
  const wanted = rankOf(whole, options);
  const total = energyOf(singularValues);
  if (wanted === undefined) return { ...whole, left: "no rank was given for it" };
  const all = columns + onward.reduce((sum, rows) => sum + shapes.get(rows.path)![1], 0);
  if (typeof options.rank !== "object" && wanted * (units + all) >= units * all)
    return { ...whole, left: `rank ${wanted} of ${units} would save no parameters` };
  const energy = total === 0 ? 1 : energyOf(singularValues.subarray(0, wanted)) / total;
  const kept = svd.rightSingularVectors.subMatrix(0, units - 1, 0, wanted - 1);
  const scales = scalesOf(singularValues.subarray(0, wanted), options);
  const factors = {
    projection: kept.clone().mulRowVector(scales),
    reading: kept.divRowVector(scales).transpose(),
  };
  return { ...whole, rank: wanted, energy, factors };
}

/**
 * Of the projected numbers: 1, or the singular values by their geometric mean. Those that are next to nothing are held, as
 * what reads the numbers is divided by them.
 */
function scalesOf(values: Float64Array, { forDelta }: LowRankOptions): Float64Array {
  if (!forDelta) return values.map(() => 1);
  const held = values.map((value) => Math.max(value, 1e-3 * values[0]));
  const mean = Math.exp(held.reduce((sum, value) => sum + Math.log(value), 0) / held.length);
  return held.map((value) => value / mean);
}

function rankOf(
  { path, singularValues, group: { units } }: Decomposed,
  { energy, rank }: LowRankOptions,
): number | undefined {
  if (energy !== undefined) {
    const enough = energy * energyOf(singularValues);
    let sum = 0;
    const last = singularValues.findIndex((value) => {
      sum += value * value;
      return sum >= enough;
    });
    return last < 0 ? singularValues.length : last + 1;
  }
  const wanted = typeof rank === "object" ? rank[path] : rank;
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= units))
    throw new InputError(
      `low rank: a rank of ${wanted} makes no sense for "${path}": use a whole number from 1 to ${units}`,
    );
  return wanted && Math.min(wanted, singularValues.length);
}

const energyOf = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);

/** What becomes of the products of a graph. */
interface Plan {
  /** By the path of the weight that they had. */
  products: Map<string, { layout: Layout; expansion: Value }>;
  /** The new weights' numbers. */
  weights: Record<string, Float32Array>;
}

function planOf(
  decomposed: readonly Decomposed[],
  rows: ReadonlyMap<string, RowGroups>,
  { graph, weights }: Model,
): Plan {
  const plan: Plan = { products: new Map(), weights: {} };
  const projections = new Map<OutputGroup, { value: Value; reading: Matrix }>();
  for (const { group, path, factors, rank } of decomposed) {
    if (!factors) continue;
    const value = weight(`${path}.projection`, [group.units, rank]);
    projections.set(group, { value, reading: factors.reading });
    plan.weights[`${path}.projection`] = numbersOf(factors.projection);
  }
  const shapes = shapesOf(graph);
  for (const [path, parts] of rows) {
    const found = parts.map(({ group }) => group && projections.get(group));
    if (!found.some(Boolean)) continue;
    let from = 0;
    const factors = parts.map(({ size }, at) => {
      const whole = rowsOf({ path, from, size }, weights, shapes);
      from += size;
      return found[at] ? found[at].reading.mmul(whole) : whole;
    });
    const expansion = `${path}.expansion`;
    const height = factors.reduce((sum, factor) => sum + factor.rows, 0);
    plan.products.set(path, {
      layout: parts.map(({ size }, at) => ({ size, projection: found[at]?.value })),
      expansion: weight(expansion, [height, shapes.get(path)![1]]),
    });
    plan.weights[expansion] = Float32Array.from(factors.flatMap((factor) => factor.to1DArray()));
  }
  return plan;
}

function factored(graph: Graph, plan: Plan): Graph {
  const reducer = new Reducer();
  const { inputs, outputs } = rewriteGraph(graph, {
    node(node, [x]) {
      const planned = isProduct(node) ? plan.products.get(weightPath(node)) : undefined;
      return planned && [reducer.reduce(x, planned.layout).matmul(planned.expansion)];
    },
    body: (loop) => reducer.complete(loop),
  });
  const replaced = inputs.filter(({ name }) => plan.products.has(name));
  return graphOf(
    inputs.filter((one) => !replaced.includes(one)).map(({ value }) => value),
    outputs,
  );
}

function checkGiven({ energy, rank }: LowRankOptions): void {
  if ((energy === undefined) === (rank === undefined))
    throw new InputError("low rank: give either an energy or a rank");
  if (energy !== undefined && !(energy > 0 && energy <= 1))
    throw new InputError(
      `low rank: an energy of ${energy} makes no sense: use a share above 0 and at most 1`,
    );
}

function checkPaths({ rank }: LowRankOptions, groups: readonly OutputGroup[]): void {
  if (typeof rank !== "object") return;
  const known = groups.map(({ recurrent: [{ path }] }) => path);
  const unknown = Object.keys(rank).find((path) => !known.includes(path));
  if (unknown !== undefined)
    throw new InputError(
      `low rank: "${unknown}" is no recurrent weight: ranks can be given for ${known.join(", ")}`,
    );
}

/** Some rows of a weight, in float64. */
function rowsOf(
  { path, from, size }: Rows,
  weights: Model["weights"],
  shapes: ReadonlyMap<string, readonly number[]>,
): Matrix {
  const columns = shapes.get(path)![1];
  const numbers = weights[path].subarray(from * columns, (from + size) * columns);
  return Matrix.from1DArray(size, columns, Array.from(numbers));
}

function shapesOf(graph: Graph): Map<string, readonly number[]> {
  return new Map(
    [...inputsOf(graph, "weight")].map(([path, { shape }]) => [path, shape as readonly number[]]),
  );
}

const numbersOf = (matrix: Matrix) => Float32Array.from(matrix.to1DArray());

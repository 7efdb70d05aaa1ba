/**
 * Approximate random dropout (Song et al., DATE 2019): what is dropped follows a regular pattern, drawn anew at each step
 * of a training, so that the product that is left is a small dense one. Expected work falls to the share 1 − rate.
 *
 *     row pattern:   x W  →  x[kept] W[kept, :] / (1 − rate)
 *     tile pattern:  x W  →  x (W ⊙ tiles) / (1 − rate), by one dense product for each class of rows
 *
 * It is a rewriting of the training graph, by the names of weights: any cell can be trained so.
 */
import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { multiplySizes } from "../graph/dim.ts";
import { InputError, named } from "../graph/errors.ts";
import { gather } from "../graph/functions.ts";
import { type Graph, inputsOf } from "../graph/graph.ts";
import { formatShape, type ShapeLike, volume } from "../graph/shape.ts";
import { input, iota, type Value } from "../graph/value.ts";
import { hoist } from "../transform/hoist.ts";
import { rewriteGraph } from "../transform/rewrite.ts";
import type { DropoutPattern, RowPattern, TilePattern } from "./dropout-patterns.ts";
import { dropoutPeriods } from "./dropout-periods.ts";

const options = z.strictObject({
  rate: z.number().min(0).lt(1),
  weights: z
    .array(z.union([z.string(), z.array(z.string()).min(1).readonly()]))
    .min(1)
    .readonly(),
  pattern: z.enum(["row", "tile"]).default("row"),
  longest: width.default(8),
  tile: width.default(32),
});

/**
 * - `weights`: the paths of the matrices whose products are thinned. With the row pattern a weight's inputs are dropped:
 *   of "upper.input" the units of the layer below, of "upper.recurrent" the layer's own, as the next step reads them. Weights
 *   that are listed together share one pattern.
 * - `longest`: periods are drawn from 1 to this, which bounds the rate by (longest − 1) / longest; for tiles, from those
 *   that divide both numbers of tiles.
 * - `tile`: how many rows and columns a tile has.
 */
export type ApproximateDropoutOptions = z.input<typeof options>;

type Settings = z.output<typeof options>;

/** x W as a pattern leaves it. */
type Product = (x: Value, weight: Value) => Value;

const patterns = new WeakMap<Value, DropoutPattern>();

/** The patterns that a graph is to be fed with: see `patternFeeds`. Trainers do so. */
export function patternsOf(graph: Graph): DropoutPattern[] {
  return graph.inputs.flatMap(({ value }) => patterns.get(value) ?? []);
}

/**
 * Rewrites a graph that is to be trained; what it is evaluated with stays the graph it was made from.
 *
 * ```ts
 * const training = approximateDropout(graph, { rate: 0.5, weights: ["lower.input", "upper.input"] });
 * const trainer = await startTrainer(planTraining({ training, evaluation: graph }, settings));
 * ```
 *
 * @param graph before its gradient is added
 * @throws InputError for a rate that the periods can't reach, and for weights that are not there, have other shapes than
 * the pattern needs, or are multiplied by nothing
 */
export function approximateDropout(graph: Graph, given: ApproximateDropoutOptions): Graph {
  const settings = checkOptions("approximate dropout", options, given);
  if (settings.rate === 0) return graph;
  const products = new Map<Value, Product>();
  for (const one of settings.weights) {
    const together = (typeof one === "string" ? [one] : one).map((path) => weightOf(graph, path));
    const twice = together.find((weight) => products.has(weight));
    if (twice) throw new InputError(`approximate dropout: weight ${twice.label()} is named twice`);
    const product = thinnedProduct(together, settings);
    for (const weight of together) products.set(weight, product);
  }
  const left = new Set(products.keys());
  // Products of whole sequences leave their loops first: small gathers in every step would cost more than they save.
  const rewritten = rewriteGraph(hoist(graph), {
    node(node, [x, weight]) {
      const product = node.is("matmul") ? products.get(weight) : undefined;
      if (!product) return undefined;
      left.delete(weight);
      return [product(x, weight)];
    },
  });
  const [unused] = left;
  if (unused) throw new InputError(`approximate dropout: nothing is multiplied by weight ${unused.label()}`);
  return rewritten;
}

function weightOf(graph: Graph, path: string): Value {
  const all = inputsOf(graph, "weight");
  const weight = all.get(path);
  if (!weight)
    throw new InputError(
      `approximate dropout: the graph has no weight "${path}"; it has ${[...all.keys()].join(", ")}`,
    );
  if (weight.rank !== 2)
    throw new InputError(
      `approximate dropout: weight ${weight.label()} must be a matrix, not ${formatShape(weight.shape)}`,
    );
  return weight;
}

function thinnedProduct(weights: readonly Value[], { rate, pattern, longest, tile }: Settings): Product {
  const [first, ...others] = weights;
  const [rows, columns] = first.shape as [number, number];
  const odd = others.find(({ shape }) => shape[0] !== rows || (pattern === "tile" && shape[1] !== columns));
  if (odd)
    throw new InputError(
      `approximate dropout: ${first.label()} ${formatShape(first.shape)} and ${odd.label()} ${formatShape(odd.shape)} can't share a ${pattern} pattern`,
    );
  const name = `${first.label().slice(1, -1)}.pattern`;
  const drawn = (periods: number[]) => {
    const label = `approximate dropout: weight ${first.label()}`;
    const probabilities = named(label, () => [...dropoutPeriods(rate, periods)]);
    return { name, rate, periods, probabilities };
  };
  if (pattern === "row") {
    const periods = upTo(Math.min(longest, rows));
    return rowProduct({ kind: "row", units: rows, ...drawn(periods) });
  }
  if (rows % tile !== 0 || columns % tile !== 0)
    throw new InputError(
      `approximate dropout: tiles of ${tile} do not divide weight ${first.label()} ${formatShape(first.shape)}`,
    );
  const [tileRows, tileColumns] = [rows / tile, columns / tile];
  const periods = upTo(longest).filter((period) => tileRows % period === 0 && tileColumns % period === 0);
  return tileProduct({ kind: "tile", rows: tileRows, columns: tileColumns, ...drawn(periods) }, tile);
}

function upTo(longest: number): number[] {
  return Array.from({ length: longest }, (_, at) => at + 1);
}

/** Declares the inputs that `patternFeeds` fills. */
function declare(pattern: DropoutPattern, shapes: Record<string, ShapeLike>): Record<string, Value> {
  const declared = Object.entries(shapes).map(([own, shape]) => {
    const dtype = own === "scale" ? "float32" : "int32";
    return [own, input(`${pattern.name}.${own}`, shape, { dtype, role: "noise" })] as const;
  });
  patterns.set(declared[0][1], pattern);
  return Object.fromEntries(declared);
}

function rowProduct(pattern: RowPattern): Product {
  const { kept, scale } = declare(pattern, { kept: [`${pattern.name}.count`], scale: [] });
  return (x, weight) => scaledProduct(gather(x, kept, -1), gather(weight, kept), scale);
}

/** Scales what is there once: in a loop the weight, else the inputs, which most often are fewer. */
function scaledProduct(x: Value, weight: Value, scale: Value): Value {
  return x.scope === null ? x.mul(scale).matmul(weight) : x.matmul(weight.mul(scale));
}

function tileProduct(pattern: TilePattern, tile: number): Product {
  const [classes, high, wide] = ["period", "high", "wide"].map((own) => `${pattern.name}.${own}`);
  const { rows, columns, order, scale } = declare(pattern, {
    rows: [classes, high],
    columns: [classes, wide],
    order: [pattern.columns],
    scale: [],
  });
  const [period, rowTiles] = rows.shape;
  const columnTiles = columns.shape[1];
  const [tall, broad] = [multiplySizes(rowTiles, tile), multiplySizes(columnTiles, tile)];
  // A weight as rows of tiles' widths: where each that a class keeps stands.
  const each = rows.unsqueeze(2).mul(tile).add(iota(tile)).reshape([period, tall, 1]);
  const places = each.mul(pattern.columns).add(columns.unsqueeze(1)); // [period, tall, column tiles]

  return (x, weight) => {
    const lead = x.shape.slice(0, -1);
    const many = volume(lead);
    const tiled = x.reshape([many, pattern.rows, tile]);
    const inputs = gather(tiled, rows, 1).transpose([1, 0, 2, 3]).reshape([period, many, tall]);
    const strips = weight.reshape([pattern.rows * tile * pattern.columns, tile]);
    const kept = gather(strips, places).reshape([period, tall, broad]);
    const found = scaledProduct(inputs, kept, scale)
      .reshape([period, many, columnTiles, tile])
      .transpose([1, 0, 2, 3]);
    const outputs = found.reshape([many, multiplySizes(period, columnTiles), tile]);
    return gather(outputs, order, 1).reshape([...lead, weight.shape[1]]);
  };
}

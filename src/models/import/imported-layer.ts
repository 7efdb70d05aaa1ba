/** Layers made from another library's numbers, and the model that they are over one another. */

import { gather } from "../../graph/functions.ts";
import { trace } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import type { Layer } from "../../layers/layer.ts";
import { declareWeights } from "../../weights/declare.ts";
import { normal } from "../../weights/initializers.ts";
import { checkModel, type Model } from "../../weights/model.ts";

/** What goes into a layer: vectors of a width, or numbers of rows of a table. */
export type InputWidth = number | "indices";

export interface ImportedLayer {
  layer: Layer;
  /** By our paths. */
  weights: Record<string, Float32Array>;
}

/**
 * The model that computes y from x by layers over one another: x is [time, batch, width], or int32 [time, batch] where
 * the first layer is a table.
 */
export function modelOf(layers: readonly ImportedLayer[], inputs: InputWidth): Model {
  const x =
    inputs === "indices"
      ? { shape: ["time", "batch"], dtype: "int32" as const }
      : { shape: ["time", "batch", inputs], dtype: "float32" as const };
  const graph = trace({ x }, ({ x }) => ({ y: layers.reduce((value, { layer }) => layer(value), x) }));
  const model = { graph, weights: Object.assign({}, ...layers.map(({ weights }) => weights)) };
  checkModel(model);
  return model;
}

/** Rows of a table by their numbers: int32 [time, batch] → [time, batch, width]. */
export function table(path: string, rows: number, width: number, data: Float32Array): ImportedLayer {
  const { weight } = declareWeights(path, { weight: { shape: [rows, width], initializer: normal(1) } });
  const layer = Object.assign((x: Value) => gather(weight, x), { outputs: width });
  return { layer, weights: under(path, { weight: data }) };
}

/** Names put before those of one layer's weights. */
export function under(path: string, weights: Readonly<Record<string, Float32Array | undefined>>) {
  return Object.fromEntries(
    Object.entries(weights).flatMap(([name, data]) => (data ? [[`${path}.${name}`, data]] : [])),
  );
}

/** An acoustic model: log-mel frames in, scores of classes out, frame by frame. */
import { cellByName } from "../../cells/by-name.ts";
import { type Graph, trace } from "../../graph/graph.ts";
import { constant, type Value } from "../../graph/value.ts";
import { dense } from "../../layers/dense.ts";
import { dropout } from "../../layers/dropout.ts";
import type { Layer } from "../../layers/layer.ts";
import { recurrent } from "../../layers/recurrent.ts";
import type { Utterance } from "./corpus/utterance.ts";

export interface NetworkOptions {
  cell: string;
  layers: number;
  units: number;
  classes: number;
  statistics: BandStatistics;
}

/** Of each band's numbers, over the training frames. */
export interface BandStatistics {
  mean: number[];
  deviation: number[];
}

/**
 * Layers of one cell over one another and a dense layer: raw log-mel [time, batch, bands] → logits [time, batch, classes].
 * Bands are normalized by constants, so that a stream needs nothing else.
 *
 * @param rate of dropout between the layers, for training
 * @throws InputError for a cell that there is not
 */
function speechNetwork(options: NetworkOptions, rate = 0): (x: Value) => Value {
  const { cell, layers, units, classes, statistics } = options;
  const { mean, deviation } = statistics;
  const stack: Layer[] = Array.from({ length: layers }, (_, layer) =>
    recurrent(`layer.${layer}`, cellByName(cell, { inputs: layer === 0 ? mean.length : units, units })),
  );
  const head = dense("output", { inputs: units, units: classes });
  return (x) => {
    const normal = x.sub(constant(mean)).mul(constant(deviation.map((one) => 1 / one)));
    const hidden = stack.reduce(
      (value, layer, index) => dropout(`layer.${index}.dropout`, layer(value), { rate }),
      normal,
    );
    return head(hidden);
  };
}

/** The network as a graph: `x` → `logits`. */
export function speechGraph(options: NetworkOptions, rate = 0): Graph {
  const network = speechNetwork(options, rate);
  const bands = options.statistics.mean.length;
  return trace({ x: ["time", "batch", bands] }, ({ x }) => ({ logits: network(x) }));
}

/** Mean and standard deviation of each band over all frames. */
export function bandStatistics(utterances: readonly Utterance[], bands: number): BandStatistics {
  const sums = new Float64Array(bands);
  const squares = new Float64Array(bands);
  let frames = 0;
  for (const { features } of utterances) {
    for (let i = 0; i < features.length; i++) {
      sums[i % bands] += features[i];
      squares[i % bands] += features[i] ** 2;
    }
    frames += features.length / bands;
  }
  const mean = Array.from(sums, (sum) => sum / frames);
  const deviation = Array.from(squares, (square, band) =>
    Math.sqrt(Math.max(square / frames - mean[band] ** 2, 1e-6)),
  );
  return { mean, deviation };
}

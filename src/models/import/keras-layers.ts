/** Keras's layers by the names of their classes: what each makes of its inputs. */
import { z } from "zod";
import { checkOptions, width } from "../../cells/define-cell.ts";
import { InputError } from "../../graph/errors.ts";
import { concat, max, mean, relu, softmax } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";
import { dense } from "../../layers/dense.ts";
import { layerNormalization } from "../../layers/layer-normalization.ts";
import { declareWeights } from "../../weights/declare.ts";
import { ones, zeros } from "../../weights/initializers.ts";
import { table, under } from "./imported-layer.ts";
import { activation } from "./keras-activations.ts";
import { recurrentReaders } from "./keras-recurrent.ts";
import type { KerasWeights } from "./keras-weights.ts";

/** A layer that is being read. */
export interface ReadLayer {
  kind: string;
  /** Of its weights in our model. */
  path: string;
  /** Of Keras. */
  version: number;
  config: unknown;
  weights: KerasWeights;
  /** Its options by a schema. */
  options<Schema extends z.ZodType>(schema: Schema): z.output<Schema>;
  /** Puts numbers by our paths to the model's. */
  keep(numbers: Record<string, Float32Array>): void;
}

/** What a layer makes of its inputs, [time, batch, features] or [batch, features] each. */
export type LayerReader = (layer: ReadLayer, inputs: readonly Value[]) => Value;

const same: LayerReader = (_, [x]) => x;

const widthOf = (x: Value): number => x.shape[x.rank - 1] as number;

const denseSchema = z.object({
  units: width,
  activation: z.string().nullish(),
  use_bias: z.boolean().default(true),
});

const readDense: LayerReader = (layer, [x]) => {
  const { units, activation: name, use_bias: hasBias } = layer.options(denseSchema);
  const { input, inputs } = layer.weights.kernel(units);
  const bias = hasBias ? layer.weights.next([units]) : new Float32Array(units);
  layer.keep(under(layer.path, { weight: input, bias }));
  const applied = activation(name ?? "linear", layer.version);
  return dense(layer.path, { inputs, units, activation: applied })(x);
};

const readEmbedding: LayerReader = (layer, [x]) => {
  const { input_dim: rows, output_dim: columns } = layer.options(
    z.object({ input_dim: width, output_dim: width }),
  );
  const { layer: rowsOf, weights } = table(layer.path, rows, columns, layer.weights.next([rows, columns]));
  layer.keep(weights);
  return rowsOf(x);
};

const normalizationSchema = z.object({
  axis: z.union([z.int(), z.array(z.int()).length(1)]).default(-1),
  epsilon: z.number().positive().default(1e-3),
  scale: z.boolean().default(true),
  center: z.boolean().default(true),
});

/** What is normalized along the last axis, and refused along any other. */
function normalized(layer: ReadLayer, x: Value) {
  const { axis, ...options } = layer.options(normalizationSchema);
  refuseOtherAxes(layer, Array.isArray(axis) ? axis[0] : axis, x);
  const inputs = widthOf(x);
  const gain = options.scale ? layer.weights.next([inputs]) : new Float32Array(inputs).fill(1);
  const bias = options.center ? layer.weights.next([inputs]) : new Float32Array(inputs);
  return { inputs, epsilon: options.epsilon, gain, bias };
}

function refuseOtherAxes(layer: ReadLayer, axis: number, x: Value): void {
  if (axis !== -1 && axis !== x.rank - 1)
    throw new InputError(`a ${layer.kind} along axis ${axis} can't be imported, only along the last one`);
}

const readLayerNormalization: LayerReader = (layer, [x]) => {
  const { inputs, epsilon, gain, bias } = normalized(layer, x);
  layer.keep(under(layer.path, { gain, bias }));
  return layerNormalization(layer.path, { inputs, epsilon })(x);
};

/** With the statistics of its training it is a scale and a shift: γ (x − μ) / √(σ² + ε) + β. */
const readBatchNormalization: LayerReader = (layer, [x]) => {
  const { inputs, epsilon, gain, bias } = normalized(layer, x);
  const mean = layer.weights.next([inputs]);
  const variance = layer.weights.next([inputs]);
  const scale = gain.map((one, index) => one / Math.sqrt(variance[index] + epsilon));
  const shift = bias.map((one, index) => one - mean[index] * scale[index]);
  layer.keep(under(layer.path, { scale, shift }));
  const declared = declareWeights(layer.path, {
    scale: { shape: [inputs], initializer: ones },
    shift: { shape: [inputs], initializer: zeros },
  });
  return x.mul(declared.scale).add(declared.shift);
};

const merging =
  (merge: (a: Value, b: Value) => Value): LayerReader =>
  (_, inputs) =>
    inputs.reduce(merge);

const readTimeDistributed: LayerReader = (layer, inputs) => {
  const { layer: inner } = layer.options(
    z.object({ layer: z.object({ class_name: z.string(), config: z.unknown() }) }),
  );
  if (!["Dense", "Activation", "Dropout"].includes(inner.class_name))
    throw new InputError(
      `it applies a ${inner.class_name} at each step, and only a Dense can be imported so`,
    );
  return readerOf(inner.class_name)(optionsOf(layer, inner.class_name, inner.config), inputs);
};

/** A layer with the options of another. */
function optionsOf(layer: ReadLayer, kind: string, config: unknown): ReadLayer {
  return { ...layer, kind, config, options: (schema) => checkOptions(kind, schema, config) };
}

const readers: Readonly<Record<string, LayerReader>> = {
  ...recurrentReaders,
  Dense: readDense,
  Embedding: readEmbedding,
  TimeDistributed: readTimeDistributed,
  LayerNormalization: readLayerNormalization,
  BatchNormalization: readBatchNormalization,
  Activation: (layer, [x]) =>
    activation(layer.options(z.object({ activation: z.string() })).activation, layer.version)(x),
  ReLU: (layer, [x]) => {
    layer.options(
      z.object({
        max_value: z.null().optional(),
        negative_slope: z.literal(0).nullish(),
        threshold: z.literal(0).nullish(),
      }),
    );
    return relu(x);
  },
  Softmax: (layer, [x]) => {
    refuseOtherAxes(layer, layer.options(z.object({ axis: z.int().default(-1) })).axis, x);
    return softmax(x);
  },
  Concatenate: (layer, inputs) => {
    refuseOtherAxes(layer, layer.options(z.object({ axis: z.int().default(-1) })).axis, inputs[0]);
    return concat(inputs);
  },
  Add: merging((a, b) => a.add(b)),
  Multiply: merging((a, b) => a.mul(b)),
  Average: (_, inputs) => inputs.reduce((a, b) => a.add(b)).div(inputs.length),
  GlobalAveragePooling1D: (_, [x]) => mean(x, 0),
  GlobalMaxPooling1D: (_, [x]) => max(x, 0),
  // What these do while a model is trained they do not do later.
  Dropout: same,
  SpatialDropout1D: same,
  GaussianNoise: same,
  GaussianDropout: same,
  ActivityRegularization: same,
  // Steps that shall be skipped are not marked in our models: those that are not there are not fed.
  Masking: same,
};

/** The reader for a class of layers. */
export function readerOf(kind: string): LayerReader {
  if (!Object.hasOwn(readers, kind))
    throw new InputError(
      `a ${kind} can't be imported; these can: ${Object.keys(readers).sort().join(", ")}. Export the model as ONNX instead`,
    );
  return readers[kind];
}

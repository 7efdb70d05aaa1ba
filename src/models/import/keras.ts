/** Models from Keras 2 and 3: .keras files, and HDF5 files of whole models. */
import { z } from "zod";
import { checkOptions } from "../../cells/define-cell.ts";
import { InputError, named } from "../../graph/errors.ts";
import { type InputType, trace } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { checkModel, type Model } from "../../weights/model.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import type { KerasConfig, KerasLayer } from "./keras-config.ts";
import { type ReadLayer, readerOf } from "./keras-layers.ts";
import { KerasWeights } from "./keras-weights.ts";

/** A model of Keras: its configuration, and each layer's arrays in the layer's own order. */
export interface KerasModel {
  config: KerasConfig;
  weights: (layer: KerasLayer) => readonly StoredTensor[];
}

const inputSchema = z.object({
  batch_shape: z.array(z.int().nullable()).optional(),
  batch_input_shape: z.array(z.int().nullable()).optional(),
});

/**
 * The model of one of Keras, with time before batch: x [time, batch, features], or int32 [time, batch] for an Embedding,
 * → y, [time, batch, …] where the last layer puts out each step, [batch, …] where it puts out the last one. Several
 * inputs or outputs bear their layers' names. Weights have paths that begin with their layers' names.
 *
 * @param source names the file in messages
 * @throws InputError that names the layer and what about it can't be imported
 */
export function fromKeras({ config, weights }: KerasModel, source: string): Model {
  const numbers: Record<string, Float32Array> = {};
  const inputs = config.layers.filter(({ kind }) => kind === "InputLayer");
  const { outputs } = config;
  if (inputs.length === 0 || outputs.length === 0)
    throw new InputError(`${source}: the model has no input or no output`);
  const declared = inputs.map((layer): [string, InputType] => [
    inputs.length === 1 ? "x" : layer.name,
    inputType(layer, config, source),
  ]);
  const graph = trace(Object.fromEntries(declared), (given) => {
    const values = new Map<string, Value>(
      inputs.map(({ name }) => [name, given[inputs.length === 1 ? "x" : name]]),
    );
    for (const layer of config.layers) {
      if (values.has(layer.name)) continue;
      const read = layer.reads.map((name) => values.get(name) as Value);
      const value = named(`${source}: layer "${layer.name}"`, () => {
        const reading = opened(layer, config.version, weights(layer), numbers);
        if (read.length === 0) throw new InputError("reads nothing");
        const result = readerOf(layer.kind)(reading, read);
        reading.weights.end();
        return result;
      });
      values.set(layer.name, value);
    }
    return Object.fromEntries(
      outputs.map((name) => [outputs.length === 1 ? "y" : name, outputOf(values, name, source)]),
    );
  });
  const model = { graph, weights: numbers };
  checkModel(model);
  return model;
}

function outputOf(values: ReadonlyMap<string, Value>, name: string, source: string): Value {
  const value = values.get(name);
  if (!value) throw new InputError(`${source}: the output "${name}" is no layer of the model`);
  return value;
}

/** What goes in at an input: numbers of rows where an embedding reads it, vectors otherwise. */
function inputType({ name, config }: KerasLayer, { layers }: KerasConfig, source: string): InputType {
  const { batch_shape, batch_input_shape } = checkOptions(`${source}: layer "${name}"`, inputSchema, config);
  const shape = batch_shape ?? batch_input_shape;
  const readers = layers.filter(({ reads }) => reads.includes(name));
  if (readers.some(({ kind }) => kind === "Embedding")) return { shape: ["time", "batch"], dtype: "int32" };
  const features = shape?.[shape.length - 1];
  if (!shape || shape.length < 2 || shape.length > 3 || !features || features < 1)
    throw new InputError(
      `${source}: the input "${name}" is [${shape?.map((size) => size ?? "any").join(", ") ?? "unknown"}], not [batch, time, features]`,
    );
  return { shape: shape.length === 3 ? ["time", "batch", features] : ["batch", features], dtype: "float32" };
}

function opened(
  { name, kind, config }: KerasLayer,
  version: number,
  tensors: readonly StoredTensor[],
  numbers: Record<string, Float32Array>,
): ReadLayer {
  return {
    kind,
    path: name.replaceAll("/", "."),
    version,
    config,
    weights: new KerasWeights(tensors),
    options: (schema) => checkOptions(kind, schema, config),
    keep: (more) => Object.assign(numbers, more),
  };
}

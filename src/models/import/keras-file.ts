/** The files in which Keras keeps models. */

import { type Hdf5Group, readHdf5 } from "../../data/hdf5/read.ts";
import { InputError } from "../../graph/errors.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import type { KerasModel } from "./keras.ts";
import { type KerasLayer, readConfig } from "./keras-config.ts";

/** The major version in "2.11.0"; 2 where none is named. */
const majorOf = (version: unknown): number =>
  typeof version === "string" ? Number.parseInt(version, 10) || 2 : 2;

/**
 * A model in an HDF5 file, whose configuration is an attribute and whose arrays lie in groups by layers' names.
 *
 * @throws InputError for weights without a configuration
 */
export function kerasOfHdf5(root: Hdf5Group, source: string): KerasModel {
  const text = root.attributes.get("model_config");
  if (typeof text !== "string")
    throw new InputError(
      `${source} holds weights alone, without the layers that they belong to: save the whole model in Keras, model.save("model.keras")`,
    );
  const arrays = root.groups.get("model_weights");
  return {
    config: readConfig(text, majorOf(root.attributes.get("keras_version")), source),
    weights: ({ name }) => namedArrays(arrays?.groups.get(name), source),
  };
}

/** The arrays of a layer's group, in the order of the names that the group lists. */
export function namedArrays(group: Hdf5Group | undefined, source: string): StoredTensor[] {
  const names = group?.attributes.get("weight_names") ?? [];
  return (typeof names === "string" ? [names] : names).map((name) => {
    const steps = name.split("/");
    const inner = steps.slice(0, -1).reduce<Hdf5Group | undefined>((at, step) => at?.groups.get(step), group);
    const found = inner?.arrays.get(steps[steps.length - 1]);
    if (!found) throw new InputError(`${source} is damaged: there is no array "${name}"`);
    return found;
  });
}

/**
 * A model in a .keras file: a configuration, and an HDF5 file whose groups bear the names of layers' classes, numbered where
 * one comes again.
 */
export function kerasOfArchive(files: ReadonlyMap<string, Uint8Array>, source: string): KerasModel {
  const text = (name: string) => new TextDecoder().decode(files.get(name));
  const weights = files.get("model.weights.h5");
  if (!weights)
    throw new InputError(
      `${source} has no model.weights.h5: save the model again by model.save("model.keras")`,
    );
  const version = /"keras_version":\s*"([^"]*)"/.exec(text("metadata.json"))?.[1] ?? "3";
  const config = readConfig(text("config.json"), majorOf(version), source);
  const groups = readHdf5(weights, `${source}, model.weights.h5`).groups.get("layers")?.groups;
  const places = placesOf(config.layers);
  return { config, weights: ({ name }) => numberedArrays(groups?.get(places.get(name) ?? "")) };
}

/** Where layers' arrays lie, by the layers' names: "lstm", "lstm_1", … */
function placesOf(layers: readonly KerasLayer[]): Map<string, string> {
  const counts = new Map<string, number>();
  const places = layers.map(({ name, kind }): [string, string] => {
    const base = kind
      .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
      .replace(/([a-z])([A-Z])/g, "$1_$2")
      .toLowerCase();
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    return [name, count === 0 ? base : `${base}_${count}`];
  });
  return new Map(places);
}

/** Layers within a layer that have arrays, in the order in which their layer names them. */
const INNER = ["cell", "layer", "forward_layer", "backward_layer"];

/** The arrays of a layer's group and of the layers within it, each in the order of their numbers. */
function numberedArrays(group: Hdf5Group | undefined): StoredTensor[] {
  if (!group) return [];
  const own = [...(group.groups.get("vars")?.arrays ?? [])].sort(([a], [b]) => Number(a) - Number(b));
  return [
    ...own.map(([, tensor]) => tensor),
    ...INNER.flatMap((name) => numberedArrays(group.groups.get(name))),
  ];
}

/** Weights that know how they begin, and the beginning of all weights of a graph. */
import { InputError } from "../graph/errors.ts";
import { type Graph, inputsOf } from "../graph/graph.ts";
import { type Value, weight } from "../graph/value.ts";
import type { Initializer } from "./initializers.ts";
import { random } from "./random.ts";

/** A weight's shape and how it begins. */
export interface WeightDeclaration {
  shape: readonly number[];
  initializer: Initializer;
}

/** Weights by name; one that only some options call for is an optional property. */
export type WeightDeclarations = { readonly [name: string]: WeightDeclaration | undefined };

/** The weights that were declared, by the same names. */
export type WeightValues<Declarations extends WeightDeclarations> = {
  readonly [Name in keyof Declarations]: undefined extends Declarations[Name] ? Value | undefined : Value;
};

const initializers = new WeakMap<Value, Initializer>();

/** A trained tensor under its path in the model ("encoder.forward.recurrent"). */
export function declareWeight(path: string, { shape, initializer }: WeightDeclaration): Value {
  const value = weight(path, shape);
  initializers.set(value, initializer);
  return value;
}

/** Several weights of one layer, each under the layer's path and its own name; those that are undefined are left out. */
export function declareWeights<Declarations extends WeightDeclarations>(
  path: string,
  all: Declarations,
): WeightValues<Declarations> {
  const declared = Object.entries(all).flatMap(([name, one]) =>
    one === undefined ? [] : [[name, declareWeight(`${path}.${name}`, one)]],
  );
  return Object.fromEntries(declared) as WeightValues<Declarations>;
}

/**
 * The values with which a graph's weights begin. Each depends on the seed and its own path alone.
 *
 * ```ts
 * const weights = initialWeights(graph, 7); // { "encoder.forward.input": Float32Array, … }
 * ```
 */
export function initialWeights(graph: Graph, seed: number): Record<string, Float32Array> {
  const { stream } = random(seed);
  const begin = ([path, value]: [string, Value]): [string, Float32Array] => {
    const initializer = initializers.get(value);
    if (!initializer) throw new InputError(`weight "${path}" was declared without an initializer`);
    return [path, initializer(value.shape as readonly number[], stream(path))];
  };
  return Object.fromEntries([...inputsOf(graph, "weight")].map(begin));
}

/** A model in a few lines: what goes in and out, how large it is, whether it streams. */
import { InputError } from "../graph/errors.ts";
import { inputsOf } from "../graph/graph.ts";
import { formatShape } from "../graph/shape.ts";
import { stepOf } from "../stream/step-of-model.ts";
import type { Model } from "../weights/model.ts";

export interface Description {
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  weights: Record<string, readonly number[]>;
  parameters: number;
  /** Which output becomes which input, where the model computes one step. */
  states?: Readonly<Record<string, string>>;
  thresholds?: Readonly<Record<string, number>>;
  /** True, or why not. */
  streams: true | string;
}

export function describe(model: Model): Description {
  const { graph, states, thresholds } = model;
  const typed = (entries: Iterable<[string, { dtype: string; shape: Parameters<typeof formatShape>[0] }]>) =>
    Object.fromEntries(
      [...entries].map(([name, { dtype, shape }]) => [name, `${dtype} ${formatShape(shape)}`]),
    );
  const weights = [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
    path,
    shape as readonly number[],
  ]);
  return {
    inputs: typed(inputsOf(graph, "input")),
    outputs: typed(Object.entries(graph.outputs)),
    weights: Object.fromEntries(weights),
    parameters: countParameters(model),
    states,
    thresholds,
    streams: whetherStreams(model),
  };
}

/** How many numbers a model's weights hold. */
export function countParameters({ graph, weights }: Model): number {
  return [...inputsOf(graph, "weight").keys()].reduce((sum, path) => sum + weights[path].length, 0);
}

function whetherStreams(model: Model): true | string {
  try {
    stepOf(model);
    return true;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** A description as lines for people. */
export function inLines({ inputs, outputs, weights, parameters, streams }: Description): string {
  const named = (title: string, entries: Record<string, string>) =>
    Object.entries(entries).map(([name, type]) => `${title} ${name}: ${type}`);
  const largest = Object.entries(weights).map(([path, dims]) => `  ${path} [${dims.join(", ")}]`);
  return [
    ...named("in  ", inputs),
    ...named("out ", outputs),
    `${largest.length} weights, ${parameters.toLocaleString("en-US")} numbers`,
    ...largest,
    streams === true ? "streams: yes" : `streams: no: ${streams}`,
  ].join("\n");
}

/** One step after the other on the reference: what a stream is held against. */

import { type Graph, graphOf, inputsOf } from "../src/graph/graph.ts";
import type { ArrayTensor } from "../src/graph/interpret.ts";
import { interpret } from "../src/graph/interpret.ts";
import type { Value } from "../src/graph/value.ts";
import type { StepGraph } from "../src/stream/step-graph.ts";
import type { Model } from "../src/weights/model.ts";

/** What each step gives, for frames by the names of the inputs, each as many numbers as the input holds. */
export function interpretSteps(
  step: StepGraph,
  frames: readonly Readonly<Record<string, ArrayLike<number>>>[],
): Record<string, Float64Array>[] {
  const begin = interpretOn(graphOf([], named(step.states.map(({ initial }) => initial))), step.weights, {});
  let states = step.states.map((_, index) => begin[`value ${index}`].data);
  const inputs = [...Object.values(step.inputs), ...step.states.map(({ before }) => before)];
  const graph = graphOf(inputs, { ...step.outputs, ...named(step.states.map(({ after }) => after)) });
  return frames.map((frame) => {
    const fed = Object.fromEntries(step.states.map(({ before }, index) => [nameOf(before), states[index]]));
    const found = interpretOn(graph, step.weights, { ...frame, ...fed });
    states = step.states.map((_, index) => found[`value ${index}`].data);
    return Object.fromEntries(Object.keys(step.outputs).map((name) => [name, found[name].data]));
  });
}

/** A model on the reference: every input that is not a weight by name, as many numbers as its shape has. */
export function interpretModel(
  { graph, weights }: Model,
  feeds: Readonly<Record<string, ArrayTensor>>,
): Record<string, ArrayTensor> {
  return interpret(graph, { ...feeds, ...weightFeeds(graph, weights) });
}

function interpretOn(
  graph: Graph,
  weights: Model["weights"],
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, ArrayTensor> {
  const tensors = [...inputsOf(graph, "input")].map(([name, { shape }]) => [
    name,
    { shape: shape as readonly number[], data: Float64Array.from(feeds[name]) },
  ]);
  return interpret(graph, { ...Object.fromEntries(tensors), ...weightFeeds(graph, weights) });
}

function weightFeeds(graph: Graph, weights: Model["weights"]): Record<string, ArrayTensor> {
  return Object.fromEntries(
    [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
      path,
      { shape: shape as readonly number[], data: Float64Array.from(weights[path]) },
    ]),
  );
}

const named = (values: readonly Value[]) =>
  Object.fromEntries(values.map((value, index) => [`value ${index}`, value]));

const nameOf = (value: Value): string =>
  value.node.is("input") ? value.node.attributes.name : value.label();

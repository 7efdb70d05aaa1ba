/** A graph together with the numbers of its weights: what is trained, compressed, streamed, imported and exported. */
import { InputError } from "../graph/errors.ts";
import { type Graph, inputsOf } from "../graph/graph.ts";
import { formatShape } from "../graph/shape.ts";

export interface Model {
  /** From inputs along time ([time, batch, …], the open size "time") to outputs along it; or, with `states`, one step. */
  graph: Graph;
  /** The numbers of every weight of the graph, row-major, by path. */
  weights: Readonly<Record<string, Float32Array>>;
  /** For a graph of one step: which output is what an input becomes at the next step, by the input's name. */
  states?: Readonly<Record<string, string>>;
  /** By how much a number must change to be passed on to a product, by the path of the product's weight (delta networks). */
  thresholds?: Readonly<Record<string, number>>;
}

/**
 * Checks that a model's numbers fill its graph's weights, and that its states name inputs and outputs of one shape.
 *
 * @throws InputError that names the first weight or state that is missing or has another size
 */
export function checkModel({ graph, weights, states = {} }: Model): void {
  for (const [path, { shape }] of inputsOf(graph, "weight")) {
    const needed = (shape as readonly number[]).reduce((a, b) => a * b, 1);
    if (weights[path]?.length !== needed)
      throw new InputError(
        `weight "${path}" ${formatShape(shape)} needs ${needed} numbers and has ${weights[path]?.length ?? "none"}`,
      );
  }
  for (const [input, output] of Object.entries(states)) {
    const before = graph.inputs.find(({ name, role }) => name === input && role === "input");
    const after = graph.outputs[output];
    if (!before || !after)
      throw new InputError(
        `state "${input}" becomes "${output}": the graph has no ${before ? "output" : "input"} of that name`,
      );
    if (formatShape(before.shape) !== formatShape(after.shape) || before.dtype !== after.dtype)
      throw new InputError(
        `state "${input}" is ${formatShape(before.shape)} and becomes "${output}" ${formatShape(after.shape)}: it must keep its shape`,
      );
  }
}

/** A model's graph with other numbers, or with some of them replaced. */
export function withWeights(model: Model, weights: Readonly<Record<string, Float32Array>>): Model {
  return { ...model, weights: { ...model.weights, ...weights } };
}

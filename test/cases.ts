/** What a transform or a runtime is tried on: a function over values, and the numbers to run it on. */
import { type Graph, graphOf, type InputType, trace } from "../src/graph/graph.ts";
import { input, type Value } from "../src/graph/value.ts";
import type { FeedOptions } from "./feeds.ts";

export interface Case extends FeedOptions {
  title: string;
  inputs: Record<string, InputType>;
  write: (values: Record<string, Value>) => Value | readonly Value[];
  /** The inputs whose gradients are compared with differences: all that can be, unless stated. */
  with?: readonly string[];
}

/** Traces a case; its results are the outputs "0", "1", … */
export function traceCase({ inputs, write }: Case): Graph {
  return trace(inputs, (values) => {
    const results = [write(values)].flat();
    return Object.fromEntries(results.map((result, index) => [`${index}`, result]));
  });
}

/**
 * A graph whose output "loss" is Σ seed · result over all outputs that match, with an input "seed.NAME"
 * for each: its gradient is any wanted combination of the outputs' gradients.
 */
export function withLoss(graph: Graph, matching = /./): Graph {
  const parts = Object.entries(graph.outputs)
    .filter(([name]) => matching.test(name))
    .map(([name, value]) => {
      const number = value.dtype === "bool" || value.dtype === "int32" ? value.cast("float32") : value;
      return number.mul(input(`seed.${name}`, value.shape, { dtype: number.dtype })).sum();
    });
  const loss = parts.reduce((sum, part) => sum.add(part));
  return graphOf(
    graph.inputs.map(({ value }) => value),
    { ...graph.outputs, loss },
  );
}

/** The names of a graph's inputs that can be differentiated, seeds aside. */
export function differentiable(graph: Graph): string[] {
  return graph.inputs
    .filter(({ name, dtype }) => dtype.startsWith("float") && !name.startsWith("seed."))
    .map(({ name }) => name);
}

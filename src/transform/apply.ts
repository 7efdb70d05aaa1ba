/** Using a graph inside another: its inputs are replaced by values, and what it computes from them comes back. */
import { InputError } from "../graph/errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { Rewriter } from "./rewrite.ts";

/**
 * A graph's outputs for other inputs. Weights stay the same values, so that graphs that use one model share them.
 *
 * ```ts
 * const training = trace({ x: ["time", "batch", 40], labels }, ({ x, labels }) => ({
 *   loss: crossEntropy(applyGraph(model.graph, { x }).logits, labels),
 * }));
 * ```
 *
 * @param inputs by the graph's names; inputs that are not named stay inputs
 * @throws InputError for a name that the graph has no input for
 */
export function applyGraph(graph: Graph, inputs: Readonly<Record<string, Value>>): Record<string, Value> {
  const replaced = new Map<Value, Value>();
  for (const [name, value] of Object.entries(inputs)) {
    const found = graph.inputs.find((one) => one.name === name);
    if (!found)
      throw new InputError(
        `the graph has no input "${name}", only ${graph.inputs.map((one) => `"${one.name}"`).join(", ")}`,
      );
    replaced.set(found.value, value);
  }
  const names = Object.keys(graph.outputs);
  const results = new Rewriter({}, replaced).rewrite(Object.values(graph.outputs));
  return Object.fromEntries(names.map((name, index) => [name, results[index]]));
}

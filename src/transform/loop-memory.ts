/** How much the loops of a graph keep: known from its sizes, before anything runs. */
import { bindSizes } from "../graph/bind.ts";
import { evaluateSize } from "../graph/dim.ts";
import { allUnits, type Graph } from "../graph/graph.ts";
import { isLoopUnit } from "../graph/schedule.ts";
import { volume } from "../graph/shape.ts";
import { hoist } from "./hoist.ts";
import { simplify } from "./simplify.ts";

const bytesOf = { float32: 4, float64: 8, int32: 4, bool: 1 } as const;

/**
 * The bytes of all values that loops stack over their steps, as they run: outputs, and, in a graph with a
 * gradient, what the backward loops read by the rule in `gradient.ts`. It grows linearly with the steps.
 *
 * ```ts
 * loopMemory(training, { x: [10_000, 1, 1024] }); // bytes
 * ```
 *
 * @param shapes of the graph's inputs; weights may be left out
 */
export function loopMemory(graph: Graph, shapes: Readonly<Record<string, readonly number[]>>): number {
  const given = Object.keys(shapes);
  const bindings = bindSizes(
    graph.inputs.filter(({ name }) => given.includes(name)),
    shapes,
  );
  let bytes = 0;
  for (const unit of allUnits(Object.values(simplify(hoist(graph)).outputs))) {
    if (!isLoopUnit(unit)) continue;
    for (const { value } of unit.stacks)
      bytes += evaluateSize(volume(value.shape), bindings) * bytesOf[value.dtype];
  }
  return bytes;
}

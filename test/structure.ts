/** What a graph is made of, for tests. */
import { allUnits, type Graph } from "../src/graph/graph.ts";
import { dependencies, type Loop } from "../src/graph/loop.ts";
import type { Operator } from "../src/graph/operators.ts";
import { isLoopUnit, type LoopUnit } from "../src/graph/schedule.ts";
import type { Node, Value } from "../src/graph/value.ts";

export function nodesOf(graph: Graph): Node[] {
  return [...allUnits(Object.values(graph.outputs))].filter((unit): unit is Node => !isLoopUnit(unit));
}

export function loopsOf(graph: Graph): LoopUnit[] {
  return [...allUnits(Object.values(graph.outputs))].filter(isLoopUnit);
}

/** How often operators occur, in loops (each step counted once) or outside. */
export function countOperators(
  graph: Graph,
  operators: readonly Operator[],
  where: "inside" | "outside" | "anywhere" = "anywhere",
): number {
  return nodesOf(graph).filter(
    ({ op, scope }) =>
      operators.includes(op) && (where === "anywhere" || (scope !== null) === (where === "inside")),
  ).length;
}

/** Whether a value of a loop's body depends on one of the loop's states. */
export function dependsOnState(value: Value, loop: Loop): boolean {
  const seen = new Set<Node>();
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    const parameter = at;
    if (loop.states.some((state) => state.parameter === parameter)) return true;
    if (seen.has(at.node)) continue;
    seen.add(at.node);
    if (!at.node.is("parameter")) open.push(...dependencies(at.node));
  }
  return false;
}

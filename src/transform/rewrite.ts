/** Rebuilding graphs node by node: what most transforms are made of. */
import { type Graph, graphOf } from "../graph/graph.ts";
import { Loop } from "../graph/loop.ts";
import { bodyResults, isLoopUnit, type LoopUnit, loopUnit, schedule } from "../graph/schedule.ts";
import { type Node, reapply, type Value } from "../graph/value.ts";

/** What takes a node's place, given its rewritten operands; undefined leaves the operator as it is. */
export type NodeRule = (node: Node, operands: readonly Value[]) => readonly Value[] | undefined;

/** What takes the place of the results of a loop that has been rebuilt; undefined leaves them. */
export type LoopRule = (unit: LoopUnit) => ReadonlyMap<Value, Value> | undefined;

export interface Rules {
  node?: NodeRule;
  /** Sees each loop after its body, and so the loops in it, have been rewritten. */
  loop?: LoopRule;
}

/** Rewrites all that leads to a graph's outputs; inputs stay. */
export function rewriteGraph(graph: Graph, rules: Rules): Graph {
  const names = Object.keys(graph.outputs);
  const rewritten = rewrite(Object.values(graph.outputs), rules);
  return graphOf(
    graph.inputs.map(({ value }) => value),
    Object.fromEntries(names.map((name, index) => [name, rewritten[index]])),
  );
}

/**
 * Rewrites all that leads to some values.
 *
 * @param replaced values that are known already; what is rewritten on the way is added to it
 * @param scope the loop in which the values lie; null outside all
 */
export function rewrite(
  wanted: readonly Value[],
  rules: Rules = {},
  replaced: Map<Value, Value> = new Map(),
  scope: Loop | null = null,
): Value[] {
  const now = (value: Value): Value => replaced.get(value) ?? value;

  const rewriteNode = (node: Node) => {
    const operands = node.operands.map(now);
    const results = rules.node?.(node, operands) ?? rebuild(node, operands);
    node.results.forEach((result, index) => {
      replaced.set(result, results[index]);
    });
  };

  const rewriteLoop = (unit: LoopUnit) => {
    const { loop, reach, finals, stacks } = unit;
    const copy = new Loop(loop);
    const states = [...reach.states];
    for (const state of states) {
      const { parameter, initial } = loop.states[state];
      replaced.set(parameter, copy.addState(now(initial)));
    }
    for (const sequence of reach.sequences) {
      const { parameter, source } = loop.sequences[sequence];
      replaced.set(parameter, copy.addSequence(now(source)));
    }
    rewriteUnits(bodyResults(unit), loop);
    states.forEach((state, index) => {
      copy.setNext(index, now(loop.states[state].next!));
    });
    const results = new Map<Value, Value>([
      ...finals.map(({ state, value }): [Value, Value] => [value, copy.final(states.indexOf(state))]),
      ...stacks.map(({ body, value }): [Value, Value] => [value, copy.stack(now(body))]),
    ]);
    const changed = rules.loop?.(loopUnit(copy, new Set(results.values())));
    for (const [value, result] of results) replaced.set(value, changed?.get(result) ?? result);
  };

  const rewriteUnits = (values: readonly Value[], within: Loop | null) => {
    for (const unit of schedule(values, within)) {
      if (isLoopUnit(unit)) rewriteLoop(unit);
      else if (!unit.is("parameter") && !replaced.has(unit.results[0])) rewriteNode(unit);
    }
  };

  rewriteUnits(wanted, scope);
  return wanted.map(now);
}

/** A node's results for other operands; the node's own where these are the same. */
export function rebuild(node: Node, operands: readonly Value[]): readonly Value[] {
  const same = operands.every((operand, index) => operand === node.operands[index]);
  return same ? node.results : reapply(node, operands);
}

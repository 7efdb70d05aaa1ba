/** Rebuilding graphs node by node: what most transforms are made of. */
import { type Graph, graphOf } from "../graph/graph.ts";
import { Loop } from "../graph/loop.ts";
import { bodyResults, isLoopUnit, type LoopUnit, loopUnit, schedule } from "../graph/schedule.ts";
import { type Node, reapply, type Value } from "../graph/value.ts";

/** What takes a node's place, given its rewritten operands; undefined leaves the operator as it is. */
export type NodeRule = (node: Node, operands: readonly Value[]) => readonly Value[] | undefined;

/** What takes the place of a loop that has been rebuilt; undefined leaves it. */
export type LoopRule = (unit: LoopUnit) => ReadonlyMap<Value, Value> | undefined;

export interface Rules {
  node?: NodeRule;
  /** Sees each loop after its body has been rewritten; maps its results to others. */
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

/** Rewrites all that leads to some values. */
export function rewrite(wanted: readonly Value[], rules: Rules): Value[] {
  const replaced = new Map<Value, Value>();
  const now = (value: Value): Value => replaced.get(value) ?? value;

  const rewriteNode = (node: Node) => {
    const operands = node.operands.map(now);
    const same = operands.every((operand, index) => operand === node.operands[index]);
    const results = rules.node?.(node, operands) ?? (same ? node.results : reapply(node, operands));
    node.results.forEach((result, index) => {
      replaced.set(result, results[index]);
    });
  };

  const rewriteLoop = (unit: LoopUnit) => {
    const { loop, reach, finals, stacks } = unit;
    const copy = new Loop(loop);
    const states = [...reach.states].map((state) => loop.states[state]);
    for (const { parameter, initial } of states) replaced.set(parameter, copy.addState(now(initial)));
    for (const sequence of reach.sequences) {
      const { parameter, source } = loop.sequences[sequence];
      replaced.set(parameter, copy.addSequence(now(source)));
    }
    rewriteUnits(bodyResults(unit), loop);
    states.forEach(({ next }, index) => {
      copy.setNext(index, now(next!));
    });
    const index = new Map([...reach.states].map((state, index) => [state, index]));
    const results = new Map<Value, Value>([
      ...finals.map(({ state, value }): [Value, Value] => [value, copy.final(index.get(state)!)]),
      ...stacks.map(({ body, value }): [Value, Value] => [value, copy.stack(now(body))]),
    ]);
    const changes = rules.loop?.(loopUnit(copy, new Set(results.values())));
    for (const [value, result] of results) replaced.set(value, changes?.get(result) ?? result);
  };

  const rewriteUnits = (values: readonly Value[], scope: Loop | null) => {
    for (const unit of schedule(values, scope)) {
      if (isLoopUnit(unit)) rewriteLoop(unit);
      else if (!unit.is("parameter")) rewriteNode(unit);
    }
  };

  rewriteUnits(wanted, null);
  return wanted.map(now);
}

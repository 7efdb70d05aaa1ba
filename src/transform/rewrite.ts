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
  /** Sees the copy of a loop whose body has just been rewritten: states that a node's rule has added can be completed. */
  body?: (loop: Loop) => void;
  /** Sees each loop after its body, and so the loops in it, have been rewritten. */
  loop?: LoopRule;
}

/** Rewrites all that leads to a graph's outputs; inputs stay. */
export function rewriteGraph(graph: Graph, rules: Rules): Graph {
  const names = Object.keys(graph.outputs);
  const rewritten = new Rewriter(rules).rewrite(Object.values(graph.outputs));
  return graphOf(
    graph.inputs.map(({ value }) => value),
    Object.fromEntries(names.map((name, index) => [name, rewritten[index]])),
  );
}

/** A loop's copy, and where in it the loop's states are. */
interface Copy {
  loop: Loop;
  states: Map<number, number>;
}

/** Rewrites values. What one call has rewritten, later calls find done: a loop has one copy in all. */
export class Rewriter {
  private readonly rules: Rules;
  private readonly replaced: Map<Value, Value>;
  private readonly scope: Loop | null;
  private readonly copies = new Map<Loop, Copy>();

  /**
   * @param replaced values whose replacements are known already; what is rewritten is added to it
   * @param scope the loop in which the values lie; null outside all
   */
  constructor(rules: Rules, replaced: Map<Value, Value> = new Map(), scope: Loop | null = null) {
    this.rules = rules;
    this.replaced = replaced;
    this.scope = scope;
  }

  rewrite(wanted: readonly Value[]): Value[] {
    this.rewriteUnits(wanted, this.scope);
    return wanted.map((value) => this.now(value));
  }

  private now(value: Value): Value {
    return this.replaced.get(value) ?? value;
  }

  private rewriteUnits(wanted: readonly Value[], scope: Loop | null): void {
    for (const unit of schedule(wanted, scope)) {
      if (isLoopUnit(unit)) this.rewriteLoop(unit);
      else if (!unit.is("parameter") && !this.replaced.has(unit.results[0])) this.rewriteNode(unit);
    }
  }

  private rewriteNode(node: Node): void {
    const operands = node.operands.map((operand) => this.now(operand));
    const results = this.rules.node?.(node, operands) ?? rebuild(node, operands);
    node.results.forEach((result, index) => {
      this.replaced.set(result, results[index]);
    });
  }

  private rewriteLoop(unit: LoopUnit): void {
    const finals = unit.finals.filter(({ value }) => !this.replaced.has(value));
    const stacks = unit.stacks.filter(({ value }) => !this.replaced.has(value));
    if (finals.length + stacks.length === 0) return;
    const copy = this.copyBody(unit);
    const results = new Map<Value, Value>([
      ...finals.map(({ state, value }): [Value, Value] => [value, copy.loop.final(copy.states.get(state)!)]),
      ...stacks.map(({ body, value }): [Value, Value] => [value, copy.loop.stack(this.now(body))]),
    ]);
    const changed = this.rules.loop?.(loopUnit(copy.loop, new Set(results.values())));
    for (const [value, result] of results) this.replaced.set(value, changed?.get(result) ?? result);
  }

  /** Adds to a loop's copy what a unit needs of the loop. */
  private copyBody(unit: LoopUnit): Copy {
    const { loop, reach } = unit;
    const copy = this.copies.get(loop) ?? { loop: new Loop(loop), states: new Map() };
    this.copies.set(loop, copy);
    const added = [...reach.states].filter((state) => !copy.states.has(state));
    for (const state of added) {
      const { parameter, initial } = loop.states[state];
      copy.states.set(state, copy.loop.states.length);
      this.replaced.set(parameter, copy.loop.addState(this.now(initial)));
    }
    for (const sequence of reach.sequences) {
      const { parameter, source } = loop.sequences[sequence];
      this.replaced.set(parameter, copy.loop.addSequence(this.now(source)));
    }
    this.rewriteUnits(bodyResults(unit), loop);
    for (const state of added) {
      copy.loop.setNext(copy.states.get(state)!, this.now(loop.states[state].next!));
    }
    this.rules.body?.(copy.loop);
    return copy;
  }
}

/** A node's results for other operands; the node's own where these are the same. */
export function rebuild(node: Node, operands: readonly Value[]): readonly Value[] {
  const same = operands.every((operand, index) => operand === node.operands[index]);
  return same ? node.results : reapply(node, operands);
}

/**
 * The order of computation. All results of a loop come from one run of it, so the units of a schedule are
 * single nodes and whole loops, each with just those states, sequences and results that are wanted.
 */
import { dependencies, type Loop, type Reach } from "./loop.ts";
import type { Node, Value } from "./value.ts";

/** One run of a loop. */
export interface LoopUnit {
  loop: Loop;
  /** What is wanted of it. */
  finals: { state: number; value: Value }[];
  stacks: { body: Value; value: Value }[];
  /** What that needs. */
  reach: Reach;
}

export type Unit = Node | LoopUnit;

export function isLoopUnit(unit: Unit): unit is LoopUnit {
  return "loop" in unit;
}

/** The units that compute `wanted`, each after those that it reads; values of shallower loops are taken as known. */
export function schedule(wanted: Iterable<Value>, scope: Loop | null): Unit[] {
  const units = collect(wanted, scope);
  const order: Unit[] = [];
  const placed = new Set<Unit>();
  const path: { unit: Unit; next: Iterator<Value> }[] = [];
  const enter = (value: Value) => {
    const unit = units.get(keyOf(value.node));
    if (!unit || placed.has(unit)) return;
    placed.add(unit);
    path.push({ unit, next: readsOf(unit)[Symbol.iterator]() });
  };
  for (const value of wanted) {
    enter(value);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const { done, value: read } = top.next.next();
      if (!done) enter(read);
      else order.push(path.pop()!.unit);
    }
  }
  return order;
}

/** The values that a unit reads. */
export function readsOf(unit: Unit): readonly Value[] {
  return isLoopUnit(unit) ? unit.loop.dependencies(unit.reach) : unit.operands;
}

/** The values that a unit gives. */
export function resultsOf(unit: Unit): readonly Value[] {
  return isLoopUnit(unit) ? [...unit.finals, ...unit.stacks].map(({ value }) => value) : unit.results;
}

/** The values inside a loop that a unit needs at the end of each step. */
export function bodyResults({ loop, reach, stacks }: LoopUnit): Value[] {
  return [...[...reach.states].map((state) => loop.states[state].next!), ...stacks.map(({ body }) => body)];
}

function keyOf(node: Node): Node | Loop {
  return node.is("final") || node.is("stack") ? node.attributes.loop : node;
}

function collect(wanted: Iterable<Value>, scope: Loop | null): Map<Node | Loop, Unit> {
  const units = new Map<Node | Loop, Unit>();
  const seen = new Set<Node>();
  const open = [...wanted];
  for (let value = open.pop(); value; value = open.pop()) {
    const { node } = value;
    if (seen.has(node) || node.scope !== scope) continue;
    seen.add(node);
    open.push(...dependencies(node));
    if (node.is("final") || node.is("stack")) addResult(units, node, value);
    else units.set(node, node);
  }
  return units;
}

function addResult(units: Map<Node | Loop, Unit>, node: Node<"final"> | Node<"stack">, value: Value): void {
  const { loop } = node.attributes;
  const unit = (units.get(loop) as LoopUnit | undefined) ?? emptyUnit(loop);
  units.set(loop, unit);
  want(unit, node, value);
}

/** One run of a loop, for some of its results. */
export function loopUnit(loop: Loop, results: Iterable<Value>): LoopUnit {
  const unit = emptyUnit(loop);
  for (const value of results) want(unit, value.node as Node<"final"> | Node<"stack">, value);
  return unit;
}

function emptyUnit(loop: Loop): LoopUnit {
  return {
    loop,
    finals: [],
    stacks: [],
    reach: { states: new Set(), sequences: new Set(), captures: new Set() },
  };
}

function want(unit: LoopUnit, node: Node<"final"> | Node<"stack">, value: Value): void {
  const { loop, reach } = unit;
  if (node.is("final")) {
    unit.finals.push({ state: node.attributes.state, value });
    merge(reach, loop.reach(loop.states[node.attributes.state].parameter));
  } else {
    const body = (node as Node<"stack">).attributes.value;
    unit.stacks.push({ body, value });
    merge(reach, loop.reach(body));
  }
}

function merge(into: Reach, from: Reach): void {
  for (const state of from.states) into.states.add(state);
  for (const sequence of from.sequences) into.sequences.add(sequence);
  for (const capture of from.captures) into.captures.add(capture);
}

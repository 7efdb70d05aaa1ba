/**
 * Moves products out of loops, where one product over all steps is far faster than one a step.
 *
 * - A product that does not depend on the loop's state (W x) is computed before the loop, for all steps.
 *   In sums, the terms that do not depend on the state are added up first, so that they leave with it.
 * - A product that only an output needs (V h) is computed after the loop, from the stacked h.
 * - A sum over all steps that a state gathers up (the gradient of a weight: Σ xᵀ g) becomes one product
 *   over the stacked steps: see `sum-over-time.ts`.
 *
 * What else does not depend on the state stays: lifting elementwise functions gains nothing.
 */
import type { Graph } from "../graph/graph.ts";
import { dependencies, Loop } from "../graph/loop.ts";
import type { LoopUnit } from "../graph/schedule.ts";
import type { Node, Value } from "../graph/value.ts";
import { canLift, type Lifted, liftNode } from "./lift.ts";
import { previousValues } from "./previous-values.ts";
import { type NodeRule, Rewriter, rewriteGraph } from "./rewrite.ts";
import { findAccumulators, sumOverTime, termsOf } from "./sum-over-time.ts";

export function hoist(graph: Graph): Graph {
  return rewriteGraph(graph, { node: gatherStateFreeTerms, loop: hoistLoop });
}

/** Rebuilds a loop without the products that need not be in it. */
function hoistLoop(unit: LoopUnit): ReadonlyMap<Value, Value> {
  const { loop, reach, finals, stacks } = unit;
  const accumulators = findAccumulators(unit);
  const states = [...reach.states].filter((state) => !accumulators.has(state));
  const kept = [...accumulators.values()].flatMap(({ rest }) => rest);
  const core = coreOf(loop, [...states.map((state) => loop.states[state].next!), ...kept]);

  const smaller = new Loop(loop);
  const replaced = new Map<Value, Value>();
  const index = new Map(states.map((state, position) => [state, position]));
  for (const state of states) {
    const { parameter, initial } = loop.states[state];
    replaced.set(parameter, smaller.addState(initial));
  }
  for (const sequence of reach.sequences) {
    const { parameter, source } = loop.sequences[sequence];
    replaced.set(parameter, smaller.addSequence(source));
  }
  const rewriter = new Rewriter({}, replaced, loop);
  const inside = (value: Value): Value => rewriter.rewrite([value])[0];
  const { before, outside } = emitters(loop, smaller, inside, core.values);
  for (const value of core.lifted) replaced.set(value, smaller.addSequence(before(value).value));
  for (const state of states) smaller.setNext(index.get(state)!, inside(loop.states[state].next!));

  const results = new Map<Value, Value>();
  for (const { state, value } of finals) {
    const accumulator = accumulators.get(state);
    if (!accumulator) {
      results.set(value, smaller.final(index.get(state)!));
      continue;
    }
    const sums = accumulator.terms.map((term) => sumOverTime(term, outside));
    const { initial } = loop.states[state];
    if (accumulator.rest.length > 0) {
      const rest = accumulator.rest.map(inside).reduce((a, b) => a.add(b));
      sums.push(smaller.sum(rest, initial));
    } else if (!isZero(initial)) sums.push(initial);
    results.set(
      value,
      sums.reduce((a, b) => a.add(b)),
    );
  }
  for (const { body, value } of stacks) results.set(value, allSteps(outside(body), loop));
  return results;
}

function allSteps({ value, stacked }: Lifted, loop: Loop): Value {
  return stacked ? value : value.expand([loop.length, ...value.shape]);
}

/** What must stay in a loop for its states' sake, and the products at its border that need not. */
function coreOf(
  loop: Loop,
  roots: readonly Value[],
): { values: ReadonlySet<Value>; lifted: ReadonlySet<Value> } {
  const values = new Set<Value>();
  const lifted = new Set<Value>();
  const open = [...roots];
  for (let value = open.pop(); value; value = open.pop()) {
    if (value.scope !== loop || values.has(value) || lifted.has(value)) continue;
    if (!dependsOnState(value) && liftable(value) && hasProduct(value)) {
      lifted.add(value);
      continue;
    }
    values.add(value);
    open.push(...dependencies(value.node));
  }
  return { values, lifted };
}

type Emitter = (value: Value) => Lifted;

/**
 * How body values are had outside their loop: before it, computed for all steps at once alone, and after
 * it, where a value that is computed in the loop anyway, or costs little there, is stacked.
 */
function emitters(
  loop: Loop,
  smaller: Loop,
  inside: (value: Value) => Value,
  core: ReadonlySet<Value>,
): { before: Emitter; outside: Emitter } {
  const known = new Map<Value, Lifted>();
  const emitter = (stays: (value: Value) => boolean): Emitter => {
    const find = (value: Value): Lifted => {
      const sequence = loop.sequences.find(({ parameter }) => parameter === value);
      if (sequence) return { value: sequence.source, stacked: true };
      const state = loop.states.find(({ parameter }) => parameter === value);
      if (state) return { value: previousValues(smaller, state.initial, inside(state.next!)), stacked: true };
      if (stays(value)) return { value: smaller.stack(inside(value)), stacked: true };
      const { node } = value;
      liftNode(node, node.operands.map(emit), loop.length).forEach((lifted, position) => {
        known.set(node.results[position], { value: lifted, stacked: true });
      });
      return known.get(value)!;
    };
    const emit = (value: Value): Lifted => {
      if (value.scope !== loop) return { value, stacked: false };
      const lifted = known.get(value) ?? find(value);
      known.set(value, lifted);
      return lifted;
    };
    return emit;
  };
  return {
    before: emitter(() => false),
    outside: emitter((value) => core.has(value) || !isLiftable(value.node, loop) || !hasProduct(value, core)),
  };
}

/** Whether a body value depends on its loop's states. */
function dependsOnState(value: Value): boolean {
  const loop = value.scope;
  return someInBody(
    value,
    (at) => at.node.is("parameter") && loop!.states.some(({ parameter }) => parameter === at),
  );
}

/** Whether a product is computed on the way to a body value, short of the values in `border`. */
function hasProduct(value: Value, border: ReadonlySet<Value> = new Set()): boolean {
  return someInBody(value, ({ node }) => node.is("matmul") || node.is("conv") || node.is("gather"), border);
}

/** Whether every node between a body value and its loop's parameters can be lifted. */
function liftable(value: Value): boolean {
  const loop = value.scope!;
  return !someInBody(value, ({ node }) => !node.is("parameter") && !isLiftable(node, loop));
}

function isLiftable(node: Node, loop: Loop): boolean {
  if (node.is("final") || node.is("stack")) return false;
  return canLift(
    node,
    node.operands.map(({ scope }) => scope === loop),
  );
}

function someInBody(
  value: Value,
  test: (value: Value) => boolean,
  border: ReadonlySet<Value> = new Set(),
): boolean {
  const seen = new Set<Node>();
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    if (at.scope !== value.scope || seen.has(at.node) || border.has(at)) continue;
    if (test(at)) return true;
    seen.add(at.node);
    open.push(...dependencies(at.node));
  }
  return false;
}

/** In a sum of several terms, those that do not depend on the loop's states come first. */
const gatherStateFreeTerms: NodeRule = (node, operands) => {
  const { scope } = node;
  if (!node.is("add") || !scope) return undefined;
  const terms = operands.flatMap((operand) => termsOf(operand, scope));
  const free = terms.filter((term) => term.scope !== operands[0].scope || !dependsOnState(term));
  const bound = terms.filter((term) => !free.includes(term));
  if (free.length < 2 || bound.length === 0) return undefined;
  return [[...free, ...bound].reduce((a, b) => a.add(b))];
};

function isZero(value: Value): boolean {
  const { node } = value;
  return node.is("constant")
    ? node.attributes.data.every((number) => number === 0)
    : node.is("expand") && isZero(node.operands[0]);
}

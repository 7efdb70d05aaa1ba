/**
 * Reverse-mode derivatives of graphs, through loops.
 *
 * The derivative of a loop is a loop that runs the other way. Its states are the cotangents of the forward
 * states, and one accumulator for each outside value that the forward body reads. What it needs of the
 * forward steps it gets by one rule, so that memory is known beforehand:
 *
 * - sequences are there already;
 * - SAVED, one value a step: states, and results of products, reductions, look-ups and inner loops (a sum
 *   with products in it is saved as one value, in place of the products);
 * - recomputed: everything else (elementwise functions, layout).
 */
import { InputError } from "../graph/errors.ts";
import { zeros } from "../graph/functions.ts";
import { type Graph, graphOf } from "../graph/graph.ts";
import { Loop } from "../graph/loop.ts";
import type { Operator } from "../graph/operators.ts";
import { isLoopUnit, type LoopUnit, readsOf, resultsOf, schedule } from "../graph/schedule.ts";
import { formatShape } from "../graph/shape.ts";
import { filled, type Node, reapply, type Value } from "../graph/value.ts";
import { differentiate } from "./derivatives.ts";
import { previousValues } from "./previous-values.ts";

/**
 * Adds the gradient of one scalar output with respect to inputs or weights, as outputs "gradient.NAME".
 *
 * ```ts
 * const training = gradient(graph, { of: "loss", with: ["encoder.recurrent"] });
 * ```
 */
export function gradient(graph: Graph, { of, with: names }: { of: string; with: readonly string[] }): Graph {
  const loss = graph.outputs[of];
  if (!loss)
    throw new InputError(
      `gradient: the graph has no output "${of}"; it has ${Object.keys(graph.outputs).join(", ")}`,
    );
  const roots = names.map((name) => {
    const found = graph.inputs.find((one) => one.name === name);
    if (!found) throw new InputError(`gradient: the graph has no input "${name}"`);
    if (!isFloat(found.value))
      throw new InputError(`gradient: input "${name}" holds ${found.dtype}, which has no gradient`);
    return found.value;
  });
  const found = gradients(loss, roots);
  const named = names.map((name, index) => [`gradient.${name}`, found[index]]);
  return graphOf(
    graph.inputs.map(({ value }) => value),
    { ...graph.outputs, ...Object.fromEntries(named) },
  );
}

/** The gradients of a scalar with respect to values outside all loops; zeros where it does not depend on one. */
export function gradients(loss: Value, roots: readonly Value[]): Value[] {
  if (loss.rank !== 0 || !isFloat(loss)) {
    throw new InputError(
      `gradient: needs a floating-point scalar, not ${loss.label()} ${loss.dtype}${formatShape(loss.shape)}`,
    );
  }
  const wanted = new Set(roots);
  const seeds = new Cotangents();
  seeds.add(loss, filled(1, [], loss.dtype));
  const found = backpropagate(seeds, {
    scope: null,
    active: (value) => wanted.has(value),
    read: (value) => value,
  });
  return roots.map((root) => found.get(root) ?? zeros(root.shape, root.dtype));
}

/** Where a derivative is computed. */
interface Region {
  /** The forward loop that is being gone through backward; null outside all. */
  scope: Loop | null;
  /** Whether a value that enters the region (a root, a parameter, a capture) has a gradient that is wanted. */
  active: (value: Value) => boolean;
  /** A forward value, as the backward code can read it. */
  read: (value: Value) => Value;
}

class Cotangents {
  private readonly sums = new Map<Value, Value>();

  add(value: Value, cotangent: Value): void {
    const sum = this.sums.get(value);
    this.sums.set(value, sum ? sum.add(cotangent) : cotangent);
  }

  get(value: Value): Value | undefined {
    return this.sums.get(value);
  }

  values(): Value[] {
    return [...this.sums.keys()];
  }
}

/** Carries cotangents back from the seeds to all active values that enter the region. */
function backpropagate(cotangents: Cotangents, region: Region): Cotangents {
  const units = schedule(cotangents.values(), region.scope);
  const active = spreadActivity(units, region);
  for (const unit of units.reverse()) {
    const results = resultsOf(unit);
    if (!results.some((result) => active(result) && cotangents.get(result))) continue;
    if (isLoopUnit(unit)) {
      for (const [value, cotangent] of differentiateLoop(unit, cotangents, { ...region, active }))
        cotangents.add(value, cotangent);
      continue;
    }
    const found = differentiate(
      unit,
      unit.operands.map(region.read),
      () => results.map(region.read),
      results.map((result) => cotangents.get(result)),
    );
    found.forEach((cotangent, index) => {
      if (cotangent && active(unit.operands[index])) cotangents.add(unit.operands[index], cotangent);
    });
  }
  return cotangents;
}

/** Which values of a region depend on one whose gradient is wanted. */
function spreadActivity(units: ReturnType<typeof schedule>, region: Region): (value: Value) => boolean {
  const reached = new Set<Value>();
  const active = (value: Value) => reached.has(value) || region.active(value);
  for (const unit of units) {
    const blocked = !isLoopUnit(unit) && unit.is("stop");
    if (blocked || !readsOf(unit).some(active)) continue;
    for (const result of resultsOf(unit)) if (isFloat(result)) reached.add(result);
  }
  return active;
}

/** The cotangents of what a loop reads, from those of its results. */
function differentiateLoop(unit: LoopUnit, cotangents: Cotangents, outside: Region): [Value, Value][] {
  const { loop, reach } = unit;
  const active = bodyActivity(unit, outside.active);
  const { name, depth, length } = loop;
  const backward = new Loop({ name, depth, length, reverse: !loop.reverse });
  const states = [...reach.states].filter((state) => active(loop.states[state].parameter));

  const seeds = new Cotangents();
  for (const state of states) {
    const { parameter, next } = loop.states[state];
    const final = unit.finals.find((one) => one.state === state);
    const atEnd = (final && cotangents.get(final.value)) ?? zeros(parameter.shape, parameter.dtype);
    seeds.add(next!, backward.addState(atEnd));
  }
  for (const { body, value } of unit.stacks) {
    const cotangent = cotangents.get(value);
    if (cotangent && active(body)) seeds.add(body, backward.addSequence(cotangent));
  }
  const inside = backpropagate(seeds, {
    scope: loop,
    active,
    read: forwardReader(unit, backward, outside.read),
  });

  states.forEach((state, index) => {
    const { parameter } = loop.states[state];
    backward.setNext(index, inside.get(parameter) ?? zeros(parameter.shape, parameter.dtype));
  });
  const captured = [...reach.captures].flatMap((capture): [Value, Value][] => {
    const cotangent = active(capture) ? inside.get(capture) : undefined;
    if (!cotangent) return [];
    return [[capture, backward.sum(cotangent, zeros(cotangent.shape, cotangent.dtype))]];
  });
  return [
    ...states.map((state, index): [Value, Value] => [loop.states[state].initial, backward.final(index)]),
    ...captured,
    ...[...reach.sequences].flatMap((sequence): [Value, Value][] => {
      const { parameter, source } = loop.sequences[sequence];
      const cotangent = inside.get(parameter);
      return cotangent ? [[source, backward.stack(cotangent)]] : [];
    }),
  ];
}

/** Which values inside a loop are active: a state may become so through another, so until nothing changes. */
function bodyActivity(unit: LoopUnit, outside: (value: Value) => boolean): (value: Value) => boolean {
  const { loop, reach } = unit;
  const parameters = new Set<Value>();
  for (const sequence of reach.sequences) {
    if (outside(loop.sequences[sequence].source)) parameters.add(loop.sequences[sequence].parameter);
  }
  for (const state of reach.states)
    if (outside(loop.states[state].initial)) parameters.add(loop.states[state].parameter);
  const body = [...reach.states].map((state) => loop.states[state]);
  const units = schedule([...body.map(({ next }) => next!), ...unit.stacks.map(({ body }) => body)], loop);
  const region: Region = {
    scope: loop,
    active: (value) => parameters.has(value) || outside(value),
    read: (value) => value,
  };
  for (;;) {
    const active = spreadActivity(units, region);
    const more = body.filter(
      ({ parameter, next }) => isFloat(parameter) && !parameters.has(parameter) && active(next!),
    );
    if (more.length === 0) return active;
    for (const { parameter } of more) parameters.add(parameter);
  }
}

/** How a backward loop reads the values of its forward loop: the rule at the head of this file. */
function forwardReader({ loop }: LoopUnit, backward: Loop, outside: Region["read"]): Region["read"] {
  const known = new Map<Value, Value>();
  const recompute = (node: Node) => {
    const results = reapply(node, node.operands.map(read));
    node.results.forEach((result, index) => {
      known.set(result, results[index]);
    });
  };
  const find = (value: Value): Value => {
    const sequence = loop.sequences.find(({ parameter }) => parameter === value);
    if (sequence) return backward.addSequence(outside(sequence.source));
    const state = loop.states.find(({ parameter }) => parameter === value);
    if (state) return backward.addSequence(outside(previousValues(loop, state.initial, state.next!)));
    if (isSaved(value.node)) return backward.addSequence(outside(loop.stack(value)));
    recompute(value.node);
    return known.get(value)!;
  };
  const read = (value: Value): Value => {
    if (value.scope !== loop) return outside(value);
    if (!known.has(value)) known.set(value, find(value));
    return known.get(value)!;
  };
  return read;
}

const savedOperators: ReadonlySet<Operator> = new Set<Operator>([
  "matmul",
  "contract",
  "conv",
  "inverseLogDet",
  "sum",
  "max",
  "argmax",
  "cumulativeSum",
  "gather",
  "scatterAdd",
  "final",
  "stack",
]);

/** Whether the backward loop reads a forward value rather than computing it again. */
function isSaved(node: Node): boolean {
  return savedOperators.has(node.op) || isSumOfProducts(node);
}

function isSumOfProducts(node: Node): boolean {
  const sums = node.op === "add" || node.op === "sub";
  return (
    sums &&
    node.operands.some(
      ({ node: term }) => term.scope === node.scope && (isProduct(term) || isSumOfProducts(term)),
    )
  );
}

function isProduct(node: Node): boolean {
  return node.is("matmul") || node.is("conv");
}

function isFloat({ dtype }: Value): boolean {
  return dtype === "float32" || dtype === "float64";
}

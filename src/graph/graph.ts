/**
 * A graph: named inputs, named outputs, and the nodes between. `trace` makes one from a function over
 * values; transforms make one from another.
 */
import { InputError } from "./errors.ts";
import type { Role } from "./operators.ts";
import { bodyResults, isLoopUnit, schedule, type Unit } from "./schedule.ts";
import type { DType, Shape, ShapeLike } from "./shape.ts";
import { input, type Node, type Value } from "./value.ts";

export interface GraphInput {
  name: string;
  role: Role;
  shape: Shape;
  dtype: DType;
  value: Value;
}

export interface Graph {
  /** In the order: declared inputs, then weights and noise in the order of their creation. */
  inputs: readonly GraphInput[];
  outputs: Readonly<Record<string, Value>>;
}

/** How an input of a traced function is declared: its shape, or shape and type. */
export type InputType = ShapeLike | { shape: ShapeLike; dtype: DType };

/**
 * Traces a function: it is called once with a value for each declared input, and what it returns under
 * names becomes the graph's outputs.
 *
 * ```ts
 * const graph = trace({ x: ["batch", 3] }, ({ x }) => ({ y: x.mul(2).add(1) }));
 * ```
 */
export function trace<Names extends string>(
  inputs: Record<Names, InputType>,
  write: (inputs: Record<Names, Value>) => Record<string, Value>,
): Graph {
  const declared = Object.entries<InputType>(inputs).map(([name, type]) =>
    "shape" in type ? input(name, type.shape, { dtype: type.dtype }) : input(name, type as ShapeLike),
  );
  const named = Object.fromEntries(Object.keys(inputs).map((name, index) => [name, declared[index]]));
  return graphOf(declared, write(named as Record<Names, Value>));
}

/** A graph from its declared inputs and its outputs; weights and noise are found. */
export function graphOf(declared: readonly Value[], outputs: Record<string, Value>): Graph {
  for (const [name, value] of Object.entries(outputs)) {
    if (value.scope)
      throw new InputError(
        `output "${name}" is a value inside a scan: return it from the scan's step to use it outside`,
      );
  }
  const found = findInputs(Object.values(outputs)).filter((value) => !declared.includes(value));
  found.sort((a, b) => a.node.id - b.node.id);
  const all = [...declared, ...found].map((value) => {
    const { name, role } = (value.node as Node<"input">).attributes;
    return { name, role, shape: value.shape, dtype: value.dtype, value };
  });
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (twice) throw new InputError(`two inputs are named "${twice.name}": create it once and share the value`);
  return { inputs: all, outputs };
}

/** The graph's inputs that play one role, by name. */
export function inputsOf(graph: Graph, role: Role): Map<string, Value> {
  return new Map(graph.inputs.filter((one) => one.role === role).map(({ name, value }) => [name, value]));
}

/** All units of a graph, those inside loops too, innermost last. */
export function* allUnits(outputs: Iterable<Value>, scope: Value["scope"] = null): Generator<Unit> {
  for (const unit of schedule(outputs, scope)) {
    yield unit;
    if (isLoopUnit(unit)) yield* allUnits(bodyResults(unit), unit.loop);
  }
}

function findInputs(outputs: Iterable<Value>): Value[] {
  const found: Value[] = [];
  for (const unit of allUnits(outputs)) {
    if (!isLoopUnit(unit) && unit.is("input")) found.push(unit.results[0]);
  }
  return found;
}

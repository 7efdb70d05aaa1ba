/**
 * The reference: what a graph computes, in float64 throughout (float32 values are not rounded) and by the
 * plainest loops. Every other way to run a graph is held against it.
 */
import { bindSizes, checkSizes } from "./bind.ts";
import { type Bindings, evaluateSize, type Size } from "./dim.ts";
import { InputError } from "./errors.ts";
import type { Graph, GraphInput } from "./graph.ts";
import { type ArrayTensor, type Call, count, type Kernel } from "./interpret/array-tensor.ts";
import { elementwise } from "./interpret/elementwise.ts";
import { layout } from "./interpret/layout.ts";
import { linearAlgebra } from "./interpret/linear-algebra.ts";
import { reductions } from "./interpret/reductions.ts";
import type { Operator } from "./operators.ts";
import { bodyResults, isLoopUnit, type LoopUnit, schedule, type Unit } from "./schedule.ts";
import type { Node, Value } from "./value.ts";

export type { ArrayTensor } from "./interpret/array-tensor.ts";

type Computed = Exclude<Operator, "input" | "parameter" | "final" | "stack">;

const kernels: { [O in Computed]: Kernel<O> } = {
  ...elementwise,
  ...layout,
  ...reductions,
  ...linearAlgebra,
};

/** The values of one run: those of a loop's body know those around it. */
class Environment {
  private readonly values = new Map<Value, ArrayTensor>();
  private readonly outer: Environment | undefined;

  constructor(outer?: Environment) {
    this.outer = outer;
  }

  get(value: Value): ArrayTensor {
    const known = this.values.get(value) ?? this.outer?.get(value);
    if (!known) throw new Error(`${value.label()} (node ${value.node.id}) is read before it is computed`);
    return known;
  }

  set(value: Value, tensor: ArrayTensor): void {
    this.values.set(value, tensor);
  }
}

/**
 * Runs a graph.
 *
 * @param feeds a tensor for each of the graph's inputs; noise that is not fed is 0.5 throughout.
 * @returns the graph's outputs by name.
 * @throws InputError where an input is missing, unknown or of a wrong shape, where a loop would have no
 * steps, an index is out of range or a matrix is not positive definite.
 */
export function interpret(
  graph: Graph,
  feeds: Readonly<Record<string, ArrayTensor>>,
): Record<string, ArrayTensor> {
  const fed = graph.inputs.filter(({ name, role }) => role !== "noise" || Object.hasOwn(feeds, name));
  const shapes = Object.entries(feeds).map(([name, { shape }]) => [name, shape]);
  const bindings = bindSizes(fed, Object.fromEntries(shapes));
  checkSizes(graph, bindings);

  const environment = new Environment();
  for (const input of graph.inputs) environment.set(input.value, feed(input, feeds, bindings));
  const outputs = Object.entries(graph.outputs);
  const units = schedule(Object.values(graph.outputs), null);
  run(units, environment, bindings);
  return Object.fromEntries(outputs.map(([name, value]) => [name, environment.get(value)]));
}

/** The results of one node (no input and no part of a loop) on known operands. */
export function evaluateNode(
  node: Node,
  operands: readonly ArrayTensor[],
  bindings: Bindings = new Map(),
): ArrayTensor[] {
  const sizeOf = (size: Size) => evaluateSize(size, bindings);
  const shapes = node.results.map(({ shape }) => shape.map(sizeOf));
  const kernel = kernels[node.op as Computed] as Kernel<Operator>;
  const call: Call<Operator> = { node, attributes: node.attributes, operands, shapes, sizeOf };
  return kernel(call).map((data, index) => ({ shape: shapes[index], data }));
}

function feed(
  { name, shape }: GraphInput,
  feeds: Readonly<Record<string, ArrayTensor>>,
  bindings: Bindings,
): ArrayTensor {
  const lengths = shape.map((size) => evaluateSize(size, bindings));
  const given = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
  if (!given) return { shape: lengths, data: new Float64Array(count(lengths)).fill(0.5) };
  if (given.data.length !== count(lengths)) {
    throw new InputError(
      `input "${name}": ${given.data.length} numbers do not fill the shape [${lengths.join(", ")}]`,
    );
  }
  return given;
}

function run(units: readonly Unit[], environment: Environment, bindings: Bindings): void {
  const bodies = new Map<LoopUnit, Unit[]>();
  const runUnit = (unit: Unit, around: Environment) => {
    if (isLoopUnit(unit)) runLoop(unit, around);
    else if (!unit.is("input") && !unit.is("parameter")) runNode(unit, around);
  };
  const runNode = (node: Node, around: Environment) => {
    const operands = node.operands.map((operand) => around.get(operand));
    const results = evaluateNode(node, operands, bindings);
    results.forEach((result, index) => {
      around.set(node.results[index], result);
    });
  };
  const runLoop = (unit: LoopUnit, around: Environment) => {
    const { loop, reach } = unit;
    const body = bodies.get(unit) ?? schedule(bodyResults(unit), loop);
    bodies.set(unit, body);
    const steps = evaluateSize(loop.length, bindings);
    const states = [...reach.states].map((index) => loop.states[index]);
    const sequences = [...reach.sequences].map((index) => loop.sequences[index]);
    const stacks = unit.stacks.map(({ body, value }) => {
      const shape = value.shape.map((size) => evaluateSize(size, bindings));
      const data = new Float64Array(count(shape));
      around.set(value, { shape, data });
      return { body, data };
    });
    const inside = new Environment(around);
    let current = states.map(({ initial }) => around.get(initial));
    for (let step = 0; step < steps; step++) {
      const time = loop.reverse ? steps - 1 - step : step;
      states.forEach(({ parameter }, index) => {
        inside.set(parameter, current[index]);
      });
      for (const { parameter, source } of sequences) inside.set(parameter, stepOf(around.get(source), time));
      for (const one of body) runUnit(one, inside);
      current = states.map(({ next }) => inside.get(next!));
      for (const { body, data } of stacks) {
        const value = inside.get(body).data;
        data.set(value, time * value.length);
      }
    }
    for (const { state, value } of unit.finals) {
      around.set(value, current[states.indexOf(loop.states[state])]);
    }
  };
  for (const unit of units) runUnit(unit, environment);
}

/** One step of a sequence [time, …], not copied. */
function stepOf({ shape, data }: ArrayTensor, time: number): ArrayTensor {
  const size = count(shape.slice(1));
  return { shape: shape.slice(1), data: data.subarray(time * size, (time + 1) * size) };
}

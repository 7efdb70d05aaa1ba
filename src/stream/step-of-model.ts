/**
 * One step of a model. A graph of whole sequences becomes the graph of what happens when one more step comes: loops along
 * time are written out once with their states as the step's own, everything else is asked what it must remember.
 */
import { type Bindings, equalSizes, namesOf, type Size, size } from "../graph/dim.ts";
import { InputError } from "../graph/errors.ts";
import { stack } from "../graph/functions.ts";
import { allUnits, type Graph, inputsOf } from "../graph/graph.ts";
import type { Loop } from "../graph/loop.ts";
import { bodyResults, isLoopUnit, type LoopUnit, schedule } from "../graph/schedule.ts";
import { formatShape } from "../graph/shape.ts";
import { constant, filled, input, type Node, type Value } from "../graph/value.ts";
import { Rewriter } from "../transform/rewrite.ts";
import { checkModel, type Model } from "../weights/model.ts";
import { readAlong, type StepContext } from "./along-time.ts";
import { cannotStream } from "./cannot-stream.ts";
import { bindShape, bindSize, type Reading, reapplyBound } from "./reading.ts";
import type { StepGraph, StepState } from "./step-graph.ts";

/** A loop that does not go along time is written out if it has no more steps than this. */
const longestUnrolled = 64;

/**
 * The graph of one step of a model, for one sequence.
 *
 * - Inputs and outputs along time lose that axis in meaning, and have size 1 there. A mask (bool [time, batch]) is true: a
 *   step that comes is there. Noise is at rest.
 * - An input without time that a loop begins with begins as zeros; any other comes with each step.
 * - Sums, maxima and last steps of the sequence become those so far. Causal convolutions and delays remember what they need.
 *
 * @param model of whole sequences; or, with `states`, of one step already
 * @param options `time`: the open size that steps go along, where loops don't tell
 * @throws InputError that names the layer which reads steps to come, and how
 * @example
 * const engine = await loadProgram(compileProgram(stepOf(model)));
 */
export function stepOf(model: Model, { time }: { time?: string } = {}): StepGraph {
  checkModel(model);
  const along = timeOf(model.graph, time);
  if (along) return new Stepper(model, along).write();
  if (model.states) return carryStates(new Stepper(model, size("time")).write(), model.states);
  throw new InputError(
    `the model has no open size that steps could go along (its inputs: ${inputsText(model.graph)}): name it, or say which output each state becomes if it computes one step already`,
  );
}

/** A graph of one step already: some of its inputs are what some of its outputs were. */
function carryStates(step: StepGraph, carried: Readonly<Record<string, string>>): StepGraph {
  const states = Object.entries(carried).map(([before, after]) => ({
    name: before,
    before: step.inputs[before],
    after: step.outputs[after],
    initial: filled(0, step.inputs[before].shape, step.inputs[before].dtype),
  }));
  return {
    ...step,
    inputs: without(step.inputs, Object.keys(carried)),
    outputs: without(step.outputs, Object.values(carried)),
    states: [...step.states, ...states],
  };
}

function without(values: Readonly<Record<string, Value>>, names: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

/** The open size that a graph's loops walk along; without loops, the one named so or "time". */
export function timeOf(graph: Graph, name?: string): Size | undefined {
  const open = new Set(graph.inputs.flatMap(({ shape }) => shape.flatMap(namesOf)));
  if (name !== undefined && !open.has(name))
    throw new InputError(`no input has the open size "${name}" (the model's inputs: ${inputsText(graph)})`);
  const walked = [...allUnits(Object.values(graph.outputs))].find(
    (unit) => isLoopUnit(unit) && open.has(String(unit.loop.length)),
  ) as LoopUnit | undefined;
  const found = name ?? walked?.loop.length ?? (open.has("time") ? "time" : undefined);
  return found === undefined ? undefined : size(String(found));
}

const inputsText = (graph: Graph): string =>
  [...inputsOf(graph, "input")].map(([name, { shape }]) => `"${name}" ${formatShape(shape)}`).join(", ");

class Stepper {
  readonly #model: Model;
  readonly #states: StepState[] = [];
  readonly #inputs: Record<string, Value> = {};
  readonly #context: StepContext;
  /** What was asked to be remembered, by what it is. */
  readonly #remembered = new Map<string, Value>();
  #named = 0;
  /** Inputs without time, and the zeros that they are before the first step. */
  readonly #before = new Map<Value, Value>();

  constructor(model: Model, time: Size) {
    this.#model = model;
    const open = new Set(model.graph.inputs.flatMap(({ shape }) => shape.flatMap(namesOf)));
    open.delete(String(time));
    const sizes: Bindings = new Map([...open].map((name) => [name, 1]));
    this.#context = {
      time,
      sizes,
      bindings: new Map([...sizes, [String(time), 1]]),
      remember: (what, initial, next) => this.#remember(what, initial, next).after,
      delay: (value, fill) => this.#delay(value, fill),
    };
  }

  write(): StepGraph {
    const { graph, weights, thresholds = {} } = this.#model;
    const readings: Readings = new Map();
    for (const { name, role, value } of graph.inputs) readings.set(value, this.#readInput(name, role, value));
    this.#readUnits(Object.values(graph.outputs), null, readings);
    const outputs = Object.entries(graph.outputs).map(([name, value]) => {
      const reading = readings.get(value)!;
      if (reading.kind === "shifted") throw cannotStream(value, "has another number of steps than the input");
      return [name, reading.value];
    });
    const computed = [
      ...outputs.map(([, value]) => value as Value),
      ...this.#states.map(({ after }) => after),
    ];
    const read = new Set(
      [...allUnits(computed)].flatMap((unit) => (isLoopUnit(unit) ? [] : unit.operands)).concat(computed),
    );
    return {
      inputs: Object.fromEntries(Object.entries(this.#inputs).filter(([, value]) => read.has(value))),
      outputs: Object.fromEntries(outputs),
      states: this.#states,
      weights,
      thresholds,
    };
  }

  #readInput(name: string, role: string, value: Value): Reading {
    const { sizes, bindings, time } = this.#context;
    if (role === "weight") return { kind: "fixed", value };
    const shape = bindShape(value.shape, bindings) as readonly number[];
    const axis = bindShape(value.shape, sizes).findIndex(
      (size) => typeof size !== "number" && equalSizes(size, time),
    );
    const read = (value: Value): Reading =>
      axis < 0 ? { kind: "fixed", value } : { kind: "along", value, axis };
    if (role === "noise") return read(filled(0.5, shape, value.dtype));
    if (value.dtype === "bool" && axis >= 0) return read(constant(1, "bool").expand(shape));
    const coming = input(name, shape, { dtype: value.dtype });
    this.#inputs[name] = coming;
    if (axis < 0) this.#before.set(coming, filled(0, shape, value.dtype));
    return read(coming);
  }

  #readUnits(wanted: readonly Value[], scope: Loop | null, readings: Readings): void {
    for (const unit of schedule(wanted, scope)) {
      if (isLoopUnit(unit)) this.#readLoop(unit, readings);
      else if (!unit.is("input") && !unit.is("parameter")) this.#readNode(unit, readings);
    }
  }

  #readNode(node: Node, readings: Readings): void {
    if (readings.has(node.results[0])) return;
    const operands = node.operands.map((operand) => readings.get(operand)!);
    const found = this.#readResults(node, operands);
    if (typeof found === "string") throw cannotStream(node.results[0], found);
    node.results.forEach((result, index) => {
      readings.set(result, found[index]);
    });
  }

  #readResults(node: Node, operands: readonly Reading[]): readonly Reading[] | string {
    if (operands.some(({ kind }) => kind === "along" || kind === "shifted"))
      return readAlong(node, operands, this.#context);
    if (node.is("constant")) return [{ kind: "fixed", value: node.results[0] }];
    const { sizes, bindings, time } = this.#context;
    if (node.is("extent") && equalSizes(bindSize(node.attributes.size, sizes), time))
      return [{ kind: "running", value: this.#position().add(1) }];
    if (node.is("iota") && equalSizes(bindSize(node.attributes.length, sizes), time))
      return [{ kind: "along", value: this.#position().reshape([1]), axis: 0 }];
    const running = operands.some(({ kind }) => kind === "running");
    const values = reapplyBound(
      node,
      operands.map(({ value }) => value),
      bindings,
    );
    return values.map((value, index): Reading => {
      const axis = bindShape(node.results[index].shape, sizes).findIndex(
        (size) => typeof size !== "number" && equalSizes(size, time),
      );
      if (axis >= 0 && !running) return { kind: "along", value, axis };
      return { kind: running ? "running" : "fixed", value };
    });
  }

  /** How many steps came before. */
  #position(): Value {
    return this.#once("position", () =>
      this.#remember("position", constant(0, "int32"), (before) => before.add(1)),
    );
  }

  #readLoop(unit: LoopUnit, readings: Readings): void {
    const { loop } = unit;
    const length = bindSize(loop.length, this.#context.sizes);
    const wanted = [...unit.finals, ...unit.stacks].filter(({ value }) => !readings.has(value));
    if (wanted.length === 0) return;
    if (typeof length === "number") this.#unroll(unit, length, readings);
    else if (!equalSizes(length, this.#context.time))
      throw new InputError(`${loop.name} can't stream: it walks along ${length}, not ${this.#context.time}`);
    else if (loop.reverse)
      throw new InputError(
        `${loop.name} can't stream: it reads the sequence from its end; use layers that read forward alone`,
      );
    else this.#step(unit, readings);
  }

  /** A loop along time: its body once, its states remembered. */
  #step(unit: LoopUnit, readings: Readings): void {
    const { loop, reach, finals, stacks } = unit;
    const inner: Readings = new Map(readings);
    for (const capture of reach.captures)
      if (readings.get(capture)!.kind !== "fixed")
        throw new InputError(`${loop.name} can't stream: each step reads the whole sequence`);
    for (const index of reach.sequences) {
      const { parameter, source } = loop.sequences[index];
      const reading = readings.get(source)!;
      if (reading.kind !== "along" || reading.axis !== 0)
        throw new InputError(`${loop.name} can't stream: it walks along what the whole sequence gives`);
      inner.set(parameter, { kind: "fixed", value: reading.value.squeeze(0) });
    }
    const states = [...reach.states].map((index) => {
      const { parameter, initial } = loop.states[index];
      const name = this.#nameState(loop.name);
      const before = input(name, bindShape(parameter.shape, this.#context.bindings), {
        dtype: parameter.dtype,
      });
      inner.set(parameter, { kind: "fixed", value: before });
      return { index, name, before, initial: this.#initial(loop, initial, readings) };
    });
    this.#readUnits(bodyResults(unit), loop, inner);
    for (const { index, name, before, initial } of states) {
      const after = inner.get(loop.states[index].next!)!.value;
      this.#states.push({ name, before, after, initial });
    }
    for (const { state, value } of finals)
      readings.set(value, { kind: "running", value: inner.get(loop.states[state].next!)!.value });
    for (const { body, value } of stacks)
      readings.set(value, { kind: "along", value: inner.get(body)!.value.unsqueeze(0), axis: 0 });
  }

  #initial(loop: Loop, initial: Value, readings: Readings): Value {
    const { kind, value } = readings.get(initial)!;
    if (kind !== "fixed")
      throw new InputError(`${loop.name} can't stream: it begins with what another layer ends with`);
    return new Rewriter({}, new Map(this.#before)).rewrite([value])[0];
  }

  /** A loop of few steps that are not those of time. */
  #unroll(unit: LoopUnit, length: number, readings: Readings): void {
    const { loop, reach, finals, stacks } = unit;
    if (length > longestUnrolled)
      throw new InputError(
        `${loop.name} can't stream: ${length} steps within one are more than the ${longestUnrolled} that are written out`,
      );
    const mixed = [...loop.dependencies(reach)].map((value) => readings.get(value)!);
    if (mixed.some(({ kind }) => kind === "along" || kind === "shifted"))
      throw new InputError(
        `${loop.name} can't stream: it walks along ${length} entries of the whole sequence`,
      );
    const kind = mixed.some(({ kind }) => kind === "running") ? "running" : "fixed";
    const states = new Map(
      [...reach.states].map((index) => [index, readings.get(loop.states[index].initial)!.value]),
    );
    const stacked = stacks.map((): Value[] => []);
    const order = Array.from({ length }, (_, step) => (loop.reverse ? length - 1 - step : step));
    for (const position of order) {
      const inner: Readings = new Map(readings);
      for (const index of reach.sequences) {
        const { parameter, source } = loop.sequences[index];
        inner.set(parameter, { kind, value: readings.get(source)!.value.at(0, position) });
      }
      for (const [index, value] of states) inner.set(loop.states[index].parameter, { kind, value });
      this.#readUnits(bodyResults(unit), loop, inner);
      for (const index of states.keys()) states.set(index, inner.get(loop.states[index].next!)!.value);
      stacks.forEach(({ body }, index) => {
        stacked[index][position] = inner.get(body)!.value;
      });
    }
    for (const { state, value } of finals) readings.set(value, { kind, value: states.get(state)! });
    stacks.forEach(({ value }, index) => {
      readings.set(value, { kind, value: stack(stacked[index]) });
    });
  }

  #remember(what: string, initial: Value, next: (before: Value) => Value): StepState {
    const name = this.#nameState(what);
    const before = input(name, initial.shape, { dtype: initial.dtype });
    const state = { name, before, after: before, initial };
    this.#states.push(state); // before `next`, which may have more to remember
    state.after = next(before);
    return state;
  }

  #nameState(of: string): string {
    this.#named++;
    return `${of} state ${this.#named}`;
  }

  #delay(value: Value, fill: number): Value {
    const initial = filled(fill, value.shape, value.dtype);
    return this.#once(`delay ${value.node.id} ${value.index} ${fill}`, () =>
      this.#remember("delay", initial, () => value),
    );
  }

  /** What a state of this key was before the step. */
  #once(key: string, remember: () => StepState): Value {
    const before = this.#remembered.get(key) ?? remember().before;
    this.#remembered.set(key, before);
    return before;
  }
}

type Readings = Map<Value, Reading>;

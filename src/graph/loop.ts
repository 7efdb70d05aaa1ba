/**
 * Loops over time. A loop owns *parameters* (a state's value at the start of a step, one step of a
 * sequence); nodes that depend on them are its body. Results leave it in two ways: `final` is a state after
 * the last step, `stack` is any value of the body, stacked over all steps along a new first axis. Since any
 * value of the body can be stacked, a transform never has to change a loop to read from it.
 */
import { equalSizes, type Size } from "./dim.ts";
import { InputError } from "./errors.ts";
import { equalShapes, formatShape } from "./shape.ts";
import { deepestScope, Node, type Value } from "./value.ts";

export interface LoopState {
  parameter: Value;
  initial: Value;
  /** The value after the step; undefined until the body is written. */
  next: Value | undefined;
}

export interface LoopSequence {
  parameter: Value;
  source: Value; // [time, …]
}

/** What a set of a loop's results needs: states and sequences by index, and values from outside. */
export interface Reach {
  states: Set<number>;
  sequences: Set<number>;
  captures: Set<Value>;
}

declare module "./operators.ts" {
  interface Attributes {
    parameter: { loop: Loop };
    final: { loop: Loop; state: number };
    stack: { loop: Loop; value: Value };
  }
}

export class Loop {
  /** How deep the loop is nested: 1 for one that lies in no other. */
  readonly depth: number;
  readonly length: Size;
  /** What runs it, as messages call it. */
  readonly name: string;
  /** Steps run from the last position to the first; stacked values keep their positions. */
  readonly reverse: boolean;
  readonly states: LoopState[] = [];
  readonly sequences: LoopSequence[] = [];
  private readonly finals = new Map<number, Value>();
  private readonly stacks = new Map<Value, Value>();
  private readonly reaches = new Map<Value, Reach>();

  constructor({ name, depth, length, reverse }: Pick<Loop, "name" | "depth" | "length" | "reverse">) {
    if (length === 0) throw new InputError(`${name}: a sequence of length 0 has no step to run`);
    this.name = name;
    this.depth = depth;
    this.length = length;
    this.reverse = reverse;
  }

  /** Adds a state and gives its parameter. */
  addState(initial: Value): Value {
    const parameter = this.parameter(initial);
    this.states.push({ parameter, initial, next: undefined });
    return parameter;
  }

  /** Adds a sequence, whose first axis is time, and gives one step of it; each sequence is added once. */
  addSequence(source: Value): Value {
    const known = this.sequences.find((sequence) => sequence.source === source);
    if (known) return known.parameter;
    if (source.rank === 0 || !equalSizes(source.shape[0], this.length)) {
      throw new InputError(
        `scan: ${source.label()} ${formatShape(source.shape)} does not have ${this.length} steps along its first axis`,
      );
    }
    const parameter = this.parameter({ shape: source.shape.slice(1), dtype: source.dtype });
    this.sequences.push({ parameter, source });
    return parameter;
  }

  /** Says what a state becomes after each step; messages call the state by the name given. */
  setNext(state: number, next: Value, name = `${state}`): void {
    const { parameter } = this.states[state];
    if (!equalShapes(next.shape, parameter.shape) || next.dtype !== parameter.dtype) {
      throw new InputError(
        `scan: state ${name} starts as ${parameter.dtype}${formatShape(parameter.shape)} and becomes ${next.dtype}${formatShape(next.shape)}; it must keep its type`,
      );
    }
    this.states[state].next = next;
  }

  /** A state after the last step. */
  final(state: number): Value {
    const known = this.finals.get(state);
    if (known) return known;
    const type = this.states[state].parameter;
    const reach = this.reach(this.states[state].parameter);
    const scope = deepestScope(this.dependencies(reach));
    const [value] = new Node("final", [], { loop: this, state }, [type], scope).results;
    this.finals.set(state, value);
    return value;
  }

  /** Adds a state that sums a value of the body over all steps; gives what the sum is after the last. */
  sum(value: Value, initial: Value): Value {
    const before = this.addState(initial);
    const state = this.states.length - 1;
    this.setNext(state, before.add(value));
    return this.final(state);
  }

  /** A value of the body at every step: [time, …]. */
  stack(value: Value): Value {
    const known = this.stacks.get(value);
    if (known) return known;
    const type = { shape: [this.length, ...value.shape], dtype: value.dtype };
    const scope = deepestScope(this.dependencies(this.reach(value)));
    const [stacked] = new Node("stack", [], { loop: this, value }, [type], scope).results;
    this.stacks.set(value, stacked);
    return stacked;
  }

  /** What must be known and run to compute a value of the body at every step. */
  reach(value: Value): Reach {
    const known = this.reaches.get(value);
    if (known) return known;
    const reach: Reach = { states: new Set(), sequences: new Set(), captures: new Set() };
    const seen = new Set<Node>();
    const open = [value];
    for (let at = open.pop(); at; at = open.pop()) {
      if (at.scope !== this && (at.scope?.depth ?? 0) < this.depth) {
        reach.captures.add(at);
        continue;
      }
      if (seen.has(at.node)) continue;
      seen.add(at.node);
      if (!at.node.is("parameter")) {
        open.push(...dependencies(at.node));
        continue;
      }
      const parameter = at;
      const state = this.states.findIndex((candidate) => candidate.parameter === parameter);
      if (state < 0) {
        const sequence = this.sequences.findIndex((candidate) => candidate.parameter === parameter);
        if (sequence < 0) {
          throw new InputError(
            `scan: a step reads a value from inside another scan that it is not part of: put that value out and walk along it`,
          );
        }
        reach.sequences.add(sequence);
        continue;
      }
      const { next } = this.states[state];
      if (!next) throw new InputError(`scan: nothing says what state ${state} becomes after a step`);
      reach.states.add(state);
      open.push(next);
    }
    this.reaches.set(value, reach);
    return reach;
  }

  /** The values outside the loop that a reach reads. */
  dependencies({ states, sequences, captures }: Reach): Value[] {
    const initials = [...states].map((state) => this.states[state].initial);
    const sources = [...sequences].map((sequence) => this.sequences[sequence].source);
    return [...initials, ...sources, ...captures];
  }

  private parameter(type: Pick<Value, "shape" | "dtype">): Value {
    return new Node("parameter", [], { loop: this }, [{ shape: type.shape, dtype: type.dtype }], this)
      .results[0];
  }
}

/** The values that a node reads: its operands, or what its loop reads from outside. */
export function dependencies(node: Node): readonly Value[] {
  if (node.is("final")) {
    const { loop, state } = node.attributes;
    return loop.dependencies(loop.reach(loop.states[state].parameter));
  }
  if (node.is("stack")) {
    const { loop, value } = node.attributes;
    return loop.dependencies(loop.reach(value));
  }
  return node.operands;
}

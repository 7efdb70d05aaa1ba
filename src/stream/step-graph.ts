/** What a stream program is made from: the graph of one step of a model, for one sequence. */
import type { Value } from "../graph/value.ts";

/** Something that a step leaves to the next one. */
export interface StepState {
  /** Its path in messages and saved states, unique among a step's states. */
  name: string;
  /** What a step reads: an `input` value of its shape. */
  before: Value;
  /** What it is after the step. */
  after: Value;
  /** What it is before the first step: made of constants and weights alone. */
  initial: Value;
}

/**
 * One step. All sizes are numbers, the batch is 1; what is not a weight, a constant, an input or a `before` of a
 * state is computed from these, without a loop.
 */
export interface StepGraph {
  /** What comes in with a frame, by name. */
  inputs: Readonly<Record<string, Value>>;
  /** What a step gives, by name. */
  outputs: Readonly<Record<string, Value>>;
  states: readonly StepState[];
  /** The numbers of every weight that is read, by path. */
  weights: Readonly<Record<string, Float32Array>>;
  /** By how much a number must change to be passed on to a product, by the path of the product's weight. */
  thresholds: Readonly<Record<string, number>>;
}

/**
 * Cells: the equations of one step. A cell says which weights it has and how they begin, what it remembers,
 * and what a step does; sequences, masks, directions, stacks, gradients and export come from the graph.
 */
import { z } from "zod";
import { InputError } from "../graph/errors.ts";
import type { Value } from "../graph/value.ts";
import { declareWeights, type WeightDeclarations, type WeightValues } from "../weights/declare.ts";

export type Values = Record<string, Value>;

/** Random numbers of a step, uniform in [0, 1) while training and 0.5 otherwise. */
export interface NoiseDeclaration {
  /** Without the batch axis. */
  shape: readonly number[];
  /** One draw for all steps of a sequence, instead of one for each step. */
  shared?: boolean;
}

export interface CellDefinition<
  Schema extends z.ZodType,
  Weights extends WeightDeclarations,
  State extends string,
  Noise extends string = never,
> {
  /** The cell's name, as messages give it. */
  name: string;
  options: Schema;
  weights: (options: z.output<Schema>) => Weights;
  /** The shape of each part of the state, without the batch axis. */
  state: (options: z.output<Schema>) => Record<State, readonly number[]>;
  /** How wide the output is. */
  outputs: (options: z.output<Schema>) => number;
  /** What the step draws, if anything. */
  noise?: (options: z.output<Schema>) => Record<Noise, NoiseDeclaration>;
  /**
   * One step.
   *
   * @param x the step's input [batch, inputs]
   * @param state what was remembered, each [batch, …]
   * @param weights by the names declared above
   * @param noise what was drawn, by the names declared above, each [batch, …]
   */
  step: (
    x: Value,
    state: Record<State, Value>,
    weights: WeightValues<Weights>,
    options: z.output<Schema>,
    noise: Record<Noise, Value>,
  ) => { output: Value; state: Record<State, Value> };
}

/** A cell whose options are chosen; its weights are not made yet. */
export interface Cell {
  readonly name: string;
  readonly outputs: number;
  readonly state: Readonly<Record<string, readonly number[]>>;
  readonly noise: Readonly<Record<string, NoiseDeclaration>>;
  /** Makes the cell's weights under a path of the model. */
  at(path: string): CellAt;
}

/** A cell with its weights. */
export interface CellAt {
  readonly weights: Values;
  step(x: Value, state: Values, noise: Values): { output: Value; state: Values };
}

/**
 * Defines a cell by its equations and gives the function that makes one from options.
 *
 * ```ts
 * const simple = defineCell({
 *   name: "simple",
 *   options: z.object({ inputs: z.int().positive(), units: z.int().positive() }),
 *   weights: ({ inputs, units }) => ({
 *     input: { shape: [inputs, units], initializer: glorotUniform },
 *     recurrent: { shape: [units, units], initializer: orthogonal },
 *   }),
 *   state: ({ units }) => ({ hidden: [units] }),
 *   outputs: ({ units }) => units,
 *   step(x, { hidden }, w) {
 *     const next = tanh(x.matmul(w.input).add(hidden.matmul(w.recurrent)));
 *     return { output: next, state: { hidden: next } };
 *   },
 * });
 * const encoder = recurrent("encoder", simple({ inputs: 3, units: 8 }));
 * ```
 *
 * @throws InputError from the returned function, naming the cell and the option that makes no sense
 */
export function defineCell<
  Schema extends z.ZodType,
  Weights extends WeightDeclarations,
  State extends string,
  Noise extends string = never,
>(definition: CellDefinition<Schema, Weights, State, Noise>): (options: z.input<Schema>) => Cell {
  return (given) => {
    const options = checkOptions(definition.name, definition.options, given);
    return {
      name: definition.name,
      outputs: definition.outputs(options),
      state: definition.state(options),
      noise: definition.noise?.(options) ?? {},
      at(path) {
        const weights = declareWeights(path, definition.weights(options));
        return {
          weights: weights as Values,
          step: (x, state, noise) =>
            definition.step(
              x,
              state as Record<State, Value>,
              weights,
              options,
              noise as Record<Noise, Value>,
            ),
        };
      },
    };
  };
}

/** Options as a schema reads them, or one sentence that names the first that makes no sense. */
export function checkOptions<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  given: unknown,
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const [{ path, message }] = error.issues;
  throw new InputError(`${name}: ${path.length > 0 ? `option ${path.join(".")}: ` : ""}${message}`);
}

/** A count of units, inputs or channels. */
export const width = z.int().positive();

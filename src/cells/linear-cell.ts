/**
 * Cells whose state follows h = keep ⊙ h' + add, where keep and add depend on the step's input alone. Such a
 * recurrence need not be walked step by step: see `parallelRecurrent`.
 */
import type { z } from "zod";
import type { Value } from "../graph/value.ts";
import type { WeightDeclarations, WeightValues } from "../weights/declare.ts";
import { type Cell, type CellAt, type CellDefinition, checkOptions, defineCell } from "./define-cell.ts";

/** What a step does to the state, each […, units]. */
export interface Coefficients {
  /** How much of the state stays. */
  keep: Value;
  /** What is added to it. */
  add: Value;
}

/** A cell with state `hidden` [batch, units], which is its output too. */
export interface LinearCell extends Cell {
  at(path: string): LinearCellAt;
}

export interface LinearCellAt extends CellAt {
  /** Of one step or of many: x […, inputs]. */
  coefficients(x: Value): Coefficients;
}

export interface LinearCellDefinition<Schema extends z.ZodType, Weights extends WeightDeclarations>
  extends Pick<CellDefinition<Schema, Weights, "hidden">, "name" | "options" | "weights" | "outputs"> {
  coefficients: (x: Value, weights: WeightValues<Weights>, options: z.output<Schema>) => Coefficients;
}

/**
 * Defines a cell by the coefficients of its recurrence, as `defineCell` does by a step.
 *
 * @throws InputError from the returned function, naming the cell and the option that makes no sense
 */
export function defineLinearCell<Schema extends z.ZodType, Weights extends WeightDeclarations>(
  definition: LinearCellDefinition<Schema, Weights>,
): (options: z.input<Schema>) => LinearCell {
  const { name, options: schema, weights, outputs, coefficients } = definition;
  const define = defineCell({
    name,
    options: schema,
    weights,
    outputs,
    state: (options) => ({ hidden: [outputs(options)] }),
    step(x, { hidden }, w, options) {
      const { keep, add } = coefficients(x, w, options);
      const h = keep.mul(hidden).add(add);
      return { output: h, state: { hidden: h } };
    },
  });
  return (given) => {
    const cell = define(given);
    const options = checkOptions(name, schema, given);
    return {
      ...cell,
      at(path) {
        const made = cell.at(path);
        const own = made.weights as WeightValues<Weights>;
        return { ...made, coefficients: (x) => coefficients(x, own, options) };
      },
    };
  };
}

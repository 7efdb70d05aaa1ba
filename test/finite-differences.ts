/** Gradients held against central differences of the float64 reference. */
import type { Graph } from "../src/graph/graph.ts";
import { type ArrayTensor, interpret } from "../src/graph/interpret.ts";

/** A step at which the five-point formula's error (h⁴) and the roundoff (ε/h) are both near 1e-13. */
const STEP = 5e-4;

export interface DifferenceOptions {
  /** The scalar output that was differentiated. */
  of: string;
  /** The inputs whose gradients are compared. */
  with: readonly string[];
}

/**
 * How far the outputs "gradient.NAME" of a graph are from what differences give: the largest difference in
 * an input, relative to the largest number of that input's gradient (or to 0.001, where that is larger).
 */
export function gradientError(
  graph: Graph,
  feeds: Readonly<Record<string, ArrayTensor>>,
  { of, with: names }: DifferenceOptions,
): number {
  const found = interpret(graph, feeds);
  const value = { inputs: graph.inputs, outputs: { [of]: graph.outputs[of] } };
  const errors = names.map((name) => {
    const expected = differences((moved) => interpret(value, { ...feeds, [name]: moved })[of], feeds[name]);
    const { data, shape } = found[`gradient.${name}`];
    if (shape.join() !== feeds[name].shape.join())
      throw new Error(`gradient.${name} has shape [${shape}], its input has [${feeds[name].shape}]`);
    const scale = expected.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-3);
    return data.reduce((most, one, i) => {
      const error = Math.abs(one - expected[i]) / scale;
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error);
    }, 0);
  });
  return Math.max(0, ...errors);
}

/** (f(x−2h) − 8 f(x−h) + 8 f(x+h) − f(x+2h)) / 12h for each number of x. */
function differences(f: (x: ArrayTensor) => ArrayTensor, { shape, data }: ArrayTensor): Float64Array {
  return data.map((center, i) => {
    const at = (steps: number) => f({ shape, data: data.with(i, center + steps * STEP) }).data[0];
    return (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * STEP);
  });
}

/** Tuning without labels: a changed model learns to give what the whole one gives. */
import { InputError } from "../graph/errors.ts";
import { mean } from "../graph/functions.ts";
import { type Graph, inputsOf, trace } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { compile } from "../runtime/session.ts";
import { tensor } from "../runtime/tensor.ts";
import { applyGraph } from "../transform/apply.ts";
import { overTime } from "../transform/over-time.ts";
import type { Model } from "../weights/model.ts";
import type { Examples } from "./fit-options.ts";
import type { Tensors } from "./step.ts";
import { type TuneOptions, tune } from "./tune.ts";
import { averageOver } from "./validation.ts";

export interface DistillOptions extends Omit<TuneOptions, "objective" | "validate"> {
  /** The model whose outputs are the target: the whole one. */
  teacher: Model;
  /** Any data that the models read, by the names of their inputs; for a model of one step, sequences [time, …]. */
  examples: Examples;
  /** Data by which the best epoch is chosen. */
  validation?: Examples;
}

/**
 * Tunes a model to give the outputs of another with the same inputs and outputs: the loss is the mean squared difference of
 * each output, added up.
 *
 * ```ts
 * const tuned = await distill(lowRank(detector, { rank: 32 }).model, { teacher: detector, examples, epochs: 3, learningRate: 1e-4 });
 * ```
 *
 * @throws InputError for outputs that the two models do not share
 */
export async function distill(model: Model, options: DistillOptions): Promise<Model> {
  const { teacher, examples, validation, ...rest } = options;
  const { graph, weights } = overTime(teacher);
  const session = await compile(graph);
  const own = Object.fromEntries(
    [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
      path,
      tensor(weights[path], shape as readonly number[]),
    ]),
  );
  const taught = ({ count, load }: Examples): Examples => ({
    count,
    async load(indices) {
      const { feeds, weight } = await load(indices);
      const outputs = await session.run({ ...own, ...feeds });
      const targets = Object.entries(outputs).map(([name, target]) => [`target.${name}`, target]);
      return { feeds: { ...feeds, ...(Object.fromEntries(targets) as Tensors) }, weight };
    },
  });
  try {
    return await tune(model, {
      ...rest,
      examples: taught(examples),
      objective: (network) => likeness(network, graph),
      validate: validation && averageOver(taught(validation)),
    });
  } finally {
    await session.release();
  }
}

/** How far a network's outputs are from their targets. */
function likeness(network: Graph, teacher: Graph): Graph {
  const fed = network.inputs.filter(({ role }) => role === "input");
  const targets = Object.entries(teacher.outputs).filter(([, { dtype }]) => dtype === "float32");
  const missing = targets.find(([name]) => !network.outputs[name]);
  if (missing)
    throw new InputError(`distill: the model has no output "${missing[0]}" that could be like the teacher's`);
  const declared = [
    ...fed.map(({ name, shape, dtype }) => [name, { shape, dtype }] as const),
    ...targets.map(([name, { shape, dtype }]) => [`target.${name}`, { shape, dtype }] as const),
  ];
  return trace(Object.fromEntries(declared), (given) => {
    const inputs = Object.fromEntries(fed.map(({ name }) => [name, given[name]]));
    const outputs = applyGraph(network, inputs);
    const losses = targets.map(([name]): Value => {
      const off = outputs[name].sub(given[`target.${name}`]);
      return mean(off.mul(off));
    });
    return { loss: losses.reduce((a, b) => a.add(b)) };
  });
}

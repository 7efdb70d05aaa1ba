/** From graphs to all that a trainer is made from. */
import { type Graph, inputsOf } from "../graph/graph.ts";
import type { SessionOptions } from "../runtime/session.ts";
import { gradient } from "../transform/gradient.ts";
import { initialWeights } from "../weights/declare.ts";
import { compileStep } from "./step.ts";
import type { TrainerSettings, Weights } from "./trainer.ts";
import type { TrainerPlan } from "./worker-protocol.ts";

/**
 * Plans the training of all weights of a graph.
 *
 * @param graphs `training` has the scalar output "loss"; `evaluation` is the model as it is used, without
 * dropout: it has the same weights, or some of them.
 * @param weights where they begin; by their initializers and the seed unless given.
 * @example
 * const trainer = await startTrainer(planTraining({ training, evaluation }, { seed: 1, optimizer: { kind: "adam" } }));
 */
export function planTraining(
  graphs: { training: Graph; evaluation?: Graph },
  settings: TrainerSettings,
  { weights, session = {} }: { weights?: Weights; session?: SessionOptions } = {},
): TrainerPlan {
  const { training, evaluation } = graphs;
  const names = [...inputsOf(training, "weight").keys()];
  return {
    steps: {
      training: compileStep(gradient(training, { of: "loss", with: names })),
      evaluation: evaluation && compileStep(evaluation),
    },
    weights: weights ?? beginningOf(training, settings.seed),
    settings,
    session,
  };
}

/** A graph's weights as they begin, with their shapes. */
function beginningOf(graph: Graph, seed: number): Weights {
  const shapes = inputsOf(graph, "weight");
  return Object.fromEntries(
    Object.entries(initialWeights(graph, seed)).map(([name, data]) => {
      return [name, { dims: shapes.get(name)!.shape as readonly number[], data }];
    }),
  );
}

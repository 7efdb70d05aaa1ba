/** Fine-tuning: a model that exists already is trained further, after it was made smaller, sparser or imported. */
import { InputError } from "../graph/errors.ts";
import { type Graph, inputsOf } from "../graph/graph.ts";
import { type DeltaGraphOptions, deltaGraph } from "../transform/delta-graph.ts";
import { overTime } from "../transform/over-time.ts";
import { checkModel, type Model, withWeights } from "../weights/model.ts";
import { fit } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";
import type { OptimizerSettings } from "./optimizers.ts";
import { planTraining } from "./plan-training.ts";
import { startTrainer } from "./start-trainer.ts";
import type { Weights } from "./trainer.ts";

export interface TuneOptions extends Omit<FitOptions, "trainer" | "schedule"> {
  /**
   * From the model's graph, as it is trained or evaluated, to a graph with the scalar output "loss" and, as metrics, other
   * scalars: it applies the one it is given (`applyGraph`) and compares the outputs with what the examples say.
   */
  objective: (network: Graph, use: "training" | "evaluation") => Graph;
  /** At the start; it falls to 0 along a cosine. */
  learningRate: number;
  /** What is trained in place of the model's graph: the same with dropout, say (see `LowRankResult.rewrite`). */
  rewrite?: (graph: Graph) => Graph;
  /** Noise or cost for a model with thresholds: see `deltaGraph`. Its rule is in what is trained and evaluated anyway. */
  delta?: DeltaGraphOptions;
  /** Decides on the order of examples and on noise; 1 unless given. */
  seed?: number;
  /** Adam unless given. */
  optimizer?: OptimizerSettings;
  /** The largest norm of a step's gradient; 1 unless given. */
  clip?: number;
  /** Threads of ONNX Runtime; 1 unless given. */
  threads?: number;
}

/**
 * Trains a model further, from the weights that it has. With a validation the best epoch's weights are kept, by `loss`
 * unless `earlyStopping` names another score. A model with thresholds is trained and validated as a delta network.
 *
 * ```ts
 * const tuned = await tune(lowRank(model, { energy: 0.8 }).model, {
 *   objective: (network) => trace({ x: ["time", "batch", 40], wanted }, ({ x, wanted }) => ({
 *     loss: meanSquare(applyGraph(network, { x }).y, wanted),
 *   })),
 *   examples,
 *   epochs: 5,
 *   learningRate: 3e-4,
 * });
 * ```
 *
 * @returns the model with other weights
 * @throws InputError for an objective without "loss", settings out of range, or a loss that is not finite
 */
export async function tune(model: Model, options: TuneOptions): Promise<Model> {
  const {
    objective,
    learningRate,
    rewrite,
    delta,
    seed = 1,
    optimizer,
    clip = 1,
    threads = 1,
    ...rest
  } = options;
  checkModel(model);
  const { graph, thresholds = {} } = overTime(model);
  const training = objective(deltaGraph(rewrite?.(graph) ?? graph, thresholds, delta), "training");
  if (!training.outputs.loss)
    throw new InputError('tune: the objective gives a graph without the output "loss"');
  const evaluation = objective(deltaGraph(graph, thresholds), "evaluation");
  const { examples, epochs, batch = 1, batchesPerStep = 1, validate } = rest;
  const steps = epochs * Math.ceil(examples.count / batch / batchesPerStep);
  const trainer = await startTrainer(
    planTraining(
      { training, evaluation },
      { seed, optimizer: optimizer ?? { kind: "adam" }, clip },
      { weights: weightsFor(training, model), session: { threads } },
    ),
  );
  try {
    const { weights } = await fit({
      earlyStopping: validate && { patience: epochs },
      ...rest,
      trainer,
      schedule: { kind: "cosine", rate: learningRate, steps },
    });
    return withWeights(model, weights);
  } finally {
    await trainer.close();
  }
}

/** The model's numbers for what is trained of it. */
function weightsFor(training: Graph, { weights }: Model): Weights {
  return Object.fromEntries(
    [...inputsOf(training, "weight")].map(([path, { shape }]) => {
      if (!weights[path]) throw new InputError(`tune: the model has no numbers for weight "${path}"`);
      return [path, { dims: shape as readonly number[], data: weights[path] }];
    }),
  );
}

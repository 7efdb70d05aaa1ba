/**
 * A trainer owns what changes in training, the weights and the optimizer's memory, and moves them by steps.
 * It works in the process it is made in; `startTrainer` puts one into a worker.
 */
import { InputError } from "../graph/errors.ts";
import { checkFinite } from "../weights/finite.ts";
import { random } from "../weights/random.ts";
import { clipByNorm, globalNorm } from "./clip.ts";
import {
  createOptimizer,
  type NamedArrays,
  type OptimizerSettings,
  type OptimizerState,
} from "./optimizers.ts";
import type { Step, Tensors } from "./step.ts";

/** What determines a training besides its data: part of a run's settings. */
export interface TrainerSettings {
  /** Gives the noise (dropout masks), the order of examples, and whatever else is drawn. */
  seed: number;
  optimizer: OptimizerSettings;
  /** The largest norm that all gradients together may have. */
  clip?: number;
}

/** Weights by name, with their shapes. */
export type Weights = Record<string, { dims: readonly number[]; data: Float32Array }>;

/** Examples that go through the model together. */
export interface MicroBatch {
  feeds: Tensors;
  /** Its share in the step's average, as the number of frames that its loss is the mean of. */
  weight: number;
}

/** Averages over a step's micro-batches, by their weights; the norm is that before clipping. */
export interface StepResult {
  loss: number;
  gradientNorm: number;
  metrics: Record<string, number>;
}

/** All that a step changes. */
export interface TrainerState {
  weights: NamedArrays;
  optimizer: OptimizerState;
}

export interface Trainer {
  readonly settings: TrainerSettings;
  readonly shapes: Record<string, readonly number[]>;
  /**
   * Averages the gradients of micro-batches and moves the weights once.
   *
   * @param step its number, counted from 1: the noise depends on it and on nothing before.
   * @throws InputError where the loss or a gradient is not finite; the weights are then as before.
   */
  step(batches: readonly MicroBatch[], at: { step: number; learningRate: number }): Promise<StepResult>;
  /** The outputs for a batch, noise at rest (0.5 everywhere). */
  evaluate(feeds: Tensors): Promise<Tensors>;
  /** A copy of the state. */
  state(): Promise<TrainerState>;
  /**
   * Continues from a state, or with other weights; it is copied.
   *
   * @throws InputError where the weights are another model's or not finite; all is then as before.
   */
  restore(state: { weights: NamedArrays; optimizer?: OptimizerState }): Promise<void>;
  close(): Promise<void>;
}

/** The compiled functions of a model. */
export interface TrainerSteps {
  training: Step;
  /** The model as it is used, without dropout and gradients; by default the training step. */
  evaluation?: Step;
}

/**
 * Makes a trainer in this process.
 *
 * @param weights where they begin; copied.
 * @throws InputError where one of them is not finite
 */
export function createTrainer(steps: TrainerSteps, weights: Weights, settings: TrainerSettings): Trainer {
  for (const [name, { dims, data }] of Object.entries(weights))
    checkFinite("the weights to begin with", [[name, { dtype: "float32", dims, data }]]);
  const shapes = Object.fromEntries(Object.entries(weights).map(([name, { dims }]) => [name, dims]));
  const values = copyArrays(
    Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data])),
  );
  const optimizer = createOptimizer(settings.optimizer, shapes);
  const feedsOfWeights: Tensors = Object.fromEntries(
    Object.keys(values).map((name) => [name, { dtype: "float32", dims: shapes[name], data: values[name] }]),
  );
  const draws = random(settings.seed);

  /** Noise is a function of seed, name, step and micro-batch, so that a resumed training draws the same. */
  const noise = (feeds: Tensors, step: number, batch: number): Tensors => {
    const drawn: Tensors = {};
    for (const [name, dims] of Object.entries(steps.training.noise(feeds))) {
      const stream = draws.stream(`noise.${name}.${step}.${batch}`);
      drawn[name] = { dtype: "float32", dims, data: stream.uniforms(new Float32Array(volume(dims))) };
    }
    return drawn;
  };

  return {
    settings,
    shapes,
    async step(batches, { step, learningRate }) {
      const total = batches.reduce((sum, { weight }) => sum + weight, 0);
      if (!(total > 0)) throw new InputError(`step ${step}: the weights of its batches add up to ${total}`);
      const average = new Average(Object.keys(shapes));
      for (const [index, { feeds, weight }] of batches.entries()) {
        const outputs = await steps.training.run(feedsOfWeights, { ...feeds, ...noise(feeds, step, index) });
        average.add(outputs, weight / total);
      }
      const { gradients, scalars } = average;
      const gradientNorm = settings.clip ? clipByNorm(gradients, settings.clip) : globalNorm(gradients);
      const { loss, ...metrics } = scalars;
      checkProgress(step, loss, gradientNorm, gradients);
      optimizer.update(values, gradients, learningRate);
      return { loss, gradientNorm, metrics };
    },
    async evaluate(feeds) {
      const step = steps.evaluation ?? steps.training;
      const atRest: Tensors = {};
      for (const [name, dims] of Object.entries(step.noise(feeds)))
        atRest[name] = { dtype: "float32", dims, data: new Float32Array(volume(dims)).fill(0.5) };
      return step.run(feedsOfWeights, { ...feeds, ...atRest });
    },
    async state() {
      const { arrays, numbers } = optimizer.state();
      return { weights: copyArrays(values), optimizer: { arrays: copyArrays(arrays), numbers } };
    },
    async restore(state) {
      for (const [name, kept] of Object.entries(values)) {
        const saved = state.weights[name];
        if (saved?.length !== kept.length)
          throw new InputError(
            `the saved weights have ${saved ? `${saved.length} values` : "no values"} for ${name}, where this model needs ${kept.length}: they belong to another model`,
          );
        checkFinite("the saved weights", [[name, { dtype: "float32", dims: shapes[name], data: saved }]]);
      }
      for (const [name, kept] of Object.entries(values)) kept.set(state.weights[name]);
      if (state.optimizer) optimizer.restore(state.optimizer);
    },
    async close() {
      await steps.training.close();
      await steps.evaluation?.close();
    },
  };
}

/** The weighted mean of gradients and of scalar outputs. */
class Average {
  readonly gradients: NamedArrays = {};
  readonly scalars: { loss: number; [metric: string]: number } = { loss: 0 };
  readonly #weights: readonly string[];

  constructor(weights: readonly string[]) {
    this.#weights = weights;
  }

  add(outputs: Tensors, share: number): void {
    for (const [name, value] of Object.entries(scalarsOf(outputs)))
      this.scalars[name] = (this.scalars[name] ?? 0) + share * value;
    for (const weight of this.#weights) {
      const gradient = outputs[`gradient.${weight}`]?.data as Float32Array | undefined;
      if (!gradient) throw new InputError(`the training step has no output "gradient.${weight}"`);
      const sum = this.gradients[weight];
      if (sum) for (let i = 0; i < sum.length; i++) sum[i] += share * gradient[i];
      else this.gradients[weight] = share === 1 ? gradient : gradient.map((value) => share * value);
    }
  }
}

/** The outputs that are single numbers. */
export function scalarsOf(outputs: Tensors): Record<string, number> {
  const scalars = Object.entries(outputs).filter(
    ([name, { dims }]) => dims.length === 0 && !name.startsWith("gradient."),
  );
  return Object.fromEntries(scalars.map(([name, { data }]) => [name, data[0]]));
}

function checkProgress(step: number, loss: number, gradientNorm: number, gradients: NamedArrays): void {
  const advice = "lower the learning rate, clip gradients, or look for NaN and extreme values in the data";
  if (!Number.isFinite(loss))
    throw new InputError(`training stopped at step ${step}: the loss is ${loss}; ${advice}`);
  if (Number.isFinite(gradientNorm)) return;
  const broken = Object.keys(gradients).find((name) =>
    gradients[name].some((value) => !Number.isFinite(value)),
  );
  throw new InputError(
    `training stopped at step ${step}: the gradient of ${broken ?? "the loss"} is not finite; ${advice}`,
  );
}

export function copyArrays(arrays: NamedArrays): NamedArrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, values.slice()]));
}

function volume(dims: readonly number[]): number {
  return dims.reduce((product, side) => product * side, 1);
}

/**
 * How gradients change weights: plain loops over arrays, which beat the same update written as a graph
 * because nothing is copied.
 */
import { z } from "zod";
import { checkOptions } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";

/** Values of several weights by name, each in row-major order. */
export type NamedArrays = Record<string, Float32Array>;

const share = z.number().min(0).lt(1);
const weightDecay = z.number().min(0).default(0);
const moments = {
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: z.number().positive().default(1e-8),
};

/**
 * What an optimizer is made from. `weightDecay` draws weights of two or more axes to zero and leaves biases
 * alone: as an L2 term in the gradient, but in `adamW` apart from it.
 */
export const optimizerSettings = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sgd"),
    momentum: share.default(0),
    nesterov: z.boolean().default(false),
    weightDecay,
  }),
  z.strictObject({ kind: z.literal("adam"), ...moments, weightDecay }),
  z.strictObject({ kind: z.literal("adamW"), ...moments, weightDecay: z.number().min(0).default(0.01) }),
  z.strictObject({
    kind: z.literal("rmsProp"),
    decay: share.default(0.99),
    momentum: share.default(0),
    epsilon: z.number().positive().default(1e-8),
    weightDecay,
  }),
]);
export type OptimizerSettings = z.input<typeof optimizerSettings>;
type Rule = z.output<typeof optimizerSettings>;

/** What an optimizer remembers: arrays named "slot/weight", and the numbers that its loops share. */
export interface OptimizerState {
  arrays: NamedArrays;
  numbers: Record<string, number>;
}

export interface Optimizer {
  /** Moves the weights, in place, by one step. */
  update(weights: NamedArrays, gradients: NamedArrays, learningRate: number): void;
  /** What is remembered between updates; the arrays are the optimizer's own, not copies. */
  state(): OptimizerState;
  /** Continues from a state, which is copied. */
  restore(state: OptimizerState): void;
}

/** The arrays that each rule keeps for a weight. */
function slots(rule: Rule): readonly string[] {
  if (rule.kind === "sgd") return rule.momentum > 0 ? ["velocity"] : [];
  if (rule.kind === "rmsProp") return rule.momentum > 0 ? ["second", "velocity"] : ["second"];
  return ["first", "second"];
}

/**
 * Makes an optimizer for weights of these shapes.
 *
 * @throws InputError for settings out of range.
 * @example
 * const adam = createOptimizer({ kind: "adam" }, { bias: [256] });
 * adam.update({ bias }, { bias: gradient }, 1e-3);
 */
export function createOptimizer(
  settings: OptimizerSettings,
  shapes: Record<string, readonly number[]>,
): Optimizer {
  const rule = checkOptions("optimizer", optimizerSettings, settings);
  const arrays: NamedArrays = {};
  for (const [name, shape] of Object.entries(shapes))
    for (const slot of slots(rule))
      arrays[`${slot}/${name}`] = new Float32Array(shape.reduce((product, side) => product * side, 1));
  // βᵗ is kept as a product, which is the same everywhere; Math.pow may differ between engines.
  const numbers: Record<string, number> = "beta1" in rule ? { beta1Power: 1, beta2Power: 1 } : {};

  return {
    update(weights, gradients, learningRate) {
      if ("beta1" in rule) {
        numbers.beta1Power *= rule.beta1;
        numbers.beta2Power *= rule.beta2;
      }
      for (const [name, shape] of Object.entries(shapes)) {
        const decay = shape.length > 1 ? rule.weightDecay : 0;
        const slot = (kept: string) => arrays[`${kept}/${name}`];
        move(rule, weights[name], gradients[name], slot, learningRate, decay, numbers);
      }
    },
    state: () => ({ arrays, numbers: { ...numbers } }),
    restore(state) {
      for (const [name, values] of Object.entries(arrays)) {
        const saved = state.arrays[name];
        if (saved?.length !== values.length)
          throw new InputError(
            `the saved optimizer has ${saved ? `${saved.length} values` : "no values"} for ${name}, where this model needs ${values.length}: it belongs to another model or optimizer`,
          );
        values.set(saved);
      }
      Object.assign(numbers, state.numbers);
    },
  };
}

/** One weight's step by its rule. */
function move(
  rule: Rule,
  weight: Float32Array,
  gradient: Float32Array,
  slot: (name: string) => Float32Array,
  learningRate: number,
  decay: number,
  powers: Record<string, number>,
): void {
  switch (rule.kind) {
    case "sgd":
      if (rule.momentum === 0) moveDown(weight, gradient, learningRate, decay);
      else moveWithMomentum(weight, gradient, slot("velocity"), rule, learningRate, decay);
      break;
    case "rmsProp": {
      const velocity = rule.momentum > 0 ? slot("velocity") : undefined;
      moveByRmsProp(weight, gradient, slot("second"), velocity, rule, learningRate, decay);
      break;
    }
    case "adam":
    case "adamW": {
      const decoupled = rule.kind === "adamW";
      if (decoupled && decay > 0) scale(weight, 1 - learningRate * decay);
      moveByAdam(weight, gradient, slot("first"), slot("second"), {
        ...rule,
        decay: decoupled ? 0 : decay,
        rate: learningRate / (1 - powers.beta1Power),
        secondScale: 1 / Math.sqrt(1 - powers.beta2Power),
      });
    }
  }
}

/** w ← w − η (g + λw) */
function moveDown(w: Float32Array, g: Float32Array, learningRate: number, decay: number): void {
  for (let i = 0; i < w.length; i++) w[i] -= learningRate * (g[i] + decay * w[i]);
}

/** v ← μv + g; w ← w − ηv, or w − η(g + μv) after Nesterov (Sutskever et al., ICML 2013, as PyTorch has it). */
function moveWithMomentum(
  w: Float32Array,
  g: Float32Array,
  v: Float32Array,
  { momentum, nesterov }: { momentum: number; nesterov: boolean },
  learningRate: number,
  decay: number,
): void {
  for (let i = 0; i < w.length; i++) {
    const slope = g[i] + decay * w[i];
    const velocity = momentum * v[i] + slope;
    v[i] = velocity;
    w[i] -= learningRate * (nesterov ? slope + momentum * velocity : velocity);
  }
}

/** s ← ρs + (1 − ρ)g²; w ← w − η g / (√s + ε), through a velocity where there is momentum (Hinton's lecture 6e). */
function moveByRmsProp(
  w: Float32Array,
  g: Float32Array,
  s: Float32Array,
  v: Float32Array | undefined,
  { decay: rho, momentum, epsilon }: { decay: number; momentum: number; epsilon: number },
  learningRate: number,
  decay: number,
): void {
  for (let i = 0; i < w.length; i++) {
    const slope = g[i] + decay * w[i];
    const second = rho * s[i] + (1 - rho) * slope * slope;
    s[i] = second;
    let step = slope / (Math.sqrt(second) + epsilon);
    if (v) {
      step += momentum * v[i];
      v[i] = step;
    }
    w[i] -= learningRate * step;
  }
}

/** Adam (Kingma & Ba, ICLR 2015, algorithm 1): m̂ / (√v̂ + ε), its bias corrections in `rate` and `secondScale`. */
function moveByAdam(
  w: Float32Array,
  g: Float32Array,
  m: Float32Array,
  v: Float32Array,
  rule: { beta1: number; beta2: number; epsilon: number; decay: number; rate: number; secondScale: number },
): void {
  const { beta1, beta2, decay, secondScale } = rule;
  const [fresh1, fresh2] = [1 - beta1, 1 - beta2];
  // r m / (√v s + ε) = (r / s) m / (√v + ε / s)
  const [rate, epsilon] = [rule.rate / secondScale, rule.epsilon / secondScale];
  for (let i = 0; i < w.length; i++) {
    const slope = g[i] + decay * w[i];
    const first = beta1 * m[i] + fresh1 * slope;
    const second = beta2 * v[i] + fresh2 * slope * slope;
    m[i] = first;
    v[i] = second;
    w[i] -= (rate * first) / (Math.sqrt(second) + epsilon);
  }
}

function scale(w: Float32Array, by: number): void {
  for (let i = 0; i < w.length; i++) w[i] *= by;
}

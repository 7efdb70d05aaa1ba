/** Activations by the names that other libraries give them. */
import { exp, logSoftmax, relu, sigmoid, softmax, softplus, tanh, where } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";

export const activations = {
  linear: (x: Value) => x,
  relu,
  tanh,
  sigmoid,
  softplus,
  softmax: (x: Value) => softmax(x),
  logSoftmax: (x: Value) => logSoftmax(x),
  exponential: exp,
  elu: (x: Value) => where(x.greater(0), x, exp(x).sub(1)),
};

export type ActivationName = keyof typeof activations;

export const isActivation = (name: string): name is ActivationName => Object.hasOwn(activations, name);

/** TensorFlow.js on its WASM backend, which has one thread in Node. */
import { dirname } from "node:path";
import type { Learner } from "../learner.ts";
import { took } from "../measure.ts";
import { type LstmCase, learningRate } from "../training/lstm-case.ts";

export interface Peer {
  version: string;
  tf: Tfjs;
  open(one: LstmCase): Promise<Learner>;
}

export interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}
type Shape = readonly number[];
type Named = Record<string, Tensor>;

/** What is used of @tensorflow/tfjs. */
export interface Tfjs {
  version: { tfjs: string };
  setBackend(name: string): Promise<boolean>;
  tensor(values: Float32Array, shape: Shape): Tensor;
  variable(initial: Tensor, trainable: boolean, name: string): Tensor;
  zeros(shape: Shape): Tensor;
  scalar(value: number): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  reshape(a: Tensor, shape: Shape): Tensor;
  unstack(a: Tensor, axis: number): Tensor[];
  stack(all: readonly Tensor[]): Tensor;
  split(a: Tensor, parts: number, axis: number): Tensor[];
  sigmoid(a: Tensor): Tensor;
  tanh(a: Tensor): Tensor;
  sum(a: Tensor): Tensor;
  square(a: Tensor): Tensor;
  tidy<Result>(compute: () => Result): Result;
  keep(a: Tensor): Tensor;
  dispose(all: Named): void;
  valueAndGrads(
    of: (...inputs: Tensor[]) => Tensor,
  ): (inputs: Tensor[]) => { value: Tensor; grads: Tensor[] };
  train: {
    adam(rate: number, beta1: number, beta2: number, epsilon: number): { applyGradients(all: Named): void };
  };
}

interface WasmBackend {
  setWasmPaths(folder: string): void;
}

/** Loads tfjs; undefined where it is not installed. */
export async function loadTfjs(): Promise<Peer | undefined> {
  const [core, backend] = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"];
  try {
    const tf = await importQuietly<Tfjs>(core);
    const { setWasmPaths } = await importQuietly<WasmBackend>(backend);
    setWasmPaths(`${dirname(import.meta.resolve(backend).replace("file://", ""))}/`);
    if (!(await tf.setBackend("wasm"))) return undefined;
    return { version: tf.version.tfjs, tf, open: async (one) => learner(tf, one) };
  } catch {
    return undefined;
  }
}

function learner(tf: Tfjs, one: LstmCase): Learner {
  const { steps, batch, inputs, units, pass } = one;
  const x = tf.tensor(one.x, [steps * batch, inputs]);
  const target = tf.tensor(one.target, [steps, batch, units]);
  const weights: Named = {
    input: tf.variable(tf.tensor(one.weights.input, [inputs, 4 * units]), true, "input"),
    recurrent: tf.variable(tf.tensor(one.weights.recurrent, [units, 4 * units]), true, "recurrent"),
    bias: tf.variable(tf.tensor(one.weights.bias, [4 * units]), true, "bias"),
  };
  const roots: Named = pass === "weights+input" ? { ...weights, x } : weights;
  const differentiated = tf.valueAndGrads((input, recurrent, bias) =>
    loss(tf, one, { input, recurrent, bias, x, target }),
  );
  const differentiatedToInput = tf.valueAndGrads((input, recurrent, bias, x) =>
    loss(tf, one, { input, recurrent, bias, x, target }),
  );
  const gradientsOf = pass === "weights+input" ? differentiatedToInput : differentiated;
  const adam = tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  let last = Number.NaN;
  let gradients: Named = {};
  return {
    async turn() {
      tf.dispose(gradients);
      return took(async () => {
        const { value, grads } = gradientsOf(Object.values(roots));
        gradients = Object.fromEntries(Object.keys(roots).map((name, index) => [name, grads[index]]));
        [last] = value.dataSync();
        value.dispose();
        if (pass === "step") tf.tidy(() => adam.applyGradients(clipped(tf, gradients)));
      });
    },
    async outcome() {
      const found = pass === "step" ? weights : gradients;
      const arrays = Object.entries(found).map(([name, values]) => [name, values.dataSync().slice()]);
      return { loss: last, arrays: Object.fromEntries(arrays) };
    },
    async close() {
      tf.dispose({ ...gradients, ...weights, x, target });
    },
  };
}

/** The LSTM with its input products outside the loop, as ours has them. */
function loss(tf: Tfjs, { steps, batch, units }: LstmCase, all: Named): Tensor {
  const products = tf.add(tf.matMul(all.x, all.input), all.bias);
  let h = tf.zeros([batch, units]);
  let c = h;
  const outputs = tf.unstack(tf.reshape(products, [steps, batch, 4 * units]), 0).map((product) => {
    const [i, f, g, o] = tf.split(tf.add(product, tf.matMul(h, all.recurrent)), 4, 1);
    c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    return h;
  });
  return tf.sum(tf.mul(tf.stack(outputs), all.target));
}

/** Gradients scaled to a common norm of at most 1. */
function clipped(tf: Tfjs, gradients: Named): Named {
  const squares = Object.values(gradients).map((values) => tf.sum(tf.square(values)).dataSync()[0]);
  const factor = tf.scalar(Math.min(1, 1 / Math.sqrt(squares.reduce((sum, square) => sum + square))));
  return Object.fromEntries(
    Object.entries(gradients).map(([name, values]) => [name, tf.mul(values, factor)]),
  );
}

/** tfjs advertises its native package when it is loaded. */
async function importQuietly<Module>(name: string): Promise<Module> {
  const { log, warn } = console;
  Object.assign(console, { log: () => {}, warn: () => {} });
  try {
    const module = await import(name);
    return module.default ?? module;
  } finally {
    Object.assign(console, { log, warn });
  }
}

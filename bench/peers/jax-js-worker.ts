/** jax-js's side, in a worker so that a compilation without end can be ended. One message, one answer. */
import { parentPort, workerData } from "node:worker_threads";
import { type Took, took } from "../measure.ts";
import type { LstmCase } from "../training/lstm-case.ts";

interface Array {
  /** One more owner: every operation consumes what it is given. */
  ref: Array;
  add(other: Array): Array;
  mul(other: Array): Array;
  reshape(shape: readonly number[]): Array;
  sum(): Array;
  dispose(): void;
  data(): Promise<Float32Array>;
}
type Named = Record<string, Array>;
type Differentiated = (weights: Named, target: Array) => [Array, Named];

/** What is used of @jax-js/jax. */
interface Jax {
  init(device: string): Promise<string[]>;
  defaultDevice(device: string): void;
  jit(compute: Differentiated): Differentiated;
  valueAndGrad(of: (roots: Named, ...rest: Array[]) => Array): Differentiated;
  nn: { sigmoid(a: Array): Array };
  numpy: {
    array(values: Float32Array): Array;
    zeros(shape: readonly number[]): Array;
    dot(a: Array, b: Array): Array;
    tanh(a: Array): Array;
    split(a: Array, parts: number, axis: number): Array[];
    concatenate(all: readonly Array[], axis: number): Array;
  };
}

const name = "@jax-js/jax";
const jax: Jax = await import(name);
await jax.init("wasm");
jax.defaultDevice("wasm");

const one: LstmCase = workerData;
const { steps, batch, inputs, units } = one;
const { numpy: np, nn } = jax;

const x = np.array(one.x).reshape([steps * batch, inputs]);
const target = np.array(one.target).reshape([steps, batch, units]);
const weights: Named = {
  input: np.array(one.weights.input).reshape([inputs, 4 * units]),
  recurrent: np.array(one.weights.recurrent).reshape([units, 4 * units]),
  bias: np.array(one.weights.bias),
};
const toInput = one.pass === "weights+input";
const roots: Named = toInput ? { ...weights, x } : weights;
const gradientsOf = jax.jit(
  jax.valueAndGrad((given, target) => loss(toInput ? given : { ...given, x: x.ref }, target)),
);

let last: [Array, Named] | undefined;
parentPort?.on("message", async (request: "turn" | "outcome") => {
  parentPort?.postMessage(request === "turn" ? await turn() : await outcome());
});

async function turn(): Promise<Took> {
  if (last) for (const array of [last[0], ...Object.values(last[1])]) array.dispose();
  return took(async () => {
    last = gradientsOf(refs(roots), target.ref);
    await last[0].ref.data();
  });
}

async function outcome() {
  const [value, gradients] = last ?? [];
  const arrays: Record<string, Float32Array> = {};
  for (const [name, array] of Object.entries(gradients ?? {})) arrays[name] = await array.ref.data();
  return { loss: (await value?.ref.data())?.[0], arrays };
}

/** The LSTM with its input products outside the loop, as ours has them; jax-js has no scan, so unrolled. */
function loss({ x, input, recurrent, bias }: Named, target: Array): Array {
  const products = np
    .dot(x, input)
    .add(bias)
    .reshape([steps, batch, 4 * units]);
  let h = np.zeros([batch, units]);
  let c = np.zeros([batch, units]);
  const outputs = np.split(products, steps, 0).map((product) => {
    const gates = product.reshape([batch, 4 * units]).add(np.dot(h, recurrent.ref));
    const [i, f, g, o] = np.split(gates, 4, 1);
    c = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)));
    h = nn.sigmoid(o).mul(np.tanh(c.ref));
    return h.ref.reshape([1, batch, units]);
  });
  for (const rest of [h, c, recurrent]) rest.dispose();
  return np.concatenate(outputs, 0).mul(target).sum();
}

function refs(all: Named): Named {
  return Object.fromEntries(Object.entries(all).map(([name, array]) => [name, array.ref]));
}

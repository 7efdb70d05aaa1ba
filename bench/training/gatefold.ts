/** Our own side. */
import type { BackendName } from "../../src/runtime/backend.ts";
import { compile, type SessionOptions } from "../../src/runtime/session.ts";
import { type Tensor, tensor } from "../../src/runtime/tensor.ts";
import { compileStep, openStep } from "../../src/train/step.ts";
import { createTrainer } from "../../src/train/trainer.ts";
import type { Arrays, Learner } from "../learner.ts";
import { took } from "../measure.ts";
import { type LstmCase, learningRate, lstmGraph } from "./lstm-case.ts";

export function gatefold(one: LstmCase, backend: BackendName): Promise<Learner> {
  return one.pass === "step" ? trainingStep(one, backend) : forwardAndBackward(one, backend);
}

async function forwardAndBackward(one: LstmCase, backend: BackendName): Promise<Learner> {
  const graph = lstmGraph(one, one.pass);
  const session = await compile(graph, { ...computing(one, backend), keepMemory: true });
  const weights = Object.entries(weightsOf(one)).map(([name, { dims, data }]) => [name, tensor(data, dims)]);
  const feeds = { ...data(one), ...Object.fromEntries(weights) };
  let results: Record<string, Tensor> = {};
  return {
    turn: () =>
      took(async () => {
        results = await session.run(feeds);
      }),
    async outcome() {
      const gradients = Object.entries(results).filter(([name]) => name.startsWith("gradient."));
      const arrays = gradients.map(([name, { data }]) => [name.split(".").at(-1), data as Float32Array]);
      return { loss: results.loss.data[0], arrays: Object.fromEntries(arrays) as Arrays };
    },
    close: () => session.release(),
  };
}

async function trainingStep(one: LstmCase, backend: BackendName): Promise<Learner> {
  const training = await openStep(compileStep(lstmGraph(one, "weights")), computing(one, backend));
  const settings = { seed: 1, optimizer: { kind: "adam" as const }, clip: 1 };
  const trainer = createTrainer({ training }, weightsOf(one), settings);
  const batch = { feeds: data(one), weight: 1 };
  let steps = 0;
  let loss = Number.NaN;
  return {
    turn: () =>
      took(async () => {
        ({ loss } = await trainer.step([batch], { step: ++steps, learningRate }));
      }),
    async outcome() {
      const { weights } = await trainer.state();
      const arrays = Object.entries(weights).map(([path, values]) => [path.replace("layer.", ""), values]);
      return { loss, arrays: Object.fromEntries(arrays) };
    },
    close: () => trainer.close(),
  };
}

/** Several threads spin, as PyTorch's do. */
function computing({ threads }: LstmCase, backend: BackendName): SessionOptions {
  return { threads, spin: threads > 1, backend };
}

function data({ steps, batch, inputs, units, x, target }: LstmCase): Record<string, Tensor> {
  return { x: tensor(x, [steps, batch, inputs]), target: tensor(target, [steps, batch, units]) };
}

function weightsOf({ inputs, units, weights }: LstmCase) {
  return {
    "layer.input": { dims: [inputs, 4 * units], data: weights.input },
    "layer.recurrent": { dims: [units, 4 * units], data: weights.recurrent },
    "layer.bias": { dims: [4 * units], data: weights.bias },
  };
}

/**
 * An LSTM's training in a process of its own, for the test that kills it: node train-run.ts FOLDER.
 * It writes a point when it is ready, and one after every step.
 */
import { lstm } from "../src/cells/lstm.ts";
import { mean } from "../src/graph/functions.ts";
import { type Graph, trace } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { dense } from "../src/layers/dense.ts";
import { dropout } from "../src/layers/dropout.ts";
import { recurrent } from "../src/layers/recurrent.ts";
import { fit } from "../src/train/fit.ts";
import { watchInterrupt } from "../src/train/interrupt.ts";
import { planTraining } from "../src/train/plan-training.ts";
import { startTrainer } from "../src/train/start-trainer.ts";
import { averageOver } from "../src/train/validation.ts";
import { INPUTS, sequences } from "./training-model.ts";

const encoder = recurrent("encoder", lstm({ inputs: INPUTS, units: 6 }));
const head = dense("head", { inputs: encoder.outputs, units: 1 });

function model(drop: (hidden: Value) => Value): Graph {
  return trace({ frames: ["time", INPUTS], targets: ["time", 1] }, ({ frames, targets }) => {
    const hidden = encoder(frames.reshape(["time", 1, INPUTS])).reshape(["time", encoder.outputs]);
    const error = head(drop(hidden)).sub(targets);
    return { loss: mean(error.mul(error)) };
  });
}

const graphs = {
  training: model((hidden) => dropout("thinned", hidden, { rate: 0.2, shared: [0] })),
  evaluation: model((hidden) => hidden),
};
const trainer = await startTrainer(planTraining(graphs, { seed: 7, optimizer: { kind: "adam" }, clip: 1 }));

const [folder] = process.argv.slice(2);
const interrupt = watchInterrupt();
process.stdout.write(".");
const { reason } = await fit({
  trainer,
  examples: sequences(30),
  batchesPerStep: 2,
  epochs: 32,
  schedule: { kind: "plateau", rate: 0.03, factor: 0.5, patience: 1, warmup: 10 },
  validate: averageOver(sequences(6, "validation")),
  earlyStopping: { patience: 12 },
  folder,
  checkpointSeconds: 0, // after every step, so that many kills hit a checkpoint being written
  signal: interrupt.signal,
  onEvent: ({ event }) => {
    if (event === "step") process.stdout.write(".");
  },
});
await trainer.close();
interrupt[Symbol.dispose]();
if (reason === "interrupted") process.exitCode = 130;

/** A training in a process of its own, for the tests that kill it: node train-run.ts FOLDER. */
import { fit } from "../src/train/fit.ts";
import { startTrainer } from "../src/train/start-trainer.ts";
import { averageOver } from "../src/train/validation.ts";
import { compiledSteps, initialWeights, sequences, trainerSettings } from "./training-model.ts";

const [folder] = process.argv.slice(2);
const trainer = await startTrainer({
  steps: compiledSteps(),
  weights: initialWeights(),
  settings: trainerSettings,
  session: {},
});
console.log("ready");
await fit({
  trainer,
  examples: sequences(30),
  batchesPerStep: 2,
  epochs: 40,
  schedule: { kind: "plateau", rate: 0.03, factor: 0.5, patience: 1, warmup: 10 },
  validate: averageOver(sequences(6, "validation")),
  earlyStopping: { patience: 12 },
  folder,
  checkpointSeconds: 0, // after every step, so that many kills hit a checkpoint being written
});
await trainer.close();

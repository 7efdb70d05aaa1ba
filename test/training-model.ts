/** A small model with dropout, its data and its weights, for tests of training. */
import { mean, tanh } from "../src/graph/functions.ts";
import { type Graph, trace } from "../src/graph/graph.ts";
import { noise, type Value, weight } from "../src/graph/value.ts";
import { tensor } from "../src/runtime/tensor.ts";
import type { Examples } from "../src/train/fit-options.ts";
import { compileStep } from "../src/train/step.ts";
import type { TrainerSettings, Weights } from "../src/train/trainer.ts";
import { gradient } from "../src/transform/gradient.ts";
import { glorotUniform, zeros } from "../src/weights/initializers.ts";
import { random } from "../src/weights/random.ts";

export const INPUTS = 4;
const UNITS = 8;
const KEEP = 0.75;

const shapes = { "hidden.weight": [INPUTS, UNITS], "hidden.bias": [UNITS], "head.weight": [UNITS, 1] };

/** Frames to numbers; the loss is the mean squared error over the frames. */
function model(drop: (hidden: Value) => Value): Graph {
  return trace({ frames: ["time", INPUTS], targets: ["time", 1] }, ({ frames, targets }) => {
    const hidden = frames
      .matmul(weight("hidden.weight", [INPUTS, UNITS]))
      .add(weight("hidden.bias", [UNITS]));
    const output = drop(tanh(hidden)).matmul(weight("head.weight", [UNITS, 1]));
    const error = output.sub(targets);
    return { loss: mean(error.mul(error)), "mean output": mean(output) };
  });
}

/** What a trainer runs: with dropout and gradients, and without. */
export function compiledSteps() {
  const dropped = model((hidden) =>
    hidden.mul(noise("dropout", ["time", UNITS]).less(KEEP).cast("float32").div(KEEP)),
  );
  return {
    training: compileStep(gradient(dropped, { of: "loss", with: Object.keys(shapes) })),
    evaluation: compileStep(model((hidden) => hidden)),
  };
}

export function initialWeights(seed = 1): Weights {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => {
      const initializer = name.endsWith("bias") ? zeros : glorotUniform;
      return [name, { dims, data: initializer(dims, random(seed).stream(name)) }];
    }),
  );
}

export const trainerSettings: TrainerSettings = { seed: 7, optimizer: { kind: "adam" }, clip: 1 };

/** Sequences of 1 to 9 frames, all of one unknown function with a little noise. */
export function sequences(count: number, name = "training"): Examples {
  const made = Array.from({ length: count }, (_, index) => {
    const stream = random(11).stream(`${name}.${index}`);
    const time = 1 + stream.integer(9);
    const frames = stream.normals(new Float32Array(time * INPUTS));
    const targets = Float32Array.from(
      { length: time },
      (_, t) => Math.sin(frames[t * INPUTS]) + 0.5 * frames[t * INPUTS + 1] + 0.05 * stream.normal(),
    );
    return { time, frames, targets };
  });
  return {
    count,
    load: ([index]) => {
      const { time, frames, targets } = made[index];
      return {
        feeds: { frames: tensor(frames, [time, INPUTS]), targets: tensor(targets, [time, 1]) },
        weight: time,
      };
    },
  };
}

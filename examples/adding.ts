/**
 * The adding problem (Hochreiter & Schmidhuber 1997): of many random numbers from 0 to 1, one in the first half and one
 * in the second are marked; what is their sum? Who always says 1 is wrong by 1/6 = 0.167, as a mean square.
 *
 *     npm run build
 *     node examples/adding.ts [--cell lstm|chrono-lstm|janet|min-gru] [--steps 200] [--updates 2000]
 *
 * Every sequence is drawn by its number, so that the same seed gives the same training.
 */
import { mean, tensor, trace } from "gatefold";
import { dense } from "gatefold/layers";
import type { Examples } from "gatefold/train";
import { random } from "gatefold/weights";
import { encoder } from "./small-task/encoder.ts";
import { readOptions } from "./small-task/options.ts";
import { printScore, trainAndScore } from "./small-task/train.ts";

const { cell, steps, units, layers, updates, batch, rate, seed, test } = readOptions({
  cell: "lstm",
  steps: 200,
  units: 64,
  layers: 1,
  updates: 4000,
  batch: 50,
  rate: 0.002,
  seed: 1,
  test: 1000,
});

/** Numbers and marks [time, batch, 2], and the sums of the marked numbers [batch]. */
function problems(name: string, count: number): Examples {
  return {
    count,
    load(indices) {
      const x = new Float32Array(steps * indices.length * 2);
      const sums = new Float32Array(indices.length);
      indices.forEach((index, row) => {
        const draws = random(seed).stream(`${name}.${index}`);
        const numbers = draws.uniforms(new Float32Array(steps));
        const half = Math.floor(steps / 2);
        const marked = [draws.integer(half), half + draws.integer(steps - half)];
        for (const [t, number] of numbers.entries()) {
          x.set([number, Number(marked.includes(t))], (t * indices.length + row) * 2);
          if (marked.includes(t)) sums[row] += number;
        }
      });
      return {
        feeds: { x: tensor(x, [steps, indices.length, 2]), sums: tensor(sums) },
        weight: indices.length,
      };
    },
  };
}

const network = encoder(cell, { inputs: 2, units, layers, longest: steps });
const head = dense("head", { inputs: network.outputs, units: 1 });
const model = trace({ x: ["time", "batch", 2], sums: ["batch"] }, ({ x, sums }) => {
  const found = head(network(x).at(0, -1)).squeeze(1);
  return { loss: mean(found.sub(sums).pow(2)) };
});

const score = await trainAndScore({
  model,
  training: problems("training", updates * batch),
  test: problems("test", test),
  epochs: 1,
  batch,
  rate,
  seed,
});
const result = { value: score.scores.loss, baseline: "always saying 1: 0.167" };
printScore(`adding, ${cell}, ${steps} steps`, "mean square error", result, score);

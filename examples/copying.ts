/**
 * The copying problem (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016): ten symbols out of eight, a long blank, a
 * mark; then the ten symbols are to be said again, blanks before. Who has no memory says blanks and then guesses: a cross-
 * entropy of 10 ln 8 / (steps + 20) a step.
 *
 *     npm run build
 *     node examples/copying.ts [--cell lstm|chrono-lstm|janet|min-gru] [--steps 200] [--updates 2000]
 *
 * Every sequence is drawn by its number, so that the same seed gives the same training.
 */
import { argmax, logSoftmax, mean, oneHot, tensor, trace } from "gatefold";
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
  rate: 0.01,
  seed: 1,
  test: 1000,
});

const symbols = 8;
const length = 10;
const blank = symbols;
const mark = symbols + 1;
const time = steps + 2 * length;

/** Symbols that are read and that are to be said, each [time, batch]. */
function problems(name: string, count: number): Examples {
  return {
    count,
    load(indices) {
      const shape = [time, indices.length];
      const read = new Int32Array(time * indices.length).fill(blank);
      const said = read.slice();
      indices.forEach((index, row) => {
        const draws = random(seed).stream(`${name}.${index}`);
        for (let k = 0; k < length; k++) {
          const symbol = draws.integer(symbols);
          read[k * indices.length + row] = symbol;
          said[(time - length + k) * indices.length + row] = symbol;
        }
        read[(length + steps - 1) * indices.length + row] = mark;
      });
      const feeds = { read: tensor(read, shape, "int32"), said: tensor(said, shape, "int32") };
      return { feeds, weight: indices.length };
    },
  };
}

const network = encoder(cell, { inputs: symbols + 2, units, layers, longest: time });
const head = dense("head", { inputs: network.outputs, units: symbols + 1 });
const sequence = { shape: ["time", "batch"], dtype: "int32" as const };
const model = trace({ read: sequence, said: sequence }, ({ read, said }) => {
  const scores = head(network(oneHot(read, symbols + 2)));
  const right = logSoftmax(scores).mul(oneHot(said, symbols + 1));
  const recalled = argmax(scores).equal(said).cast("float32").slice(0, -length);
  return { loss: mean(right.sum(-1)).neg(), recalled: mean(recalled) };
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
const memoryless = (length * Math.log(symbols)) / time;
const title = `copying, ${cell}, ${steps} steps`;
const { loss, recalled } = score.scores;
const entropy = { value: loss, baseline: `without memory: ${memoryless.toPrecision(3)}` };
printScore(title, "cross-entropy", entropy, score);
printScore(title, "symbols said again", { value: recalled, baseline: "guessing: 0.125" }, score);

/**
 * Handwritten digits read as sequences (Le, Jaitly & Hinton 2015): 28 rows of 28 pixels, or 784 pixels one by one. Every
 * fifth image is left for the test.
 *
 *     npm run build
 *     node examples/digits.ts [--cell lstm|gru|janet|nested|sru] [--order rows|pixels] [--folder ../shared/data/nowcasting/mnist]
 *
 * The folder holds 10,000 MNIST digits, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { argmax, InputError, logSoftmax, mean, oneHot, tensor, trace } from "gatefold";
import { readIdx } from "gatefold/data";
import { dense } from "gatefold/layers";
import type { Examples } from "gatefold/train";
import { encoder } from "./small-task/encoder.ts";
import { readOptions } from "./small-task/options.ts";
import { printScore, trainAndScore } from "./small-task/train.ts";

const { cell, order, folder, count, units, layers, epochs, batch, rate, seed } = readOptions({
  cell: "lstm",
  order: "rows",
  folder: "../shared/data/nowcasting/mnist",
  count: 10_000,
  units: 64,
  layers: 1,
  epochs: 20,
  batch: 100,
  rate: 0.002,
  seed: 1,
});

const read = async (name: string) => readIdx(await readFile(join(folder, name)), name);
const images = await read("t10k-images-idx3-ubyte.gz");
const labels = await read("t10k-labels-idx1-ubyte.gz");
const classes = 10;
const pixels = 28 * 28;
if (order !== "rows" && order !== "pixels")
  throw new InputError(`--order ${order}: digits are read by rows or by pixels`);
const inputs = order === "rows" ? 28 : 1;
const steps = pixels / inputs;

/** Images as sequences [time, batch, inputs] of numbers from 0 to 1, and which digits they are [batch]. */
function digits(chosen: readonly number[]): Examples {
  return {
    count: chosen.length,
    load(indices) {
      const x = new Float32Array(pixels * indices.length);
      const digit = new Int32Array(indices.length);
      indices.forEach((index, row) => {
        const image = chosen[index];
        digit[row] = labels.data[image];
        for (let t = 0; t < steps; t++) {
          const first = image * pixels + t * inputs;
          const values = images.data.subarray(first, first + inputs);
          x.set(
            Float32Array.from(values, (value) => value / 255),
            (t * indices.length + row) * inputs,
          );
        }
      });
      const feeds = {
        x: tensor(x, [steps, indices.length, inputs]),
        digit: tensor(digit, undefined, "int32"),
      };
      return { feeds, weight: indices.length };
    },
  };
}

const network = encoder(cell, { inputs, units, layers, longest: steps });
const head = dense("head", { inputs: network.outputs, units: classes });
const digit = { shape: ["batch"], dtype: "int32" as const };
const model = trace({ x: ["time", "batch", inputs], digit }, ({ x, digit }) => {
  const scores = head(network(x).at(0, -1));
  return {
    loss: mean(logSoftmax(scores).mul(oneHot(digit, classes)).sum(-1)).neg(),
    accuracy: mean(argmax(scores).equal(digit).cast("float32")),
  };
});

const all = Array.from({ length: count }, (_, index) => index);
const score = await trainAndScore({
  model,
  training: digits(all.filter((index) => index % 5 !== 4)),
  test: digits(all.filter((index) => index % 5 === 4)),
  epochs,
  batch,
  rate,
  seed,
});
const result = { value: 100 * score.scores.accuracy, baseline: "guessing: 10" };
printScore(`digits by ${order}, ${cell}`, "% right", result, score);

/**
 * The next character of a text, by networks of one size: the last tenth of the text is left for the test, in pieces that
 * each begin from a state of zeros.
 *
 *     npm run build
 *     node examples/characters.ts [--cell lstm|nested|sru|g2] [--layers 1] [--text ../shared/data/memory/tinyshakespeare.txt]
 *
 * `--weights` is how many numbers are trained, nearly: the width follows from it.
 */
import { readFile } from "node:fs/promises";
import { gather, InputError, inputsOf, logSoftmax, mean, oneHot, tensor, trace } from "gatefold";
import { dense } from "gatefold/layers";
import type { Examples } from "gatefold/train";
import { declareWeight, normal } from "gatefold/weights";
import { encoder } from "./small-task/encoder.ts";
import { readOptions } from "./small-task/options.ts";
import { printScore, trainAndScore } from "./small-task/train.ts";

const { cell, layers, text, weights, length, epochs, batch, rate, seed, limit } = readOptions({
  cell: "lstm",
  layers: 1,
  text: "../shared/data/memory/tinyshakespeare.txt",
  weights: 100_000,
  length: 100,
  epochs: 10,
  batch: 32,
  rate: 0.004,
  seed: 1,
  limit: 10_000_000,
});

const whole = (await readFile(text, "utf8")).slice(0, limit);
const alphabet = [...new Set(whole)].sort();
const codes = Int32Array.from(whole, (character) => alphabet.indexOf(character));
const testStart = Math.floor(0.9 * codes.length);

/** Pieces of the text [time, batch], and the characters that follow each. */
function pieces(part: Int32Array, length: number): Examples {
  const count = Math.floor((part.length - 1) / length);
  if (count < 1) throw new InputError(`${text}: too short for pieces of ${length} characters`);
  return {
    count,
    load(indices) {
      const shape = [length, indices.length];
      const read = new Int32Array(length * indices.length);
      const next = read.slice();
      indices.forEach((index, row) => {
        for (let t = 0; t < length; t++) {
          read[t * indices.length + row] = part[index * length + t];
          next[t * indices.length + row] = part[index * length + t + 1];
        }
      });
      const feeds = { read: tensor(read, shape, "int32"), next: tensor(next, shape, "int32") };
      return { feeds, weight: indices.length };
    },
  };
}

/** Bits per character of who knows how often each comes in the training part, and nothing else. */
function bitsByFrequency(): number {
  const counts = new Float64Array(alphabet.length).fill(1); // of one that never came, too
  for (const code of codes.subarray(0, testStart)) counts[code]++;
  const total = counts.reduce((sum, count) => sum + count);
  const bits = Array.from(codes.subarray(testStart), (code) => -Math.log2(counts[code] / total));
  return bits.reduce((sum, one) => sum + one) / bits.length;
}

const embedded = 32;
const sequence = { shape: ["time", "batch"], dtype: "int32" as const };

/** Mean −log₂ of the probability of the character that follows: bits per character. */
function modelOf(units: number) {
  const embedding = declareWeight("embedding", {
    shape: [alphabet.length, embedded],
    initializer: normal(0.3),
  });
  const network = encoder(cell, { inputs: embedded, units, layers, longest: length });
  const head = dense("head", { inputs: network.outputs, units: alphabet.length });
  return trace({ read: sequence, next: sequence }, ({ read, next }) => {
    const logarithms = logSoftmax(head(network(gather(embedding, read))));
    const loss = mean(logarithms.mul(oneHot(next, alphabet.length)).sum(-1)).neg();
    return { loss, bits: loss.div(Math.LN2) };
  });
}

function weightsOf(units: number): number {
  const shapes = [...inputsOf(modelOf(units), "weight").values()].map(({ shape }) => shape as number[]);
  return shapes.reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

/** The width whose network has as many weights as asked for, or a few less. */
function widthFor(weights: number): number {
  let [fits, tooWide] = [1, weights];
  while (tooWide - fits > 1) {
    const middle = Math.floor((fits + tooWide) / 2);
    if (weightsOf(middle) <= weights) fits = middle;
    else tooWide = middle;
  }
  return fits;
}

const units = widthFor(weights);
const score = await trainAndScore({
  model: modelOf(units),
  training: pieces(codes.subarray(0, testStart), length),
  test: pieces(codes.subarray(testStart), 5 * length),
  epochs,
  batch,
  rate,
  seed,
});
const result = {
  value: score.scores.bits,
  baseline: `by frequency: ${bitsByFrequency().toPrecision(3)}`,
};
printScore(`characters, ${cell} ${layers} × ${units}`, "bits per character", result, score);

/** The character models of textgenrnn (github.com/minimaxir/textgenrnn), whose files hold weights alone. */
import { lstm } from "../../cells/lstm.ts";
import type { Hdf5Group } from "../../data/hdf5/read.ts";
import { named } from "../../graph/errors.ts";
import { concat, exp, softmax } from "../../graph/functions.ts";
import { trace } from "../../graph/graph.ts";
import { dense } from "../../layers/dense.ts";
import { recurrent } from "../../layers/recurrent.ts";
import { declareWeights } from "../../weights/declare.ts";
import { glorotUniform } from "../../weights/initializers.ts";
import { checkModel, type Model } from "../../weights/model.ts";
import { table, under } from "./imported-layer.ts";
import { namedArrays } from "./keras-file.ts";
import { readLstmNumbers } from "./keras-recurrent.ts";
import { KerasWeights } from "./keras-weights.ts";

const NEEDED = ["embedding", "rnn_1", "attention", "output"];

/** Whether a file's layers bear the names of this model's. */
export const isTextgenrnn = (root: Hdf5Group): boolean => NEEDED.every((name) => root.groups.has(name));

/**
 * x int32 [time, batch], numbers of characters → y [batch, characters], the probabilities of the next one: an embedding and
 * LSTMs over it, all of them side by side, averaged over time with weights e^(x · a), and a softmax.
 *
 * @throws InputError where arrays are missing or of other shapes
 */
export function textgenrnn(root: Hdf5Group, source: string): Model {
  return named(source, () => modelOf(root, source));
}

function modelOf(root: Hdf5Group, source: string): Model {
  const weightsOf = (name: string) => new KerasWeights(namedArrays(root.groups.get(name), source));
  const levels = [...root.groups.keys()].filter((name) => /^rnn_\d+$/.test(name)).sort();
  const { data, columns: embedded, rows } = matrix(weightsOf("embedding"));
  const characters = table("embedding", rows, embedded, data);
  const layers = levels.map((name) => {
    const weights = weightsOf(name);
    const units = (weights.nextDims[1] ?? 0) / 4;
    return { name, units, ...readLstmNumbers(weights, units) };
  });
  const width = layers.reduce((sum, { units }) => sum + units, embedded);
  const scores = weightsOf("attention").next([width, 1]);
  const output = weightsOf("output");
  const numbers = {
    ...characters.weights,
    ...Object.assign({}, ...layers.map(({ name, numbers }) => under(name, numbers))),
    ...under("attention", { scores }),
    ...under("output", { weight: output.next([width, rows]), bias: output.next([rows]) }),
  };
  const graph = trace({ x: { shape: ["time", "batch"], dtype: "int32" } }, ({ x }) => {
    const sequences = [characters.layer(x)];
    for (const { name, inputs, units } of layers)
      sequences.push(recurrent(name, lstm({ inputs, units }))(sequences[sequences.length - 1]));
    const all = concat(sequences);
    const { scores } = declareWeights("attention", {
      scores: { shape: [width, 1], initializer: glorotUniform },
    });
    const shares = exp(all.matmul(scores)); // as sums so far, which a stream carries on; scores are too small to overflow
    const average = all.mul(shares).sum(0).div(shares.sum(0));
    return {
      y: dense("output", { inputs: width, units: rows, activation: (sums) => softmax(sums) })(average),
    };
  });
  const model = { graph, weights: numbers };
  checkModel(model);
  return model;
}

function matrix(weights: KerasWeights) {
  const [rows, columns] = weights.nextDims;
  return { data: weights.next([rows, columns]), rows, columns };
}

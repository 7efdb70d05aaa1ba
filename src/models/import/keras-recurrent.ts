/** Keras's recurrent layers: how their numbers lie in ours, and what becomes of their outputs. */
import { z } from "zod";
import { type Cell, width } from "../../cells/define-cell.ts";
import { gru } from "../../cells/gru.ts";
import { lstm } from "../../cells/lstm.ts";
import { rnn } from "../../cells/rnn.ts";
import { InputError } from "../../graph/errors.ts";
import { concat } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";
import { recurrent } from "../../layers/recurrent.ts";
import { under } from "./imported-layer.ts";
import { activation } from "./keras-activations.ts";
import { gruWith, lstmWith, rnnWith } from "./keras-cells.ts";
import type { LayerReader, ReadLayer } from "./keras-layers.ts";
import type { KerasWeights } from "./keras-weights.ts";
import { added, columnBlocks, transposed } from "./numbers.ts";

const recurrentSchema = z.object({
  units: width,
  activation: z.string().default("tanh"),
  recurrent_activation: z.string().default("sigmoid"),
  use_bias: z.boolean().default(true),
  return_sequences: z.boolean().default(false),
  return_state: z.literal(false, "states that are put out can't be imported").default(false),
  time_major: z.literal(false, "an input with time first can't be imported").default(false),
  go_backwards: z.boolean().default(false),
  reset_after: z.boolean().default(false),
});
type Options = z.output<typeof recurrentSchema>;

/** A cell and its numbers by the names of its weights. */
interface Imported {
  cell: Cell;
  weights: Record<string, Float32Array | undefined>;
}

type ReadCell = (options: Options, weights: KerasWeights, layer: ReadLayer) => Imported;

const isUsual = (options: Options) =>
  options.activation === "tanh" && options.recurrent_activation === "sigmoid";

function choices(options: Options, { version }: ReadLayer) {
  return {
    activation: activation(options.activation, version),
    gate: activation(options.recurrent_activation, version),
  };
}

/**
 * The numbers of an LSTM of so many units. Gates lie in the order i, f, c, o, which is ours. A graphics card's layer
 * has two biases, to be added up.
 */
export function readLstmNumbers(weights: KerasWeights, units: number, hasBias = true) {
  const { input, inputs } = weights.kernel(4 * units);
  const recurrent = weights.next([units, 4 * units]);
  const biases = hasBias ? weights.next([4 * units], [8 * units]) : new Float32Array(4 * units);
  if (biases.length === 4 * units) return { inputs, numbers: { input, recurrent, bias: biases } };
  const bias = added(biases.subarray(0, 4 * units), biases.subarray(4 * units));
  return {
    inputs,
    numbers: { input: byUnit(input, inputs, 4), recurrent: byUnit(recurrent, units, 4), bias },
  };
}

const readLstm: ReadCell = (options, weights, layer) => {
  const { units, use_bias: hasBias } = options;
  const { inputs, numbers } = readLstmNumbers(weights, units, hasBias);
  const cell = isUsual(options)
    ? lstm({ inputs, units })
    : lstmWith({ inputs, units, ...choices(options, layer) });
  return { cell, weights: numbers };
};

/** Gates lie in the order z, r, h; ours in the order r, z, n. */
const OUR_ORDER = [1, 0, 2];

const readGru: ReadCell = (options, weights, layer) => {
  const { units } = options;
  const { input, inputs } = weights.kernel(3 * units);
  const recurrent = weights.next([units, 3 * units]);
  const biases = options.use_bias
    ? weights.next([3 * units], [2, 3 * units], [6 * units])
    : new Float32Array((options.reset_after ? 6 : 3) * units);
  // A graphics card's layer has its two biases in one row, and resets after its product.
  const isCard = options.use_bias && weights.lastDims[0] === 6 * units;
  const reset = biases.length === 6 * units ? "after" : "before";
  const ordered = (data: Float32Array, order: readonly number[]) => columnBlocks(data, units, 3, order);
  const from = isCard
    ? { input: byUnit(input, inputs, 3), recurrent: byUnit(recurrent, units, 3) }
    : { input, recurrent };
  const cell = isUsual(options)
    ? gru({ inputs, units, reset })
    : gruWith({ inputs, units, reset, ...choices(options, layer) });
  const bias = ordered(biases.subarray(0, 3 * units), OUR_ORDER);
  if (reset === "before") {
    const gates = ordered(from.recurrent, OUR_ORDER.slice(0, 2));
    const candidate = ordered(from.recurrent, OUR_ORDER.slice(2));
    return { cell, weights: { input: ordered(from.input, OUR_ORDER), recurrent: gates, bias, candidate } };
  }
  const second = ordered(biases.subarray(3 * units), OUR_ORDER);
  return {
    cell,
    weights: {
      input: ordered(from.input, OUR_ORDER),
      recurrent: ordered(from.recurrent, OUR_ORDER),
      bias: bias.map((one, index) => (index < 2 * units ? one + second[index] : one)),
      candidateBias: second.slice(2 * units),
    },
  };
};

const readRnn: ReadCell = (options, weights, layer) => {
  const { units } = options;
  const { input, inputs } = weights.kernel(units);
  const recurrent = weights.next([units, units]);
  const bias = options.use_bias ? weights.next([units]) : new Float32Array(units);
  const { activation: name } = options;
  const cell =
    name === "tanh" || name === "relu"
      ? rnn({ inputs, units, activation: name })
      : rnnWith({ inputs, units, activation: choices(options, layer).activation });
  return { cell, weights: { input, recurrent, bias } };
};

/** Layers for graphics cards keep each gate's matrix by units, [units, rows], in the memory of one of [rows, units]. */
function byUnit(data: Float32Array, rows: number, gates: number): Float32Array {
  const units = data.length / rows / gates;
  const result = new Float32Array(data.length);
  for (let gate = 0; gate < gates; gate++) {
    const block = transposed(columnBlocks(data, units, gates, [gate]), units, rows);
    for (let row = 0; row < rows; row++)
      result.set(block.subarray(row * units, (row + 1) * units), (row * gates + gate) * units);
  }
  return result;
}

const cells: Readonly<Record<string, ReadCell>> = {
  LSTM: readLstm,
  CuDNNLSTM: readLstm,
  GRU: readGru,
  CuDNNGRU: readGru,
  SimpleRNN: readRnn,
};

/** One direction's outputs along time; `reverse` keeps them where they belong. */
function run(
  kind: string,
  path: string,
  options: Options,
  reverse: boolean,
  layer: ReadLayer,
  x: Value,
): Value {
  const { cell, weights } = cells[kind](options, layer.weights, layer);
  layer.keep(under(path, weights));
  return recurrent(path, cell, { reverse })(x);
}

const oneWay: LayerReader = (layer, [x]) => {
  const options = layer.options(recurrentSchema);
  const { go_backwards: reverse, return_sequences: whole } = options;
  const outputs = run(layer.kind, layer.path, options, reverse, layer, x);
  if (!whole) return outputs.at(0, reverse ? 0 : -1);
  return reverse ? outputs.slice(0, 0, undefined, -1) : outputs; // Keras puts them out in the order in which it reads.
};

const bidirectionalSchema = z.object({
  merge_mode: z.enum(["concat", "sum", "mul", "ave"]).default("concat"),
  layer: z.object({ class_name: z.string(), config: recurrentSchema }),
});

const merges: Record<z.output<typeof bidirectionalSchema>["merge_mode"], (a: Value, b: Value) => Value> = {
  concat: (a, b) => concat([a, b]),
  sum: (a, b) => a.add(b),
  mul: (a, b) => a.mul(b),
  ave: (a, b) => a.add(b).div(2),
};

const bothWays: LayerReader = (layer, [x]) => {
  const { merge_mode: merge, layer: inner } = layer.options(bidirectionalSchema);
  const { class_name: kind, config } = inner;
  if (!Object.hasOwn(cells, kind) || config.go_backwards)
    throw new InputError(
      `it runs ${config.go_backwards ? "backwards first" : `a ${kind}`} both ways, which can't be imported`,
    );
  const forward = run(kind, `${layer.path}.forward`, config, false, layer, x);
  const backward = run(kind, `${layer.path}.backward`, config, true, layer, x);
  return config.return_sequences
    ? merges[merge](forward, backward)
    : merges[merge](forward.at(0, -1), backward.at(0, 0));
};

export const recurrentReaders: Readonly<Record<string, LayerReader>> = {
  ...Object.fromEntries(Object.keys(cells).map((kind) => [kind, oneWay])),
  Bidirectional: bothWays,
};

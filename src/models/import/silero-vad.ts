/** Silero's voice activity detector, version 5 at 16 kHz, from its tensors: github.com/snakers4/silero-vad. */
import { lstm } from "../../cells/lstm.ts";
import { InputError } from "../../graph/errors.ts";
import { concat, conv, relu, sigmoid, sqrt } from "../../graph/functions.ts";
import { trace } from "../../graph/graph.ts";
import { type Value, weight } from "../../graph/value.ts";
import { dense } from "../../layers/dense.ts";
import { checkModel, type Model } from "../../weights/model.ts";
import { under } from "./imported-layer.ts";
import { added, floats, transposed } from "./numbers.ts";
import type { Tensors } from "./pytorch-parts.ts";

/** A frame: 64 samples of the frame before, and 512 new ones. */
const FRAME = 576;
/** By how many samples a frame is continued, as in a mirror, so that its last ones have their share in a spectrum. */
const MIRRORED = 64;
const HOP = 128;
const FREQUENCIES = 129;
const UNITS = 128;

/** The four convolutions over the spectra of a frame. */
const convolutions = [
  { name: "conv1", stride: 1 },
  { name: "conv2", stride: 2 },
  { name: "conv3", stride: 2 },
  { name: "conv4", stride: 1 },
];

const shapes: Readonly<Record<string, readonly number[]>> = {
  "stft_conv.weight": [2 * FREQUENCIES, 1, 256],
  "conv1.weight": [128, FREQUENCIES, 3],
  "conv1.bias": [128],
  "conv2.weight": [64, 128, 3],
  "conv2.bias": [64],
  "conv3.weight": [64, 64, 3],
  "conv3.bias": [64],
  "conv4.weight": [UNITS, 64, 3],
  "conv4.bias": [UNITS],
  "lstm_cell.weight_ih": [4 * UNITS, UNITS],
  "lstm_cell.weight_hh": [4 * UNITS, UNITS],
  "lstm_cell.bias_ih": [4 * UNITS],
  "lstm_cell.bias_hh": [4 * UNITS],
  "final_conv.weight": [1, UNITS, 1],
  "final_conv.bias": [1],
};

/** Whether tensors bear the names of this model's. */
export const isSileroVad = (tensors: Tensors): boolean =>
  tensors.size === Object.keys(shapes).length && Object.keys(shapes).every((name) => tensors.has(name));

/**
 * A model of one step: x [1, 576], a frame of 512 samples at 16 kHz after the last 64 of the frame before, → y [1, 1],
 * the probability that someone speaks. The state is that of its LSTM, `hidden` and `memory` [1, 128].
 *
 * @throws InputError where a tensor has another shape
 */
export function sileroVad(tensors: Tensors, source: string): Model {
  const numbers = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.dims.join() !== shapes[name].join())
      throw new InputError(
        `${source}: "${name}" is [${tensor?.dims.join(", ")}], and [${shapes[name].join(", ")}] in Silero's detector`,
      );
    return floats(tensor, `${source}: "${name}"`);
  };
  const matrix = (name: string) => transposed(numbers(name), shapes[name][0], shapes[name][1]);
  const asTheyAre = Object.keys(shapes).filter((name) => /^(stft_conv|conv)/.test(name));
  const model: Model = {
    graph: stepGraph(),
    weights: {
      ...Object.fromEntries(asTheyAre.map((name) => [name, numbers(name)])),
      ...under("lstm_cell", {
        input: matrix("lstm_cell.weight_ih"),
        recurrent: matrix("lstm_cell.weight_hh"),
        bias: added(numbers("lstm_cell.bias_ih"), numbers("lstm_cell.bias_hh")),
      }),
      ...under("final_conv", { weight: numbers("final_conv.weight"), bias: numbers("final_conv.bias") }),
    },
    states: { hidden: "nextHidden", memory: "nextMemory" },
  };
  checkModel(model);
  return model;
}

function stepGraph() {
  const cell = lstm({ inputs: UNITS, units: UNITS }).at("lstm_cell");
  const final = dense("final_conv", { inputs: UNITS, units: 1, activation: sigmoid });
  const convolved = (x: Value, { name, stride }: { name: string; stride: number }) => {
    const bias = weight(`${name}.bias`, shapes[`${name}.bias`]).unsqueeze(-1);
    const kernel = weight(`${name}.weight`, shapes[`${name}.weight`]);
    return relu(conv(x, kernel, { stride, padding: 1 }).add(bias));
  };
  const state = { hidden: [1, UNITS], memory: [1, UNITS] };
  return trace({ x: [1, FRAME], ...state }, ({ x, hidden, memory }) => {
    const features = convolutions.reduce(convolved, spectra(x)); // [1, 128, 1]: four spectra have become one vector
    const { output, state } = cell.step(features.squeeze(2), { hidden, memory }, {});
    return { y: final(relu(output)), nextHidden: state.hidden, nextMemory: state.memory };
  });
}

/** The magnitudes of a frame's four short-time spectra, [1, frequencies, 4]. */
function spectra(x: Value): Value {
  const mirrored = x.slice(1, FRAME - 1 - MIRRORED, FRAME - 1, -1);
  const basis = weight("stft_conv.weight", shapes["stft_conv.weight"]);
  const parts = conv(concat([x, mirrored], 1).unsqueeze(1), basis, { stride: HOP });
  const [real, imaginary] = parts.split(2, 1);
  return sqrt(real.mul(real).add(imaginary.mul(imaginary)));
}

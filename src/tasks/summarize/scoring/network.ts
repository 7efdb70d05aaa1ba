/**
 * The scoring network of vsLSTM and dppLSTM (Zhang, Chao, Sha & Grauman, ECCV 2016, sections 3.2 and 3.3): a
 * bidirectional LSTM over frame features, and on [x, h forward, h backward] two perceptrons with one hidden
 * layer of sigmoid units each: importance y, a number from 0 to 1, and φ, whose products tell likeness.
 * Frames form a determinantal point process with L_ij = y_i y_j φ_iᵀφ_j.
 */
import { cellByName } from "../../../cells/by-name.ts";
import { concat, sigmoid } from "../../../graph/functions.ts";
import { type Graph, trace } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import { dense } from "../../../layers/dense.ts";
import { bidirectional } from "../../../layers/recurrent.ts";
import type { NamedArrays } from "../../../train/optimizers.ts";

export interface NetworkSize {
  /** Values of a frame's features. */
  inputs: number;
  /** Units of the encoder in each direction, and of both hidden layers. */
  units: number;
  /** Width of φ. */
  width: number;
  /** The encoder's cell, by name; an LSTM unless given. */
  cell?: string;
}

export interface SummaryNetwork {
  readonly size: NetworkSize;
  /**
   * y [pieces × time] and φ [pieces × time, width] of a video's features [time, pieces, inputs]: pieces of it, each
   * of which the encoder reads by itself, one after the other; a single one where it shall read the video whole.
   */
  judge(x: Value): { importance: Value; similarity: Value };
}

export function summaryNetwork(size: NetworkSize): SummaryNetwork {
  const { inputs, units, width, cell = "lstm" } = size;
  const encoder = bidirectional("encoder", cellByName(cell, { inputs, units }));
  const perceptron = (path: string, outputs: number, activation?: (x: Value) => Value) => {
    const hidden = dense(`${path}.hidden`, { inputs: inputs + encoder.outputs, units, activation: sigmoid });
    const output = dense(`${path}.output`, { inputs: units, units: outputs, activation });
    return (x: Value) => output(hidden(x));
  };
  const importance = perceptron("importance", 1, sigmoid);
  const similarity = perceptron("similarity", width);
  return {
    size,
    judge(x) {
      const seen = concat([x, encoder(x)]);
      const inOrder = (y: Value) => y.transpose([1, 0, 2]).reshape([-1, y.shape[2]]);
      return { importance: inOrder(importance(seen)).squeeze(1), similarity: inOrder(similarity(seen)) };
    },
  };
}

/**
 * Weights whose importance starts near a level: σ(W ½ + b), as the hidden units are ½ where they see nothing. From σ(0) = ½ a
 * training goes a long way before it tells one frame from another.
 *
 * @param level 0 to 1
 */
export function startingAt(level: number, weights: NamedArrays): NamedArrays {
  const held = Math.min(Math.max(level, 0.01), 0.99);
  const atRest = weights["importance.output.weight"].reduce((sum, weight) => sum + weight / 2, 0);
  return { ...weights, "importance.output.bias": Float32Array.of(Math.log(held / (1 - held)) - atRest) };
}

/** Features [time, pieces, inputs] → importance y [frames] and the rows of B, y ⊙ φ [frames, width]: L = B Bᵀ. */
export function scoringGraph(network: SummaryNetwork): Graph {
  return trace({ x: ["time", "pieces", network.size.inputs] }, ({ x }) => {
    const { importance, similarity } = network.judge(x);
    return { importance, rows: similarity.mul(importance.unsqueeze(1)) };
  });
}

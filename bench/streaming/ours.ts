/** Our streams of the benchmark: models, how much must change to be passed on, and their steps. */

import type { Cell } from "../../src/cells/define-cell.ts";
import { lstm } from "../../src/cells/lstm.ts";
import { trace } from "../../src/graph/graph.ts";
import type { Value } from "../../src/graph/value.ts";
import { recurrent } from "../../src/layers/recurrent.ts";
import {
  type CompileOptions,
  compileProgram,
  loadProgram,
  type Stream,
  stepOf,
} from "../../src/stream/index.ts";
import { lowRank } from "../../src/transform/low-rank.ts";
import { declareWeight, initialWeights } from "../../src/weights/declare.ts";
import { glorotUniform } from "../../src/weights/initializers.ts";
import type { Model } from "../../src/weights/model.ts";
import { took } from "../measure.ts";
import type { Stepper } from "./stepper.ts";

/** A model, and what each of its products reads at every step, by the path of the product's weight. */
export interface Recorded {
  model: Model;
  read: Readonly<Record<string, Float32Array[]>>;
}

const modelOf = (width: number, write: (x: Value) => Value): Model => {
  const graph = trace({ x: ["time", "batch", width] }, ({ x }) => ({ y: write(x) }));
  return { graph, weights: initialWeights(graph, 1) };
};

/** One cell. */
export const cellModel = (width: number, cell: Cell): Model => modelOf(width, recurrent("layer", cell));

export async function denseLstm(width: number, frames: Float32Array[]): Promise<Recorded> {
  const model = cellModel(width, lstm({ inputs: width, units: width }));
  const outputs = await outputsOf(model, frames);
  return { model, read: { "layer.input": frames, "layer.recurrent": outputs } };
}

/** Both products by way of a quarter of the width, as in the middle of a stack that joint low rank has compressed. */
export async function lowRankLstm(width: number, frames: Float32Array[]): Promise<Recorded> {
  const rank = width / 4;
  const layer = recurrent("layer", lstm({ inputs: rank, units: width }));
  const below = { shape: [width, rank], initializer: glorotUniform };
  const { model } = lowRank(
    modelOf(width, (x) => layer(x.matmul(declareWeight("below.projection", below)))),
    { rank },
  );
  const outputs = await outputsOf(model, frames);
  const projected = (path: string, from: Float32Array[]) =>
    from.map((vector) => product(vector, model.weights[path], rank));
  const projection = "layer.recurrent.projection";
  return {
    model,
    read: {
      "below.projection": frames,
      "layer.input": projected("below.projection", frames),
      [projection]: outputs,
      "layer.recurrent.expansion": projected(projection, outputs),
    },
  };
}

/** The model with the thresholds at which each product passes on this share of what it reads. */
export function withOccupancy({ model, read }: Recorded, share: number): Model {
  const thresholds = Object.entries(read).map(([path, vectors]) => {
    if (!model.weights[path]) throw new Error(`the model has no weight "${path}"`);
    return [path, thresholdFor(vectors, share)];
  });
  return { ...model, thresholds: Object.fromEntries(thresholds) };
}

/** Halves an interval until the threshold is known to a thousandth. */
function thresholdFor(vectors: readonly Float32Array[], share: number): number {
  let [low, high] = [0, 8];
  while (high - low > 1e-3 * high) {
    const middle = (low + high) / 2;
    if (occupancy(vectors, middle) > share) low = middle;
    else high = middle;
  }
  return high;
}

function occupancy(vectors: readonly Float32Array[], threshold: number): number {
  const held = new Float32Array(vectors[0].length);
  let passed = 0;
  for (const vector of vectors)
    for (let i = 0; i < held.length; i++)
      if (vector[i] !== held[i] && Math.abs(vector[i] - held[i]) >= threshold) {
        held[i] = vector[i];
        passed++;
      }
  return passed / (vectors.length * held.length);
}

function product(x: Float32Array, matrix: Float32Array, columns: number): Float32Array {
  const y = new Float32Array(columns);
  x.forEach((value, row) => {
    for (let column = 0; column < columns; column++) y[column] += value * matrix[row * columns + column];
  });
  return y;
}

async function outputsOf(model: Model, frames: readonly Float32Array[]): Promise<Float32Array[]> {
  const stream = await open(model);
  return frames.map((frame) => stream.push(frame));
}

async function open(model: Model, options?: CompileOptions): Promise<Stream> {
  return (await loadProgram(compileProgram(stepOf(model), options))).stream();
}

/** Steps of a stream, and how many bytes of weights one reads. */
export interface OurStepper extends Stepper {
  bytes(): number;
  /** The share of multiplications that were not skipped. */
  share(): number;
}

export async function ourStepper(model: Model, width: number, options?: CompileOptions): Promise<OurStepper> {
  const stream = await open(model, options);
  const output = new Float32Array(width);
  const totals = () => {
    const { products } = stream.profile();
    const done = products.reduce((sum, one) => sum + one.multiplications * one.occupancy, 0);
    return { done, all: products.reduce((sum, one) => sum + one.multiplications, 0) };
  };
  return {
    run: (frames, steps) =>
      took(async () => {
        for (let step = 0; step < steps; step++) stream.push(frames[step % frames.length], output);
      }),
    output: () => output,
    close: async () => stream.close(),
    bytes: () => totals().done * (options?.weights === "int8" ? 1 : 4),
    share: () => totals().done / totals().all,
  };
}

/** Models and frames for tests of streams. */
import type { Cell } from "../src/cells/index.ts";
import { trace } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { recurrent } from "../src/layers/index.ts";
import {
  type CompileOptions,
  compileProgram,
  type Engine,
  loadProgram,
  stepOf,
} from "../src/stream/index.ts";
import { initialWeights } from "../src/weights/declare.ts";
import type { Model } from "../src/weights/model.ts";
import { random } from "../src/weights/random.ts";

/** A model of what is done to an input "x" [time, batch, …features], its weights random, biases too. */
export function modelOf(write: (x: Value) => Record<string, Value>, features: readonly number[]): Model {
  const graph = trace({ x: ["time", "batch", ...features] }, ({ x }) => write(x));
  const weights = initialWeights(graph, 5);
  // Biases begin as zeros: with those, terms that get lost would not be missed.
  for (const [path, numbers] of Object.entries(weights))
    if (numbers.every((number) => number === numbers[0])) random(7).stream(path).normals(numbers);
  return { graph, weights };
}

export const cellModel = (cell: Cell, features: readonly number[]): Model =>
  modelOf((x) => ({ y: recurrent("layer", cell)(x) }), features);

/** Frames of normal numbers. */
export function framesFor(count: number, width: number): Float32Array[] {
  const numbers = random(3).stream("frames");
  return Array.from({ length: count }, () => numbers.normals(new Float32Array(width)));
}

/** Frames that change slowly, each number at its own pace. */
export function slowFrames(count: number, width: number): Float32Array[] {
  return Array.from({ length: count }, (_, step) =>
    Float32Array.from({ length: width }, (_, at) => Math.sin((step * (1 + at)) / 50 + at)),
  );
}

/** All weights of a model that take part in a product under one threshold. */
export function thresholdsOf({ graph }: Model, threshold: number): Record<string, number> {
  const matrices = graph.inputs.filter(({ role, shape }) => role === "weight" && shape.length > 1);
  return Object.fromEntries(matrices.map(({ name }) => [name, threshold]));
}

export function engineOf(model: Model, options?: CompileOptions): Promise<Engine> {
  return loadProgram(compileProgram(stepOf(model), options));
}

export function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, number, at) => Math.max(worst, Math.abs(number - b[at])), 0);
}

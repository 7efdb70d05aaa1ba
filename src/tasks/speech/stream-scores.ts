/** How a model does where it runs: frame by frame through the stream engine. */
import { inputsOf } from "../../graph/graph.ts";
import { type CompileOptions, compileProgram } from "../../stream/compile.ts";
import { loadProgram } from "../../stream/engine.ts";
import { stepOf } from "../../stream/step-of-model.ts";
import type { Stream } from "../../stream/stream.ts";
import type { Model } from "../../weights/model.ts";
import type { Utterance } from "./corpus/utterance.ts";

export interface StreamScores {
  /** The share of frames whose class has the highest score. */
  accuracy: number;
  parameters: number;
  /** By weights, a second of speech: those that were done. */
  multiplications: number;
  /** The share of numbers that were passed on, over all products, by their work; 1 without thresholds. */
  occupancy: number;
  /** Of a step, with the way into the engine and out: the mean over all. */
  microseconds: number;
}

/** Frames a second. */
const FRAMES = 100;

/** How often each utterance is streamed to measure its time; the fastest counts, as other programs disturb the others. */
const ROUNDS = 3;

/** Streams utterances, each from the beginning. */
export async function streamScores(
  model: Model,
  utterances: readonly Utterance[],
  options: CompileOptions = {},
): Promise<StreamScores> {
  const engine = await loadProgram(compileProgram(stepOf(model), options));
  using stream = engine.stream();
  let [right, frames, steps, done, time] = [0, 0, 0, 0, 0];
  for (const { features, labels } of utterances) {
    const rounds = Array.from({ length: ROUNDS }, () => streamed(stream, features, labels.length));
    time += Math.min(...rounds.map(({ milliseconds }) => milliseconds));
    const [{ outputs }] = rounds;
    labels.forEach((label, t) => {
      if (label < 0) return;
      frames++;
      if (outputs[t].indexOf(outputs[t].reduce((a, b) => Math.max(a, b))) === label) right++;
    });
    const { products } = stream.profile();
    steps += labels.length;
    done += labels.length * sum(products.map((one) => one.multiplications * one.occupancy));
  }
  const all = sum(stream.profile().products.map(({ multiplications }) => multiplications));
  return {
    accuracy: right / frames,
    parameters: sum([...inputsOf(model.graph, "weight").keys()].map((path) => model.weights[path].length)),
    multiplications: (FRAMES * done) / steps,
    occupancy: done / steps / all,
    microseconds: (1000 * time) / steps,
  };
}

function streamed(stream: Stream, features: Float32Array, steps: number) {
  const bands = features.length / steps;
  const outputs: Float32Array[] = [];
  stream.reset();
  const start = performance.now();
  for (let t = 0; t < steps; t++) outputs.push(stream.push(features.subarray(t * bands, (t + 1) * bands)));
  return { outputs, milliseconds: performance.now() - start };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

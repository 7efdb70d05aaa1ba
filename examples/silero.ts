/**
 * A speech detector that is used in production, Silero VAD (github.com/snakers4/silero-vad), as a stream of ours: the same
 * probabilities as ONNX Runtime gives that runs the original, and what making it smaller changes in its decisions.
 *
 *     npm run build
 *     node examples/silero.ts [--folder ../shared/data/models/silero_vad]
 *
 * The folder holds silero_vad_16k_op15.onnx and test.wav. The original runs on onnxruntime-node, which must be installed.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { delta } from "gatefold";
import { readWav, resample } from "gatefold/data";
import { lowRank } from "gatefold/low-rank";
import { openModel } from "gatefold/models";
import { type CompileOptions, compileProgram, loadProgram, stepOf } from "gatefold/stream";
import type { Model } from "gatefold/weights";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readOptions } from "./small-task/options.ts";

const { folder } = readOptions({ folder: "../shared/data/models/silero_vad" });
const file = join(folder, "silero_vad_16k_op15.onnx");

const NEW = 512;
const CONTEXT = 64; // samples of the frame before
const RATE = 16_000;

interface Heard {
  /** Of speech, frame by frame. */
  probabilities: number[];
  /** A frame. */
  microseconds: number;
}

/** 512 new samples at 16 kHz after the last 64 before them. */
function framesOf(samples: Float32Array): Float32Array[] {
  return Array.from({ length: Math.floor(samples.length / NEW) }, (_, index) => {
    const frame = new Float32Array(CONTEXT + NEW);
    const known = samples.subarray(Math.max(0, index * NEW - CONTEXT), (index + 1) * NEW);
    frame.set(known, frame.length - known.length);
    return frame;
  });
}

async function heardByOriginal(frames: readonly Float32Array[]): Promise<Heard> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const sr = new Tensor("int64", BigInt64Array.of(BigInt(RATE)), []);
  let state = new Tensor("float32", new Float32Array(256), [2, 1, 128]);
  const probabilities: number[] = [];
  const start = performance.now();
  for (const frame of frames) {
    const input = new Tensor("float32", frame, [1, frame.length]);
    const { output, stateN } = await session.run({ input, state, sr });
    probabilities.push(Number(output.data[0]));
    state = stateN as typeof state;
  }
  return { probabilities, microseconds: (1000 * (performance.now() - start)) / frames.length };
}

async function heardByStream(
  model: Model,
  frames: readonly Float32Array[],
  options: CompileOptions,
): Promise<Heard & { multiplications: number }> {
  const engine = await loadProgram(compileProgram(stepOf(model), options));
  using stream = engine.stream();
  const start = performance.now();
  const probabilities = frames.map((input) => stream.push({ input }).output[0]);
  const microseconds = (1000 * (performance.now() - start)) / frames.length;
  const multiplications = stream
    .profile()
    .products.reduce((sum, one) => sum + one.multiplications * one.occupancy, 0);
  return { probabilities, microseconds, multiplications };
}

const { rate, samples } = readWav(await readFile(join(folder, "test.wav")), "test.wav");
const frames = framesOf(resample(samples, rate, RATE));
const original = await heardByOriginal(frames);
const model = await openModel(file, { sizes: { batch: 1, sequence: CONTEXT + NEW } });

const kinds: [string, Model, CompileOptions][] = [
  ["stream", model, {}],
  ["stream, int8", model, { weights: "int8" }],
  ...[0.9, 0.8, 0.6].map((energy): [string, Model, CompileOptions] => [
    `stream, τ ${energy}`,
    lowRank(model, { energy }).model,
    {},
  ]),
  ...[0, 0.02, 0.05, 0.1].map((threshold): [string, Model, CompileOptions] => [
    `stream, Θ ${threshold}`,
    delta(model, { threshold }),
    {},
  ]),
];

console.log(
  `${frames.length} frames; the original on ONNX Runtime: ${original.microseconds.toFixed(0)} µs each`,
);
for (const [name, one, options] of kinds) {
  const { probabilities, microseconds, multiplications } = await heardByStream(one, frames, options);
  const differences = probabilities.map((p, at) => Math.abs(p - original.probabilities[at]));
  const same = probabilities.filter((p, at) => p >= 0.5 === original.probabilities[at] >= 0.5).length;
  console.log(
    `${name}: ${microseconds.toFixed(0)} µs, ${Math.round(multiplications / 1000)} k multiplications, ` +
      `decisions that agree ${((100 * same) / frames.length).toFixed(2)} %, largest difference ${Math.max(...differences).toPrecision(2)}`,
  );
}

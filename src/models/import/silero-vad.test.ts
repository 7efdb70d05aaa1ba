/** Silero's detector from its tensors gives what ONNX Runtime gives that runs the original. */
import { existsSync, readFileSync } from "node:fs";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { InputError } from "../../graph/errors.ts";
import { inputsOf } from "../../graph/graph.ts";
import { compile, type Feeds } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import type { Model } from "../../weights/model.ts";
import { readSafetensors, type StoredTensor } from "../../weights/safetensors.ts";
import { isSileroVad, sileroVad } from "./silero-vad.ts";

const folder = new URL("../../../../shared/data/models/silero_vad/", import.meta.url);
const present = existsSync(folder);

/** The samples of a WAV file of 16-bit numbers, −1 to 1. */
function samplesOf(file: URL): Float32Array {
  const bytes = readFileSync(file);
  const start = bytes.indexOf("data") + 8;
  return Float32Array.from(
    { length: (bytes.length - start) >> 1 },
    (_, i) => bytes.readInt16LE(start + 2 * i) / 32768,
  );
}

/** The original's names of the tensors. */
const originalNames: Readonly<Record<string, string>> = {
  "model.stft.forward_basis_buffer": "stft_conv.weight",
  ...Object.fromEntries(
    [0, 1, 2, 3].flatMap((at) =>
      ["weight", "bias"].map((name) => [`model.encoder.${at}.reparam_conv.${name}`, `conv${at + 1}.${name}`]),
    ),
  ),
  ...Object.fromEntries(
    ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => [
      `model.decoder.rnn.${name}`,
      `lstm_cell.${name}`,
    ]),
  ),
  "model.decoder.decoder.2.weight": "final_conv.weight",
  "model.decoder.decoder.2.bias": "final_conv.bias",
};

/** The original program with the tensors' numbers: the two files are of different releases, trained apart. */
function originalWith(tensors: ReadonlyMap<string, StoredTensor>): Uint8Array {
  const model = fromBinary(ModelProtoSchema, readFileSync(new URL("silero_vad_16k_op15.onnx", folder)));
  const initializers = model.graph?.initializer ?? [];
  expect(initializers.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(originalNames)));
  for (const initializer of initializers) {
    const { data } = tensors.get(originalNames[initializer.name]) ?? {};
    if (data)
      initializer.rawData = new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return toBinary(ModelProtoSchema, model);
}

/** The probabilities of speech in every frame by the original program, its state carried on. */
async function heardByOriginal(onnx: Uint8Array, frames: readonly Float32Array[]): Promise<number[]> {
  const session = await ort.InferenceSession.create(onnx);
  const heard: number[] = [];
  let state = new ort.Tensor("float32", new Float32Array(256), [2, 1, 128]);
  const sr = new ort.Tensor("int64", BigInt64Array.of(16000n), []);
  for (const frame of frames) {
    const { output, stateN } = await session.run({
      input: new ort.Tensor("float32", frame, [1, 576]),
      state,
      sr,
    });
    heard.push(Number(output.data[0]));
    state = stateN as typeof state;
  }
  await session.release();
  return heard;
}

async function heardByOurs(
  { graph, weights, states = {} }: Model,
  frames: readonly Float32Array[],
): Promise<number[]> {
  const session = await compile(graph);
  const numbers = [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
    path,
    tensor(weights[path], shape as readonly number[]),
  ]);
  const fixed: Feeds = Object.fromEntries(numbers);
  let state: Feeds = mapped(states, () => tensor(new Float32Array(128), [1, 128]));
  const heard: number[] = [];
  for (const frame of frames) {
    const found = await session.run({ x: tensor(frame, [1, 576]), ...state, ...fixed });
    state = mapped(states, (after) => found[after]);
    heard.push(Number(found.y.data[0]));
  }
  await session.release();
  return heard;
}

const mapped = (states: Readonly<Record<string, string>>, to: (after: string) => Feeds[string]): Feeds =>
  Object.fromEntries(Object.entries(states).map(([before, after]) => [before, to(after)]));

test.skipIf(!present)(
  "Silero's detector hears in a minute of speech what its original program hears (needs ../shared/data)",
  async () => {
    const { tensors } = readSafetensors(
      readFileSync(new URL("silero_vad_16k.safetensors", folder)),
      "silero",
    );
    expect(isSileroVad(tensors)).toBe(true);
    const samples = samplesOf(new URL("test.wav", folder));
    const frames = Array.from({ length: Math.floor(samples.length / 512) }, (_, index) => {
      const frame = new Float32Array(576);
      const start = index * 512 - 64;
      frame.set(samples.subarray(Math.max(0, start), start + 576), Math.max(0, -start));
      return frame;
    });
    const ours = await heardByOurs(sileroVad(tensors, "silero"), frames);
    const theirs = await heardByOriginal(originalWith(tensors), frames);
    expect(theirs.length).toBe(1875);
    expect(theirs.filter((one) => one > 0.5).length).toBeGreaterThan(300);
    expect(largestDifference(ours, theirs)).toBeLessThan(2e-6);
  },
);

test("a tensor of another shape is named", () => {
  const tensors = new Map<string, StoredTensor>([
    ["stft_conv.weight", { dtype: "float32", dims: [2, 2], data: new Float32Array(4) }],
  ]);
  expect(isSileroVad(tensors)).toBe(false);
  expect(() => sileroVad(tensors, "vad")).toThrow(InputError);
  expect(() => sileroVad(tensors, "vad")).toThrow(
    /^vad: "stft_conv.weight" is \[2, 2\], and \[258, 1, 256\] in Silero's detector$/,
  );
});

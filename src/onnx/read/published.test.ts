/** Models as they were published, against ONNX Runtime on the original files. */
import { existsSync, readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { compile } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import type { Model } from "../../weights/model.ts";
import { random } from "../../weights/random.ts";
import { type ReadOnnxOptions, readOnnx } from "./model.ts";

const weightsOf = ({ graph, weights }: Model) =>
  Object.fromEntries(
    graph.inputs
      .filter(({ role }) => role === "weight")
      .map(({ name, shape }) => [name, tensor(weights[name], shape as number[])]),
  );

/** Silero's detector of speech: models of one step, from PyTorch's exporter and joined by spox. */
const folder = "../shared/data/models/silero_vad";

const files: ({ file: string } & ReadOnnxOptions)[] = [
  { file: "silero_vad_16k_op15.onnx", sizes: { batch: 1, sequence: 576 } },
  { file: "silero_vad.onnx", sizes: { "input.0": 1, "input.1": 576, "state.1": 1 }, values: { sr: 16000 } },
];

describe.skipIf(!existsSync(folder)).each(files)("$file", ({ file, ...options }) => {
  const bytes = existsSync(folder) ? new Uint8Array(readFileSync(`${folder}/${file}`)) : new Uint8Array();

  test("is read as a model of one step that gives the numbers of the original, step after step", async () => {
    const model = readOnnx(bytes, { source: file, ...options });
    expect(model.states).toEqual({ state: "stateN" });
    expect(model.graph.inputs.filter(({ role }) => role === "input").map(({ name }) => name)).toEqual([
      "input",
      "state",
    ]);
    const original = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const ours = await compile(model.graph);
    const stream = random(3).stream("speech");
    const weights = weightsOf(model);
    let state: ArrayLike<number> = new Float32Array(256);
    for (let step = 0; step < 4; step++) {
      const samples = Float32Array.from({ length: 576 }, () => stream.uniform() - 0.5);
      const expected = await original.run({
        input: new ort.Tensor("float32", samples, [1, 576]),
        state: new ort.Tensor("float32", Float32Array.from(state), [2, 1, 128]),
        sr: new ort.Tensor("int64", BigInt64Array.of(16000n), []),
      });
      const found = await ours.run({
        ...weights,
        input: tensor(samples, [1, 576]),
        state: tensor(Float32Array.from(state), [2, 1, 128]),
      });
      for (const name of ["output", "stateN"])
        expect(
          largestDifference(found[name].data as Float32Array, expected[name].data as Float32Array),
        ).toBeLessThan(1e-5);
      state = expected.stateN.data as Float32Array;
    }
    await ours.release();
    await original.release();
  });
});

const mobilenet = "../shared/data/models/mobilenet/mobilenet_v1_0.75_224_float.onnx";

test.skipIf(!existsSync(mobilenet))(
  "MobileNet, of depthwise convolutions, gives the numbers of the original",
  async () => {
    const bytes = new Uint8Array(readFileSync(mobilenet));
    const model = readOnnx(bytes, { sizes: { N: 1 } });
    const original = await ort.InferenceSession.create(bytes);
    const ours = await compile(model.graph);
    const image = Float32Array.from({ length: 3 * 224 * 224 }, (_, at) => Math.sin(at * 0.37));
    const { probs } = await original.run({ input: new ort.Tensor("float32", image, [1, 3, 224, 224]) });
    const found = await ours.run({ ...weightsOf(model), input: tensor(image, [1, 3, 224, 224]) });
    expect(largestDifference(found.probs.data as Float32Array, probs.data as Float32Array)).toBeLessThan(
      1e-5,
    );
    await ours.release();
    await original.release();
  },
);

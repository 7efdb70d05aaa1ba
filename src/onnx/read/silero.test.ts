/** Silero's detector of speech, as published: models of one step, from PyTorch's exporter and joined by spox. */
import { existsSync, readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { compile } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import { random } from "../../weights/random.ts";
import { type ReadOnnxOptions, readOnnx } from "./model.ts";

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
    const weights = Object.fromEntries(
      model.graph.inputs
        .filter(({ role }) => role === "weight")
        .map(({ name, shape }) => [name, tensor(model.weights[name], shape as number[])]),
    );
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

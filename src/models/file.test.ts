/** Models are opened by what their files hold. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzlibSync, zipSync } from "fflate";
import { afterAll, expect, test } from "vitest";
import { largestDifference } from "../../test/everywhere.ts";
import { modelOutputs } from "../../test/model-outputs.ts";
import { InputError } from "../graph/errors.ts";
import type { ArrayTensor } from "../graph/interpret.ts";
import type { Model } from "../weights/model.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { openModel, saveModel } from "./file.ts";
import { readPyTorch } from "./import/pytorch-file.ts";

const folder = mkdtempSync(join(tmpdir(), "gatefold-models-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const goldens = (name: string) => {
  const text = readFileSync(new URL(`../../test/goldens/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text).cases as {
    title: string;
    keras?: string;
    file: string;
    x: ArrayTensor;
    y: ArrayTensor;
  }[];
};
const [pytorch] = goldens("pytorch-models");
const keras = goldens("keras-models").filter(({ title }) => title === "an LSTM and a dense layer");
const torchFile = new Uint8Array(Buffer.from(pytorch.file, "base64"));

const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

/** [inputs, outputs] of the widths at a model's ends. */
const widths = ({ graph }: Model) =>
  [graph.inputs[0].shape, graph.outputs.y.shape].map((shape) => Number(shape.at(-1)));

test.each([
  ["torch.save", torchFile, [3, 4]],
  ["safetensors", writeSafetensors(readPyTorch(torchFile, "m").tensors), [3, 4]],
  ["Keras 2, HDF5", unzlibSync(Buffer.from(keras[0].file, "base64")), [3, 2]],
  ["Keras 3, .keras", unzlibSync(Buffer.from(keras[2].file, "base64")), [3, 2]],
])("a file of %s is known by its content, whatever its name", async (_, bytes, expected) => {
  expect(widths(await openModel(put("model.bin", bytes)))).toEqual(expected);
});

test("a model that is saved is a run, and computes the same", async () => {
  const model = await openModel(put("model.pt", torchFile));
  const run = join(folder, "new", "run");
  await saveModel(run, model);
  expect(readdirSync(run)).toEqual(["model.onnx"]);
  for (const path of [run, join(run, "model.onnx")]) {
    const { y } = modelOutputs(await openModel(path), { x: pytorch.x });
    expect(largestDifference(y.data, pytorch.y.data)).toBeLessThan(1e-12);
  }
});

test("Silero's detector is opened from its tensors, kept and opened again as a model of one step", async () => {
  const file = new URL("../../../shared/data/models/silero_vad/silero_vad_16k.safetensors", import.meta.url)
    .pathname;
  if (!existsSync(file)) return console.log("skipped: needs ../shared/data");
  const run = join(folder, "vad");
  const model = await openModel(file);
  await saveModel(run, model);
  const again = await openModel(run);
  expect(again.states).toEqual(model.states);
  expect(again.weights).toEqual(model.weights);
});

test.each<[string, () => string, RegExp]>([
  ["nothing", () => join(folder, "absent"), /absent: there is no such file or folder$/],
  [
    "an empty folder",
    () => mkdtempSync(join(folder, "empty-")),
    /holds neither model.onnx nor manifest.json: it is no run, and no other model$/,
  ],
  [
    "a zip file of something else",
    () => put("a.zip", zipSync({ "a.txt": new Uint8Array(3) })),
    /a\.zip is a zip file, but neither of PyTorch \(data\.pkl\) nor of Keras \(config\.json\)$/,
  ],
  ["text", () => put("notes.txt", "These are no weights."), /notes\.txt/],
  ["an empty file", () => put("empty.onnx", ""), /empty\.onnx/],
  [
    "a header of 10¹² bytes",
    () => put("big.safetensors", Uint8Array.of(0, 16, 165, 212, 232, 0, 0, 0, 0x7b)),
    /big\.safetensors is no safetensors file: its header would have 1000000000000 bytes$/,
  ],
])("refuses %s, and names it", async (_, path, message) => {
  await expect(openModel(path())).rejects.toThrow(InputError);
  await expect(openModel(path())).rejects.toThrow(message);
});

test("a run is not written over a file", async () => {
  const model = await openModel(put("model.pt", torchFile));
  await expect(saveModel(put("taken", "text"), model)).rejects.toThrow(/taken can't be written to/);
  expect(readFileSync(join(folder, "taken"), "utf8")).toBe("text");
});

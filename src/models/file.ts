/** Models as files: our own, one ONNX file in a run's folder, and those of other frameworks. */
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../graph/errors.ts";
import { type ReadOnnxOptions, readOnnx } from "../onnx/read/model.ts";
import { writeOnnx } from "../onnx/write.ts";
import { writeAside } from "../train/write-aside.ts";
import type { Model } from "../weights/model.ts";
import type { StoredTensor } from "../weights/safetensors.ts";
import { type ImportOptions, importModel } from "./import/model.ts";
import { fromTensorFlow, readManifest, readVariable } from "./import/tensorflow.ts";

/** The model's file in a run's folder. */
export const MODEL_FILE = "model.onnx";
/** The file of a folder of TensorFlow's raw variables that lists them. */
const MANIFEST_FILE = "manifest.json";

/** What a model's file does not tell: `readOnnx`'s options for ONNX, `fromPyTorch`'s for state dictionaries, `forgetBias` for TensorFlow. */
export type OpenOptions = Omit<ReadOnnxOptions, "source"> & ImportOptions & { forgetBias?: number };

/**
 * Writes a model into a run's folder, which is made where it is missing. The file appears whole or not at all.
 *
 * @throws InputError where the folder can't be made or written to
 */
export async function saveModel(folder: string, model: Model): Promise<void> {
  const bytes = writeOnnx(model);
  try {
    await mkdir(folder, { recursive: true });
    await writeAside(join(folder, MODEL_FILE), bytes);
  } catch (error) {
    throw new InputError(`${folder} can't be written to: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Opens a model: a run's folder, or a file of ONNX, PyTorch (safetensors, torch.save), Keras (.keras, HDF5), or a folder
 * of TensorFlow's raw variables with a manifest.json. What a file is shows in its content, whatever its name.
 *
 * ```ts
 * const model = await openModel("tagger.pt", { layers: ["embedding", "lstm", "fc"] });
 * ```
 *
 * @throws InputError where there is none, or one that can't be read
 */
export async function openModel(path: string, options: OpenOptions = {}): Promise<Model> {
  const { sizes, values, states, forgetBias, ...dictionary } = options;
  const found = await stat(path).catch(() => {
    throw new InputError(`${path}: there is no such file or folder`);
  });
  const file = found.isDirectory() ? join(path, MODEL_FILE) : path;
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw unreadable(file, error);
  });
  if (!bytes) return openVariables(path, forgetBias);
  return importModel(bytes, file, dictionary) ?? readOnnx(bytes, { source: file, sizes, values, states });
}

const unreadable = (file: string, { message }: Error) => new InputError(`${file} can't be read: ${message}`);

/** A folder without a model of ours may hold a TensorFlow checkpoint as raw files. */
async function openVariables(folder: string, forgetBias: number | undefined): Promise<Model> {
  const manifest = join(folder, MANIFEST_FILE);
  const text = await readFile(manifest, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw unreadable(manifest, error);
    throw new InputError(
      `${folder} holds neither ${MODEL_FILE} nor ${MANIFEST_FILE}: it is no run, and no other model`,
    );
  });
  const variables = new Map<string, StoredTensor>();
  for (const [name, { filename, shape }] of Object.entries(readManifest(text, manifest))) {
    const file = join(folder, filename);
    const bytes = await readFile(file).catch((error: Error) => {
      throw unreadable(file, error);
    });
    variables.set(name, readVariable(bytes, shape, file));
  }
  return fromTensorFlow(variables, folder, { forgetBias });
}

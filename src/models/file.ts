/** Models as files: our own, one ONNX file in a run's folder, and those of other frameworks. */
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../graph/errors.ts";
import { type ReadOnnxOptions, readOnnx } from "../onnx/read/model.ts";
import { writeOnnx } from "../onnx/write.ts";
import { writeAside } from "../train/write-aside.ts";
import type { Model } from "../weights/model.ts";

/** The model's file in a run's folder. */
export const MODEL_FILE = "model.onnx";

export type OpenOptions = Omit<ReadOnnxOptions, "source">;

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
 * Opens a model: a run's folder or an ONNX file.
 *
 * @throws InputError where there is none, or one that can't be read
 */
export async function openModel(path: string, options: OpenOptions = {}): Promise<Model> {
  const found = await stat(path).catch(() => {
    throw new InputError(`${path}: there is no such file or folder`);
  });
  const file = found.isDirectory() ? join(path, MODEL_FILE) : path;
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      error.code === "ENOENT"
        ? `${path} holds no ${MODEL_FILE}: it is no run`
        : `${file} can't be read: ${error.message}`,
    );
  });
  return readOnnx(bytes, { source: file, ...options });
}

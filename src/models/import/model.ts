/** Which framework wrote a file, by its content; and the model in it. */

import { isZip, readArchive } from "../../data/archive.ts";
import { isHdf5, readHdf5 } from "../../data/hdf5/read.ts";
import { InputError } from "../../graph/errors.ts";
import type { Model } from "../../weights/model.ts";
import { readSafetensors } from "../../weights/safetensors.ts";
import { fromKeras } from "./keras.ts";
import { kerasOfArchive, kerasOfHdf5 } from "./keras-file.ts";
import { fromPyTorch, type PyTorchOptions, type StateDictionary } from "./pytorch.ts";
import { isOldPyTorch, readPyTorch, readPyTorchArchive } from "./pytorch-file.ts";
import { isSileroVad, sileroVad } from "./silero-vad.ts";
import { isTextgenrnn, textgenrnn } from "./textgenrnn.ts";

/** What the files of PyTorch do not tell. */
export type ImportOptions = PyTorchOptions;

/**
 * The model in a file of PyTorch (safetensors, torch.save) or Keras (.keras, HDF5); undefined for other files, such as
 * ONNX.
 *
 * @param source names the file in messages
 * @throws InputError for a file of these kinds that is damaged, or holds what can't be imported
 */
export function importModel(
  bytes: Uint8Array,
  source: string,
  options: ImportOptions = {},
): Model | undefined {
  if (isHdf5(bytes)) {
    const root = readHdf5(bytes, source);
    return isTextgenrnn(root) ? textgenrnn(root, source) : fromKeras(kerasOfHdf5(root, source), source);
  }
  if (isZip(bytes)) return ofArchive(readArchive(bytes, source), source, options);
  if (isOldPyTorch(bytes)) return ofDictionary(readPyTorch(bytes, source), source, options);
  if (isSafetensors(bytes))
    return ofDictionary({ ...readSafetensors(bytes, source), ordered: false }, source, options);
  return undefined;
}

/** A safetensors file begins with the length of its header, which is a JSON object. */
const isSafetensors = (bytes: Uint8Array): boolean => bytes[8] === 0x7b && bytes[6] === 0 && bytes[7] === 0;

function ofArchive(files: ReadonlyMap<string, Uint8Array>, source: string, options: ImportOptions): Model {
  if (files.has("config.json")) return fromKeras(kerasOfArchive(files, source), source);
  if ([...files.keys()].some((name) => name.endsWith("data.pkl")))
    return ofDictionary(readPyTorchArchive(files, source), source, options);
  throw new InputError(
    `${source} is a zip file, but neither of PyTorch (data.pkl) nor of Keras (config.json)`,
  );
}

function ofDictionary(dictionary: StateDictionary, source: string, options: ImportOptions): Model {
  if (isSileroVad(dictionary.tensors)) return sileroVad(dictionary.tensors, source);
  return fromPyTorch(dictionary, source, options);
}

/** State dictionaries from the files that torch.save writes: a zip of a pickle and of the numbers that it speaks of. */

import { readArchive } from "../../data/archive.ts";
import { InputError } from "../../graph/errors.ts";
import { fromBfloat16, fromFloat16 } from "../../weights/half-precision.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import { type Pickled, readPickle } from "./pickle.ts";
import type { StateDictionary } from "./pytorch.ts";

/** What a training saves beside its model is a dictionary that holds the state dictionary under one of these. */
const USUAL_NAMES = ["state_dict", "model_state_dict", "model", "net", "network", "weights"];

/** How a storage's numbers are read, and how many bytes each takes. */
const storages: Record<string, { bytes: number; read: (bytes: Uint8Array) => Numbers }> = {
  "torch.FloatStorage": { bytes: 4, read: (bytes) => numbers("float32", new Float32Array(copied(bytes))) },
  "torch.DoubleStorage": { bytes: 8, read: (bytes) => numbers("float64", new Float64Array(copied(bytes))) },
  "torch.HalfStorage": {
    bytes: 2,
    read: (bytes) => numbers("float32", fromFloat16(new Uint16Array(copied(bytes)))),
  },
  "torch.BFloat16Storage": {
    bytes: 2,
    read: (bytes) => numbers("float32", fromBfloat16(new Uint16Array(copied(bytes)))),
  },
  "torch.LongStorage": { bytes: 8, read: (bytes) => numbers("int64", new BigInt64Array(copied(bytes))) },
  "torch.IntStorage": { bytes: 4, read: (bytes) => numbers("int32", new Int32Array(copied(bytes))) },
};

type WithoutDims<Tensor> = Tensor extends unknown ? Omit<Tensor, "dims"> : never;
type Numbers = WithoutDims<StoredTensor>;

const numbers = (dtype: Numbers["dtype"], data: Numbers["data"]) => ({ dtype, data }) as Numbers;

/** A buffer of its own, so that numbers of any width lie aligned in it. */
const copied = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

const FUNCTIONS = [
  "collections.OrderedDict",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_parameter",
  "torch.Size",
];

/** The numbers that lie in one file of the archive. */
class Storage {
  readonly key: string;
  readonly numbers: Numbers;

  constructor(key: string, numbers: Numbers) {
    this.key = key;
    this.numbers = numbers;
  }
}

class Tensor {
  readonly stored: StoredTensor;

  constructor(stored: StoredTensor) {
    this.stored = stored;
  }
}

/** Whether bytes begin like the format of PyTorch before 1.6: a pickle of its magic number. */
export function isOldPyTorch(bytes: Uint8Array): boolean {
  const magic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads the state dictionary of a file by torch.save: the dictionary itself, or one of the usual names within what a training
 * saved. Nothing in the file is run; float16 and bfloat16 become float32.
 *
 * @param source names the file in messages
 * @throws InputError for a damaged file, one that holds Python objects, and the format of PyTorch before 1.6
 */
export function readPyTorch(bytes: Uint8Array, source: string): StateDictionary {
  if (isOldPyTorch(bytes))
    throw new InputError(
      `${source} has the format of PyTorch before 1.6: load it in PyTorch and save it again by torch.save`,
    );
  return readPyTorchArchive(readArchive(bytes, source), source);
}

/** The same from the files of an archive that is open already. */
export function readPyTorchArchive(files: ReadonlyMap<string, Uint8Array>, source: string): StateDictionary {
  const pickle = [...files.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) throw new InputError(`${source} is a zip file without the data.pkl of PyTorch's`);
  const folder = pickle.slice(0, -"data.pkl".length);
  if ([...files.keys()].some((name) => name.startsWith(`${folder}code/`)))
    throw new InputError(
      `${source} is a TorchScript program: save the model's state_dict() instead, or export it as ONNX`,
    );
  const order = files.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order) !== "little")
    throw new InputError(
      `${source} was written by a big-endian machine: save it again on a little-endian one`,
    );
  const root = new Rebuilder(files, folder, source).read(pickle);
  return { tensors: dictionaryOf(root, source), ordered: true };
}

class Rebuilder {
  private readonly files: ReadonlyMap<string, Uint8Array>;
  private readonly folder: string;
  private readonly source: string;
  private readonly opened = new Map<string, Storage>();
  /** How many numbers tensors may still copy from storages: a damaged file could name a storage any number of times. */
  private left: number;

  constructor(files: ReadonlyMap<string, Uint8Array>, folder: string, source: string) {
    this.files = files;
    this.folder = folder;
    this.source = source;
    this.left = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  read(pickle: string): Pickled {
    return readPickle(this.files.get(pickle) as Uint8Array, this.source, {
      known: (name) => FUNCTIONS.includes(name) || Object.hasOwn(storages, name),
      call: (name, values) => this.call(name, values),
      persistent: (id) => this.storage(id),
    });
  }

  private call(name: string, values: readonly Pickled[]): Pickled | undefined {
    const [first] = values;
    if (name === "collections.OrderedDict") return values.length === 0 ? new Map() : undefined;
    if (name === "torch.Size") return Array.isArray(first) ? first : undefined;
    if (name === "torch._utils._rebuild_parameter") return first instanceof Tensor ? first : undefined;
    if (name === "torch._utils._rebuild_tensor_v2") return this.tensor(values);
    return undefined;
  }

  private storage(id: Pickled): Storage {
    const [kind, type, key] = Array.isArray(id) ? id : [];
    const { global = "" } = (type ?? {}) as { global?: string };
    if (kind !== "storage" || typeof key !== "string" || !Object.hasOwn(storages, global))
      throw new InputError(`${this.source} is damaged: its pickle names a storage that makes no sense`);
    const name = `${this.folder}data/${key}`;
    const known = this.opened.get(`${global} ${key}`);
    if (known) return known;
    const file = this.files.get(name);
    if (!file || file.length % storages[global].bytes !== 0)
      throw new InputError(`${this.source} is damaged: it has no whole "${name}"`);
    const storage = new Storage(key, storages[global].read(file));
    this.opened.set(`${global} ${key}`, storage);
    return storage;
  }

  private tensor([storage, offset, dims, strides]: readonly Pickled[]): Tensor | undefined {
    if (!(storage instanceof Storage) || !isCount(offset) || !isCounts(dims) || !isCounts(strides))
      return undefined;
    if (dims.length !== strides.length || dims.length > 8) return undefined;
    const { dtype, data } = storage.numbers;
    const count = dims.reduce((product, size) => product * size, 1);
    const last = dims.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset);
    if (count === 0) return new Tensor({ dtype, dims, data: data.slice(0, 0) } as StoredTensor);
    if (count > data.length || last >= data.length)
      throw new InputError(
        `${this.source} is damaged: a tensor [${dims.join(", ")}] reaches beyond the ${data.length} numbers of its storage`,
      );
    if (isDense(dims, strides))
      return new Tensor({ dtype, dims, data: data.subarray(offset, offset + count) } as StoredTensor);
    this.left -= count;
    if (this.left < 0)
      throw new InputError(`${this.source} is damaged: its tensors repeat its numbers over and over`);
    return new Tensor({ dtype, dims, data: gathered(data, offset, dims, strides) } as StoredTensor);
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

/** Whether strides are those of row-major order; an axis of one position has none to speak of. */
function isDense(dims: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (dims[axis] > 1 && strides[axis] !== expected) return false;
    expected *= dims[axis];
  }
  return true;
}

/** The numbers at strides, in row-major order. */
function gathered(
  from: Numbers["data"],
  offset: number,
  dims: readonly number[],
  strides: readonly number[],
): Numbers["data"] {
  const count = dims.reduce((product, size) => product * size, 1);
  const result = from.slice(0, count);
  for (let index = 0; index < count; index++) {
    let rest = index;
    let at = offset;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += (rest % dims[axis]) * strides[axis];
      rest = Math.floor(rest / dims[axis]);
    }
    result[index] = from[at];
  }
  return result;
}

/** The tensors of a state dictionary, or of the one that a dictionary of a training holds. */
function dictionaryOf(root: Pickled, source: string): Map<string, StoredTensor> {
  if (!(root instanceof Map)) throw new InputError(`${source} holds no state dictionary`);
  const tensors = [...root].flatMap(([name, value]): [string, StoredTensor][] =>
    typeof name === "string" && value instanceof Tensor ? [[name, value.stored]] : [],
  );
  if (tensors.length > 0) return new Map(tensors);
  const inner = USUAL_NAMES.map((name) => root.get(name)).find((value) => value instanceof Map);
  const known = [...root.keys()]
    .filter((name) => typeof name === "string")
    .slice(0, 10)
    .join(", ");
  if (!inner || USUAL_NAMES.some((name) => (inner as Map<Pickled, Pickled>).has(name)))
    throw new InputError(`${source} holds no state dictionary: it has ${known || "nothing"}`);
  return dictionaryOf(inner, source);
}

/**
 * HDF5 files as h5py and MATLAB write them (format specification 3.0): groups, arrays of numbers, texts, references. A
 * reader of its own, since files from elsewhere may be damaged: the library compiled to WebAssembly aborts on them.
 */
import type { StoredTensor } from "../../weights/safetensors.ts";
import { Hdf5Bytes } from "./bytes.ts";
import { type Message, messages, readHeader } from "./header.ts";
import { inHeap, linksOf } from "./links.ts";
import { type AttributeValue, type Content, readAttribute, readContent } from "./values.ts";

type Attributes = ReadonlyMap<string, AttributeValue>;

/** An array of numbers and what it says of itself. */
export type Hdf5Array = StoredTensor & { attributes: Attributes };

/** Texts, row-major. */
export interface Hdf5Texts {
  dims: readonly number[];
  texts: readonly string[];
}

/** Other objects of the file, row-major. */
export interface Hdf5References {
  dims: readonly number[];
  attributes: Attributes;
  /** What is referred to; undefined for nothing, and for what is left out. */
  targets: readonly (Hdf5Object | undefined)[];
}

export type Hdf5Object = Hdf5Group | Hdf5Array | Hdf5Texts | Hdf5References;

/** A group: what it says of itself, and what is in it. */
export interface Hdf5Group {
  /** Texts, and lists of them; attributes of other types are left out. */
  attributes: Attributes;
  groups: ReadonlyMap<string, Hdf5Group>;
  /**
   * Arrays of numbers: float16 comes as float32, whole numbers of less than 4 bytes and truth values as int32, uint32 as
   * float64. Those of other types, and those with their last byte first, are left out.
   */
  arrays: ReadonlyMap<string, Hdf5Array>;
  texts: ReadonlyMap<string, Hdf5Texts>;
  references: ReadonlyMap<string, Hdf5References>;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** MATLAB's own header comes before. */
const MATLAB_HEADER = 512;
const DEEPEST = 32;

/** Where HDF5 begins in a file; undefined where it does not. */
function startOf(bytes: Uint8Array): number | undefined {
  return [0, MATLAB_HEADER].find((start) => SIGNATURE.every((byte, index) => bytes[start + index] === byte));
}

export const isHdf5 = (bytes: Uint8Array): boolean => startOf(bytes) !== undefined;

/**
 * Reads a file's groups, numbers, texts and references, in one piece or in chunks, as they are or compressed by gzip.
 *
 * @param source names the file in messages
 * @throws InputError for a damaged file, and for ways to store that neither h5py nor MATLAB uses unless asked
 */
export function readHdf5(bytes: Uint8Array, source: string): Hdf5Group {
  const start = startOf(bytes);
  const file = new Hdf5Bytes(bytes.subarray(start ?? 0), source);
  if (start === undefined) throw file.damaged("it does not begin like one");
  const { root, end } = beginningOf(file);
  if (bytes.length < end) throw file.damaged(`it is cut short: of its ${end} bytes it has ${bytes.length}`);
  return new Reader(file).readAll(root);
}

/** An array's numbers as doubles; those beyond 2⁵³ lose digits. */
export const doublesOf = ({ data }: StoredTensor): Float64Array =>
  data instanceof BigInt64Array ? Float64Array.from(data, Number) : new Float64Array(data);

class Reader {
  private readonly file: Hdf5Bytes;
  /** By their addresses: an object may have several names. */
  private readonly objects = new Map<number, Hdf5Object>();
  private readonly open: (() => void)[] = [];

  constructor(file: Hdf5Bytes) {
    this.file = file;
  }

  readAll(root: number): Hdf5Group {
    const group = this.readGroup(readHeader(this.file, root), 0);
    for (const resolve of this.open) resolve();
    return group;
  }

  private readGroup(header: readonly Message[], depth: number): Hdf5Group {
    if (depth > DEEPEST) throw this.file.damaged("its groups lie in one another without end");
    const group = {
      attributes: this.attributesOf(header),
      groups: new Map<string, Hdf5Group>(),
      arrays: new Map<string, Hdf5Array>(),
      texts: new Map<string, Hdf5Texts>(),
      references: new Map<string, Hdf5References>(),
    };
    for (const [name, address] of linksOf(this.file, header)) {
      const object = this.objects.get(address) ?? this.readObject(address, name, depth);
      if (!object) continue;
      this.objects.set(address, object);
      if ("groups" in object) group.groups.set(name, object);
      else if ("data" in object) group.arrays.set(name, object);
      else if ("texts" in object) group.texts.set(name, object);
      else group.references.set(name, object);
    }
    return group;
  }

  private readObject(address: number, name: string, depth: number): Hdf5Object | undefined {
    const header = readHeader(this.file, address);
    if (!header.some(({ type }) => type === messages.layout)) return this.readGroup(header, depth + 1);
    const content = readContent(this.file, header, name);
    return content && this.objectOf(content, this.attributesOf(header));
  }

  private objectOf(content: Content, attributes: Attributes): Hdf5Object {
    if (content.kind === "numbers") return { ...content.array, attributes };
    if (content.kind === "texts") return { dims: content.dims, texts: content.texts };
    const { dims, addresses } = content;
    const targets: (Hdf5Object | undefined)[] = addresses.map(() => undefined);
    this.open.push(() => {
      addresses.forEach((address, at) => {
        targets[at] = this.objects.get(address);
      });
    });
    return { dims, attributes, targets };
  }

  private attributesOf(header: readonly Message[]): Attributes {
    const places = header.flatMap(({ type, start }) => {
      if (type === messages.attribute) return [start];
      if (type !== messages.attributeInfo) return [];
      return inHeap(this.file, start + 2 + (this.file.byte(start + 1) & 1 ? 2 : 0), 0);
    });
    const found = places.map((start) => readAttribute(this.file, start));
    return new Map(
      found.flatMap(({ name, value }): [string, AttributeValue][] =>
        value === undefined ? [] : [[name, value]],
      ),
    );
  }
}

/** Where the header of the root group lies, and where the file ends, whatever comes before HDF5 counted too. */
function beginningOf(file: Hdf5Bytes): { root: number; end: number } {
  const version = file.byte(8);
  const [offsets, lengths] = version < 2 ? [13, 14] : [9, 10];
  if (version > 3 || file.byte(offsets) !== 8 || file.byte(lengths) !== 8)
    throw file.unsupported(`a beginning of version ${version}`);
  return { root: file.place([64, 68, 36, 36][version]), end: file.place([40, 44, 28, 28][version]) };
}

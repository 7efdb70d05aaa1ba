/**
 * HDF5 files as h5py writes them by default (format specification 3.0): groups, arrays of numbers in one piece, texts. A
 * reader of its own, since files from elsewhere may be damaged: the library compiled to WebAssembly aborts on them.
 */
import type { StoredTensor } from "../../weights/safetensors.ts";
import { Hdf5Bytes } from "./bytes.ts";
import { type Message, messages, readHeader } from "./header.ts";
import { type AttributeValue, readArray, readAttribute } from "./values.ts";

/** A group: what it says of itself, and what is in it. */
export interface Hdf5Group {
  /** Texts, and lists of them; attributes of other types are left out. */
  attributes: ReadonlyMap<string, AttributeValue>;
  groups: ReadonlyMap<string, Hdf5Group>;
  /** Arrays of floating-point numbers and whole ones of 4 and 8 bytes; others are left out. */
  arrays: ReadonlyMap<string, StoredTensor>;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const DEEPEST = 32;

export const isHdf5 = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, index) => bytes[index] === byte);

/**
 * Reads a file's groups, texts and numbers. float16 becomes float32.
 *
 * @param source names the file in messages
 * @throws InputError for a damaged file, and for ways to store that h5py does not use unless asked: compression, pieces
 */
export function readHdf5(bytes: Uint8Array, source: string): Hdf5Group {
  const file = new Hdf5Bytes(bytes, source);
  if (!isHdf5(bytes)) throw file.damaged("it does not begin like one");
  return readGroup(file, readHeader(file, rootOf(file)), 0);
}

/** Where the header of the root group lies. */
function rootOf(file: Hdf5Bytes): number {
  const version = file.byte(8);
  const [offsets, lengths] = version < 2 ? [13, 14] : [9, 10];
  if (version > 3 || file.byte(offsets) !== 8 || file.byte(lengths) !== 8)
    throw file.unsupported(`a beginning of version ${version}`);
  return file.place([64, 68, 36, 36][version]);
}

function readGroup(file: Hdf5Bytes, header: readonly Message[], depth: number): Hdf5Group {
  if (depth > DEEPEST) throw file.damaged("its groups lie in one another without end");
  if (
    header.some(
      ({ type, start }) =>
        type === messages.attributeInfo && file.long(start + 2 + attributeOrder(file, start)),
    )
  )
    throw file.unsupported("very many attributes");
  const groups = new Map<string, Hdf5Group>();
  const arrays = new Map<string, StoredTensor>();
  for (const [name, address] of linksOf(file, header)) {
    const inner = readHeader(file, address);
    if (!inner.some(({ type }) => type === messages.layout))
      groups.set(name, readGroup(file, inner, depth + 1));
    else {
      const array = readArray(file, inner, name);
      if (array) arrays.set(name, array);
    }
  }
  const attributes = header
    .filter(({ type }) => type === messages.attribute)
    .map(({ start }) => readAttribute(file, start))
    .flatMap(({ name, value }): [string, AttributeValue][] => (value === undefined ? [] : [[name, value]]));
  return { attributes: new Map(attributes), groups, arrays };
}

/** Bytes that an attribute info message has before its addresses, where attributes are kept in order. */
const attributeOrder = (file: Hdf5Bytes, start: number): number => (file.byte(start + 1) & 1 ? 2 : 0);

/** The names in a group and the addresses that they stand for. */
function linksOf(file: Hdf5Bytes, header: readonly Message[]): Map<string, number> {
  const links = new Map<string, number>();
  for (const { type, start } of header) {
    if (type === messages.symbolTable) readTable(file, start, links);
    if (type === messages.link) readLink(file, start, links);
    if (type === messages.linkInfo && file.long(start + 2 + (file.byte(start + 1) & 1 ? 8 : 0)) !== undefined)
      throw file.unsupported("very large groups of the new kind");
  }
  return links;
}

/** A link of the new kind; those that are not to an object of this file are left out. */
function readLink(file: Hdf5Bytes, start: number, links: Map<string, number>): void {
  const flags = file.byte(start + 1);
  const kind = flags & 8 ? file.byte(start + 2) : 0;
  const sizeAt = start + 2 + (flags & 8 ? 1 : 0) + (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0);
  const size = [file.byte, file.short, file.int, file.place][flags & 3].call(file, sizeAt);
  const nameAt = sizeAt + (1 << (flags & 3));
  if (kind === 0) links.set(file.text(nameAt, size), file.place(nameAt + size));
}

/** A group of the old kind: a tree of tables, and a heap of names. */
function readTable(file: Hdf5Bytes, start: number, links: Map<string, number>): void {
  const heap = file.place(start + 8);
  file.expect("HEAP", heap);
  const names = file.place(heap + 24);
  const nodes = [file.place(start)];
  for (const node of nodes) {
    file.expect("TREE", node);
    const children = Array.from({ length: file.short(node + 6) }, (_, index) =>
      file.place(node + 32 + 16 * index),
    );
    if (file.byte(node + 5) > 0) nodes.push(...children);
    else for (const table of children) readSymbols(file, table, names, links);
  }
}

function readSymbols(file: Hdf5Bytes, table: number, names: number, links: Map<string, number>): void {
  file.expect("SNOD", table);
  const count = file.short(table + 6);
  for (let index = 0; index < count; index++) {
    const entry = table + 8 + 40 * index;
    const isSoft = file.int(entry + 16) === 2;
    if (!isSoft) links.set(file.name(names + file.place(entry)), file.place(entry + 8));
  }
}

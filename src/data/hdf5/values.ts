/** Numbers, texts and references of HDF5: spaces, types, arrays, attributes (format specification 3.0, part IV.A.2). */
import type { StoredTensor } from "../../weights/safetensors.ts";
import type { Hdf5Bytes } from "./bytes.ts";
import { type Message, messages } from "./header.ts";
import { readData } from "./layout.ts";
import { type ElementType, numbersOf, readType } from "./types.ts";

/** More axes than any array of numbers has. */
const MOST_AXES = 8;

/** What is in a dataset. */
export type Content =
  | { kind: "numbers"; array: StoredTensor }
  | { kind: "texts"; dims: readonly number[]; texts: readonly string[] }
  | { kind: "references"; dims: readonly number[]; addresses: readonly number[] };

function readSpace(file: Hdf5Bytes, start: number): number[] {
  const version = file.byte(start);
  const rank = file.byte(start + 1);
  if (rank > MOST_AXES || version < 1 || version > 2)
    throw file.damaged(`the axes at byte ${start} make no sense`);
  const isEmpty = version === 2 && file.byte(start + 3) === 2;
  const first = start + (version === 1 ? 8 : 4);
  return isEmpty ? [0] : Array.from({ length: rank }, (_, axis) => file.place(first + 8 * axis));
}

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** What messages describe; undefined where it is of a type that is left out. */
export function readContent(file: Hdf5Bytes, header: readonly Message[], name: string): Content | undefined {
  const place = (type: number) => {
    const message = header.find((one) => one.type === type);
    if (!message) throw file.damaged(`"${name}" lacks a part of its description`);
    return message.start;
  };
  const dims = readSpace(file, place(messages.dataspace));
  const element = readType(file, place(messages.datatype));
  if (element.kind === "other") return undefined;
  const filters = header.find(({ type }) => type === messages.filters)?.start;
  const bytes = readData(file, { layout: place(messages.layout), filters, dims, element, name });
  if (element.kind === "number") return { kind: "numbers", array: { dims, ...numbersOf(element, bytes) } };
  const count = product(dims);
  if (element.kind === "reference") {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const addresses = Array.from({ length: count }, (_, at) => Number(view.getBigUint64(8 * at, true)));
    return { kind: "references", dims, addresses };
  }
  return { kind: "texts", dims, texts: readTexts(file, element, bytes, count) };
}

function readTexts(file: Hdf5Bytes, element: ElementType, bytes: Uint8Array, count: number): string[] {
  if (element.bytes === 0) throw file.damaged("texts of no length are in it");
  return Array.from({ length: count }, (_, at) => {
    const text = bytes.subarray(at * element.bytes, (at + 1) * element.bytes);
    return element.kind === "text" ? upToZero(text) : textElsewhere(file, text);
  });
}

function upToZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

export type AttributeValue = string | readonly string[];

/** An attribute's name, and its value where that is text. */
export function readAttribute(
  file: Hdf5Bytes,
  start: number,
): { name: string; value: AttributeValue | undefined } {
  const version = file.byte(start);
  if (version < 1 || version > 3) throw file.damaged(`the attribute at byte ${start} makes no sense`);
  const sizes = [2, 4, 6].map((offset) => file.short(start + offset));
  const [nameSize, typeSize, spaceSize] = sizes.map((size) =>
    version === 1 ? Math.ceil(size / 8) * 8 : size,
  );
  const nameAt = start + (version === 3 ? 9 : 8);
  const name = file.text(nameAt, sizes[0]);
  const dims = readSpace(file, nameAt + nameSize + typeSize);
  const element = readType(file, nameAt + nameSize);
  if (element.kind !== "text" && element.kind !== "text elsewhere") return { name, value: undefined };
  const count = product(dims);
  const bytes = file.at(nameAt + nameSize + typeSize + spaceSize, count * element.bytes);
  const texts = readTexts(file, element, bytes, count);
  return { name, value: dims.length === 0 ? texts[0] : texts };
}

/** Text of any length lies in a heap of its own: its length, the heap's address, and its number there. */
function textElsewhere(file: Hdf5Bytes, reference: Uint8Array): string {
  const view = new DataView(reference.buffer, reference.byteOffset, reference.byteLength);
  const length = view.getUint32(0, true);
  const heap = Number(view.getBigUint64(4, true));
  const number = view.getUint32(12, true);
  if (length === 0) return "";
  file.expect("GCOL", heap);
  const end = heap + file.place(heap + 8);
  for (let at = heap + 16; at + 16 <= end; ) {
    const index = file.short(at);
    const size = file.place(at + 8);
    if (index === number) return file.text(at + 16, Math.min(length, size));
    if (index === 0) break;
    at += 16 + Math.ceil(size / 8) * 8;
  }
  throw file.damaged(`a text of the heap at byte ${heap} is not where it should be`);
}

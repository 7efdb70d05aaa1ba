/** Numbers and texts of HDF5: spaces, types, where the data of arrays lie, attributes (format specification 3.0, part IV.A.2). */
import { fromFloat16 } from "../../weights/half-precision.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import type { Hdf5Bytes } from "./bytes.ts";
import { type Message, messages } from "./header.ts";

/** What the bytes of an element mean. */
type ElementType = { bytes: number } & (
  | { kind: "number"; type: keyof typeof numberTypes }
  | { kind: "text" }
  | { kind: "text elsewhere" }
  | { kind: "other" }
);

const numberTypes = {
  float16: (buffer: ArrayBuffer) =>
    ({ dtype: "float32", data: fromFloat16(new Uint16Array(buffer)) }) as const,
  float32: (buffer: ArrayBuffer) => ({ dtype: "float32", data: new Float32Array(buffer) }) as const,
  float64: (buffer: ArrayBuffer) => ({ dtype: "float64", data: new Float64Array(buffer) }) as const,
  int32: (buffer: ArrayBuffer) => ({ dtype: "int32", data: new Int32Array(buffer) }) as const,
  int64: (buffer: ArrayBuffer) => ({ dtype: "int64", data: new BigInt64Array(buffer) }) as const,
};

/** More axes than any array of weights has. */
const MOST_AXES = 8;

function readSpace(file: Hdf5Bytes, start: number): number[] {
  const version = file.byte(start);
  const rank = file.byte(start + 1);
  if (rank > MOST_AXES || version < 1 || version > 2)
    throw file.damaged(`the axes at byte ${start} make no sense`);
  const isEmpty = version === 2 && file.byte(start + 3) === 2;
  const first = start + (version === 1 ? 8 : 4);
  return isEmpty ? [0] : Array.from({ length: rank }, (_, axis) => file.place(first + 8 * axis));
}

function readType(file: Hdf5Bytes, start: number): ElementType {
  const kind = file.byte(start) & 0x0f;
  const bits = file.byte(start + 1);
  const bytes = file.int(start + 4);
  if (kind === 3) return { kind: "text", bytes };
  if (kind === 9 && (bits & 0x0f) === 1) return { kind: "text elsewhere", bytes };
  const isLittle = (bits & 1) === 0;
  const type = kind === 1 ? `float${8 * bytes}` : kind === 0 && bits & 8 ? `int${8 * bytes}` : "";
  if (isLittle && Object.hasOwn(numberTypes, type))
    return { kind: "number", type: type as keyof typeof numberTypes, bytes };
  return { kind: "other", bytes };
}

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** The array that messages describe; undefined where it does not hold numbers of a known type. */
export function readArray(
  file: Hdf5Bytes,
  header: readonly Message[],
  name: string,
): StoredTensor | undefined {
  const place = (type: number) => {
    const message = header.find((one) => one.type === type);
    if (!message) throw file.damaged(`"${name}" lacks a part of its description`);
    return message.start;
  };
  const dims = readSpace(file, place(messages.dataspace));
  const element = readType(file, place(messages.datatype));
  if (element.kind !== "number") return undefined;
  if (header.some(({ type }) => type === messages.filters))
    throw file.unsupported(`compressed data ("${name}")`);
  const length = product(dims) * element.bytes;
  const data =
    length === 0 ? new Uint8Array() : file.at(dataPlace(file, place(messages.layout), name), length);
  return { dims, ...numberTypes[element.type](new Uint8Array(data).buffer) };
}

/** Where the data of an array begin: within the layout message itself, or elsewhere in one piece. */
function dataPlace(file: Hdf5Bytes, layout: number, name: string): number {
  const version = file.byte(layout);
  const kind = file.byte(layout + 1);
  if (version < 3 || version > 4 || kind > 1) throw file.unsupported(`data in pieces ("${name}")`);
  return kind === 0 ? layout + 4 : file.place(layout + 2);
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
  const first = nameAt + nameSize + typeSize + spaceSize;
  const count = product(dims);
  if (element.bytes === 0) throw file.damaged(`the attribute "${name}" holds texts of no length`);
  file.at(first, count * element.bytes);
  const texts = Array.from({ length: count }, (_, index) => {
    const at = first + index * element.bytes;
    return element.kind === "text" ? file.text(at, element.bytes) : textElsewhere(file, at);
  });
  return { name, value: dims.length === 0 ? texts[0] : texts };
}

/** Text of any length lies in a heap of its own: its length, the heap's address, and its number there. */
function textElsewhere(file: Hdf5Bytes, start: number): string {
  const length = file.int(start);
  const heap = file.place(start + 4);
  const number = file.int(start + 12);
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
  throw file.damaged(`the text at byte ${start} is not where it should be`);
}

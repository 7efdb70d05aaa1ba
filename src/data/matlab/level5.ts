/** MATLAB's files of level 5, which MATLAB writes up to "-v7" ("MAT-File Format", The MathWorks, chapter 1). */
import { constants, inflateSync } from "node:zlib";
import { InputError } from "../../graph/errors.ts";
import type { MatlabValue } from "./value.ts";

/** Bytes before the first element. */
const HEADER = 128;
const DEEPEST = 16;
const MOST_AXES = 8;
/** What one compressed variable may grow to, and all together, in bytes: annotations are far smaller. */
const MOST_UNPACKED = 2 ** 30;

/** Numbers by the type of an element. */
const numberTypes: Readonly<Record<number, { bytes: number; read: (view: DataView, at: number) => number }>> =
  {
    1: { bytes: 1, read: (view, at) => view.getInt8(at) },
    2: { bytes: 1, read: (view, at) => view.getUint8(at) },
    3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
    4: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
    5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
    6: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
    7: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
    9: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
    12: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
    13: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  };

const types = { int32: 5, uint32: 6, matrix: 14, compressed: 15, utf8: 16, utf16: 17, utf32: 18 };
const classes = { cell: 1, structure: 2, object: 3, char: 4, sparse: 5, double: 6, uint64: 15 };

interface Element {
  type: number;
  bytes: Uint8Array;
}

export const isLevel5 = (bytes: Uint8Array): boolean =>
  bytes.length >= HEADER &&
  String.fromCharCode(...bytes.subarray(0, 6)) === "MATLAB" &&
  bytes[125] === 1 && // the version
  bytes[126] === 0x49 && // "IM": numbers have their first byte first
  bytes[127] === 0x4d;

/**
 * The variables of a file by their names.
 *
 * @param source names the file in messages
 * @throws InputError for a damaged file
 */
export function readLevel5(bytes: Uint8Array, source: string): Map<string, MatlabValue> {
  if (!isLevel5(bytes)) throw new InputError(`${source} is no MATLAB file: it does not begin like one`);
  const reader = new Reader(source);
  const variables = new Map<string, MatlabValue>();
  for (const element of reader.elements(bytes.subarray(HEADER))) {
    const plain = element.type === types.compressed ? reader.unpack(element) : element;
    if (plain.type !== types.matrix) continue;
    const { name, value } = reader.readMatrix(plain.bytes, 0);
    if (name !== "") variables.set(name, value);
  }
  return variables;
}

class Reader {
  private readonly source: string;
  private room = MOST_UNPACKED;

  constructor(source: string) {
    this.source = source;
  }

  private damaged(why: string): InputError {
    return new InputError(`${this.source} is a damaged MATLAB file: ${why}`);
  }

  /** One element after the other, up to the end. Outside compression each begins at a multiple of 8 bytes. */
  *elements(bytes: Uint8Array): Generator<Element> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      if (at + 8 > bytes.length) throw this.damaged("it is cut short");
      const first = view.getUint32(at, true);
      const small = first >>> 16; // an element of up to 4 bytes has its length in its type
      const length = small > 0 ? small : view.getUint32(at + 4, true);
      const start = at + (small > 0 ? 4 : 8);
      if (small > 4) throw this.damaged(`an element at byte ${at} makes no sense`);
      if (start + length > bytes.length)
        throw this.damaged(`it is cut short: an element of ${length} bytes is not all there`);
      yield { type: small > 0 ? first & 0xffff : first, bytes: bytes.subarray(start, start + length) };
      const isPacked = first === types.compressed;
      at = small > 0 ? at + 8 : start + (isPacked ? length : Math.ceil(length / 8) * 8);
    }
  }

  unpack({ bytes }: Element): Element {
    let plain: Uint8Array;
    try {
      // Of published files some variables lack the end of their compression, and nothing else: lengths are checked below.
      plain = inflateSync(bytes, { maxOutputLength: this.room, finishFlush: constants.Z_SYNC_FLUSH });
    } catch (cause) {
      throw this.damaged(`the compression of a variable is (${(cause as Error).message})`);
    }
    this.room -= plain.length;
    const { value } = this.elements(plain).next();
    if (!value) throw this.damaged("a variable is empty");
    return value;
  }

  readMatrix(bytes: Uint8Array, depth: number): { name: string; value: MatlabValue } {
    if (depth > DEEPEST) throw this.damaged("its values lie in one another without end");
    if (bytes.length === 0)
      return { name: "", value: { kind: "numbers", dims: [0, 0], data: new Float64Array() } };
    const parts = this.elements(bytes);
    const flags = this.numbers(this.next(parts));
    const kind = flags[0] & 0xff;
    const isComplex = (flags[0] & 0x800) !== 0;
    if (kind > classes.uint64 || kind === classes.object || kind === classes.sparse || isComplex)
      return { name: this.nameWithin(parts, kind), value: { kind: "other" } };
    const dims = [...this.numbers(this.next(parts))];
    if (dims.length > MOST_AXES || dims.some((side) => !(side >= 0)))
      throw this.damaged("a variable's axes make no sense");
    const count = dims.reduce((product, side) => product * side, 1);
    const name = this.text(this.next(parts));
    if (kind === classes.cell)
      return { name, value: { kind: "cells", dims, cells: this.matrices(parts, count, depth) } };
    if (kind === classes.structure) return { name, value: this.structures(parts, dims, count, depth) };
    const element = this.next(parts);
    if (kind === classes.char) return { name, value: { kind: "text", text: this.text(element) } };
    const data = this.numbers(element);
    if (data.length !== count)
      throw this.damaged(`"${name}" of size ${dims.join(" × ")} has ${data.length} numbers`);
    return { name, value: { kind: "numbers", dims, data } };
  }

  /** The name of what is left out, as far as it stands where it does in all others. */
  private nameWithin(parts: Generator<Element>, kind: number): string {
    if (kind > classes.uint64) return "";
    this.next(parts);
    return this.text(this.next(parts));
  }

  private structures(parts: Generator<Element>, dims: number[], count: number, depth: number): MatlabValue {
    const [width] = this.numbers(this.next(parts));
    const names = this.next(parts).bytes;
    if (!(width > 0)) throw this.damaged("the names of a structure's fields have no length");
    const fields = Array.from({ length: Math.floor(names.length / width) }, (_, at) =>
      this.text({ type: 1, bytes: names.subarray(at * width, (at + 1) * width) }),
    );
    const all = this.matrices(parts, count * fields.length, depth);
    const values = (field: number) => all.filter((_, at) => at % fields.length === field);
    return { kind: "structures", dims, fields: new Map(fields.map((name, at) => [name, values(at)])) };
  }

  private matrices(parts: Generator<Element>, count: number, depth: number): MatlabValue[] {
    const values: MatlabValue[] = [];
    for (let at = 0; at < count; at++) values.push(this.readMatrix(this.next(parts).bytes, depth + 1).value);
    return values;
  }

  private next(parts: Generator<Element>): Element {
    const { value } = parts.next();
    if (!value) throw this.damaged("a part of a variable is missing");
    return value;
  }

  /** Numbers of any type; those of a variable may be stored narrower than they are. */
  private numbers({ type, bytes }: Element): Float64Array {
    const found = numberTypes[type];
    if (!found) throw this.damaged(`there are values of type ${type} where numbers should be`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Float64Array.from({ length: Math.floor(bytes.length / found.bytes) }, (_, at) =>
      found.read(view, at * found.bytes),
    );
  }

  private text(element: Element): string {
    if (element.type === types.utf8) return new TextDecoder().decode(element.bytes);
    if (element.type === types.utf16) return new TextDecoder("utf-16le").decode(element.bytes);
    if (element.type === types.utf32) throw this.damaged("a text is in a form that MATLAB does not write");
    const letters = this.numbers(element);
    const end = letters.indexOf(0);
    return Array.from(end < 0 ? letters : letters.subarray(0, end), (code) => String.fromCharCode(code)).join(
      "",
    );
  }
}

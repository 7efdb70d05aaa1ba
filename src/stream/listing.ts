/** A step as a list of instructions over buffers that have no addresses yet. */
import type { Field, InstructionName } from "./instructions.ts";

/**
 * - `image`: numbers that all streams read: weights, constants, tables.
 * - `stream`: what one stream keeps between steps.
 * - `scratch`: what lives within a step; streams take turns in it.
 * - `list`: the changed inputs of delta products, which nothing but collecting writes.
 */
export type Place = "image" | "stream" | "scratch" | "list";

/** What a stream's numbers are, so that a saved state can be checked. */
export type NumberType = "float32" | "int32" | "int16" | "count" | "step";

export interface Buffer {
  place: Place;
  bytes: number;
  numbers: NumberType;
  /** What it begins with; zeros where there is nothing. */
  data?: Uint8Array;
}

/** A place in a buffer, in bytes from its beginning. */
export interface View {
  buffer: Buffer;
  offset: number;
}

export interface Instruction {
  name: InstructionName;
  fields: Readonly<Record<Field, View | number>>;
  /** Whose time this is, as profiles tell it: a product's weight, or what kind of work. */
  group: string;
}

/** Buffers are whole numbers of 16 float32: products write that many rows at a time. */
const unit = 64;

export class Listing {
  readonly instructions: Instruction[] = [];
  /** What runs between steps, a sequence at a time, in turns. */
  readonly maintenance: Instruction[][] = [];
  private readonly pool = new Map<string, View>();

  emit(name: InstructionName, fields: Instruction["fields"], group: string): void {
    this.instructions.push({ name, fields, group });
  }

  /** Room for float32 numbers that live within a step. */
  scratch(count: number): View {
    return { buffer: newBuffer("scratch", 4 * count), offset: 0 };
  }

  /** Numbers that never change; equal short ones are kept once. */
  constants(numbers: ArrayLike<number>): View {
    const data = new Float32Array(numbers.length <= 1 ? 1 : Math.ceil(numbers.length / 16) * 16);
    data.set(numbers);
    if (data.length > 64) return { buffer: newBuffer("image", data.byteLength, "float32", data), offset: 0 };
    const key = `${numbers.length}: ${new Int32Array(data.buffer).join()}`;
    const known = this.pool.get(key);
    if (known) return known;
    const view = { buffer: newBuffer("image", data.byteLength, "float32", data), offset: 0 };
    this.pool.set(key, view);
    return view;
  }
}

export function newBuffer(
  place: Place,
  bytes: number,
  numbers: NumberType = "float32",
  data?: ArrayBufferView,
): Buffer {
  const copy = data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { place, bytes: place === "image" ? bytes : Math.ceil(bytes / unit) * unit, numbers, data: copy };
}

export const viewOf = (buffer: Buffer, offset = 0): View => ({ buffer, offset });
export const shifted = ({ buffer, offset }: View, bytes: number): View => ({
  buffer,
  offset: offset + bytes,
});

/** A stream program: what one step of a model does, as instructions over a memory that is laid out. */

import type { InstructionName } from "./instructions.ts";
import { addressFields, floatFields, formOf, instructionNames } from "./instructions.ts";
import type { NumberType } from "./listing.ts";

/** Where an input is written before a step, or an output is read after it. */
export interface Port {
  name: string;
  shape: readonly number[];
  address: number;
}

/** A stretch of what a stream keeps between steps. */
export interface Kept {
  /** A state's name; what serves the arithmetic has none. */
  name?: string;
  numbers: NumberType;
  offset: number;
  bytes: number;
}

/** A product of a program, as profiles tell of it. */
export interface ProgramProduct {
  /** The paths of the weights of which its matrix is made. */
  weights: readonly string[];
  columns: number;
  rows: number;
  /** How many vectors it takes a step. */
  count: number;
  /** By how much an input must change to be passed on; undefined where all inputs always are. */
  threshold?: number;
  /** Where a stream counts the inputs that changed, one counter a vector. */
  counters: readonly number[];
}

/**
 * One step of a model, ready to run. Its memory: the image (weights, constants, tables), scratch, lists of changed
 * inputs; apart from it, what each stream keeps.
 */
export interface Program {
  inputs: readonly Port[];
  outputs: readonly Port[];
  image: Uint8Array;
  scratchBytes: number;
  listBytes: number;
  /** What a stream begins with. */
  initial: Uint8Array;
  kept: readonly Kept[];
  /** The step. */
  code: Int32Array;
  /** What each instruction belongs to, by position in `groups`. */
  groups: readonly string[];
  groupOf: readonly number[];
  /** What is done between steps, one piece every `every` steps, in turns. */
  maintenance: readonly Int32Array[];
  every: number;
  products: readonly ProgramProduct[];
}

/** One instruction of a program's code. */
export interface Decoded {
  name: InstructionName;
  /** Where it begins, in words. */
  at: number;
  /** Its fields; addresses with their lowest bit, floats as such. */
  fields: Record<string, number>;
}

/** The instructions of code; undefined where it holds none of a known number or ends within one. */
export function decode(code: Int32Array): Decoded[] | undefined {
  const floats = new Float32Array(code.buffer, code.byteOffset, code.length);
  const found: Decoded[] = [];
  for (let at = 0; at < code.length; ) {
    const name = instructionNames[code[at]];
    if (!name) return undefined;
    const names = formOf(name).fields;
    if (at + 1 + names.length > code.length) return undefined;
    const fields: Record<string, number> = {};
    names.forEach((field, index) => {
      const word = at + 1 + index;
      const isAddress = addressFields.has(field);
      fields[field] = floatFields.has(field) ? floats[word] : isAddress ? code[word] >>> 0 : code[word];
    });
    found.push({ name, at, fields });
    at += 1 + names.length;
  }
  return found;
}

const seeds = [0x811c9dc5, 0x01000193];

/** 64 bits that tell programs apart (FNV-1a, twice): a stream's saved state fits the program that it was saved from. */
export function fingerprint(program: Program): string {
  const sums = [...seeds];
  const add = (bytes: Uint8Array) => {
    for (const byte of bytes) {
      sums[0] = Math.imul(sums[0] ^ byte, 0x01000193);
      sums[1] = Math.imul(sums[1] ^ byte, 0x01000197) + 1;
    }
  };
  const { code } = program;
  add(new Uint8Array(code.buffer, code.byteOffset, code.byteLength));
  add(program.image);
  add(program.initial);
  return sums.map((sum) => (sum >>> 0).toString(16).padStart(8, "0")).join("");
}

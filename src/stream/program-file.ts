/** A program as one file, which a page loads without the model and the compiler. */
import { InputError } from "../graph/errors.ts";
import { checkProgram } from "./check-program.ts";
import type { Kept, Port, Program, ProgramProduct } from "./program.ts";

/** What every program's file begins with, and the number of the format: what instructions mean, and how weights are packed. */
const kind = "gatefold program ";
const magic = `${kind}2\n`;

/** What stands before the numbers: all else of a program, and how long each part is. */
interface Header {
  inputs: Port[];
  outputs: Port[];
  scratchBytes: number;
  listBytes: number;
  kept: Kept[];
  groups: string[];
  groupOf: number[];
  every: number;
  products: ProgramProduct[];
  /** The image, what a stream begins with, the step, then what is done between steps; in bytes. */
  parts: number[];
}

/** A program as the bytes of a file; `readProgram` reads it again. */
export function saveProgram(program: Program): Uint8Array {
  const { image, initial, code, maintenance, ...rest } = program;
  const parts = [image, initial, ...[code, ...maintenance].map(bytesOf)];
  const header: Header = {
    inputs: [...rest.inputs],
    outputs: [...rest.outputs],
    scratchBytes: rest.scratchBytes,
    listBytes: rest.listBytes,
    kept: [...rest.kept],
    groups: [...rest.groups],
    groupOf: [...rest.groupOf],
    every: rest.every,
    products: [...rest.products],
    parts: parts.map((part) => part.length),
  };
  const begin = new TextEncoder().encode(`${magic}${JSON.stringify(header)}\n`);
  const saved = new Uint8Array(parts.reduce((sum, part) => sum + part.length, begin.length));
  let at = 0;
  for (const part of [begin, ...parts]) {
    saved.set(part, at);
    at += part.length;
  }
  return saved;
}

/**
 * A program from the bytes of its file.
 *
 * ```ts
 * const program = readProgram(new Uint8Array(await (await fetch("speech.stream")).arrayBuffer()));
 * const stream = (await loadProgram(program)).stream();
 * ```
 *
 * @throws InputError where the bytes are no program, are not whole, or hold one that would touch memory that isn't its
 * own, or take too much memory or time
 */
export function readProgram(bytes: Uint8Array): Program {
  const header = readHeader(bytes);
  const { parts, ...rest } = header.fields;
  const total = parts.reduce((sum, part) => sum + part, header.length);
  if (parts.length < 4 || total !== bytes.length)
    throw new InputError(`the program's file has ${bytes.length} bytes instead of ${total}: it is not whole`);
  let at = header.length;
  const [image, initial, code, ...maintenance] = parts.map((length) => {
    at += length;
    return bytes.slice(at - length, at);
  });
  const program = { ...rest, image, initial, code: wordsOf(code), maintenance: maintenance.map(wordsOf) };
  checkProgram(program);
  return program;
}

function readHeader(bytes: Uint8Array): { fields: Header; length: number } {
  const begin = String.fromCharCode(...bytes.subarray(0, magic.length));
  if (begin.startsWith(kind) && begin !== magic)
    throw new InputError("this program was written by another version of gatefold: export it again");
  if (begin !== magic)
    throw new InputError("these bytes are no stream program (a file that gatefold wrote as .stream)");
  const end = bytes.indexOf(10, magic.length);
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder().decode(bytes.subarray(magic.length, Math.max(0, end))));
  } catch {
    throw new InputError("the program is damaged: its header can't be read; export it again");
  }
  if (!isHeader(fields))
    throw new InputError("the program is damaged: its header lacks a part; export it again");
  return { fields, length: end + 1 };
}

/** Whether all that lists are lists of objects or of numbers; what these say is checked with the program. */
function isHeader(value: unknown): value is Header {
  const lists = { inputs: isObject, outputs: isObject, kept: isObject, products: isProduct, groups: isText };
  const header = value as Record<string, unknown>;
  return (
    isObject(value) &&
    Object.entries(lists).every(([name, each]) => Array.isArray(header[name]) && header[name].every(each)) &&
    [header.groupOf, header.parts].every((list) => Array.isArray(list) && list.every(isLength))
  );
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
const isText = (value: unknown): boolean => typeof value === "string";
const isLength = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isProduct = (value: unknown): boolean =>
  isObject(value) && Array.isArray((value as ProgramProduct).counters);

function bytesOf(code: Int32Array): Uint8Array {
  return new Uint8Array(code.buffer, code.byteOffset, code.byteLength);
}

function wordsOf(part: Uint8Array): Int32Array {
  return new Int32Array(part.buffer, 0, Math.floor(part.length / 4));
}

/** Compression of chunks by gzip, with and without shuffled bytes (format specification 3.0, part IV.A.2.l). */
import { inflateSync } from "node:zlib";
import type { Hdf5Bytes } from "./bytes.ts";

export interface Filter {
  kind: number;
  /** Its first number: for shuffling, bytes of an element. */
  first: number;
}

const kinds = { deflate: 1, shuffle: 2, checksum: 3 };
const MOST_FILTERS = 32;

export function readFilters(file: Hdf5Bytes, start: number, name: string): Filter[] {
  const version = file.byte(start);
  const count = file.byte(start + 1);
  if (version < 1 || version > 2 || count > MOST_FILTERS)
    throw file.damaged(`what "${name}" is compressed by makes no sense`);
  let at = start + (version === 1 ? 8 : 2);
  return Array.from({ length: count }, () => {
    const kind = file.short(at);
    const isNamed = version === 1 || kind >= 256;
    const nameLength = isNamed ? file.short(at + 2) : 0;
    const numbersAt = at + (isNamed ? 6 : 4);
    const numbers = file.short(numbersAt);
    const firstAt = numbersAt + 2 + (version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    at = firstAt + 4 * (version === 1 ? numbers + (numbers % 2) : numbers);
    if (!Object.values(kinds).includes(kind))
      throw file.unsupported(`data compressed otherwise than by gzip ("${name}")`);
    return { kind, first: numbers > 0 ? file.int(firstAt) : 0 };
  });
}

/** A chunk as it was before its filters; bit k of `skipped` says that filter k was not used. */
export function unfilter(
  file: Hdf5Bytes,
  stored: Uint8Array,
  filters: readonly Filter[],
  skipped: number,
  length: number,
  name: string,
): Uint8Array {
  let bytes = stored;
  for (let at = filters.length - 1; at >= 0; at--) {
    if (skipped & (1 << at)) continue;
    const { kind, first } = filters[at];
    if (kind === kinds.checksum) bytes = bytes.subarray(0, bytes.length - 4);
    if (kind === kinds.shuffle) bytes = unshuffle(bytes, first);
    if (kind === kinds.deflate) bytes = inflate(file, bytes, length, name);
  }
  if (bytes.length !== length)
    throw file.damaged(`a part of "${name}" has ${bytes.length} bytes where ${length} are needed`);
  return bytes;
}

function inflate(file: Hdf5Bytes, bytes: Uint8Array, length: number, name: string): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: length + 4 }); // a checksum may have been added before
  } catch (cause) {
    throw file.damaged(`the compression of "${name}" is (${(cause as Error).message})`);
  }
}

/** Shuffled bytes are all first bytes of the elements, then all second ones, and so on; what is left over follows. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  if (size < 2) return bytes;
  const count = Math.floor(bytes.length / size);
  const plain = Uint8Array.from(bytes);
  for (let part = 0; part < size; part++)
    for (let at = 0; at < count; at++) plain[at * size + part] = bytes[part * count + at];
  return plain;
}

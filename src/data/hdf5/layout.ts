/** Where the data of an array lie: within its description, in one piece, or in chunks (format specification 3.0, IV.A.2.i). */
import type { Hdf5Bytes } from "./bytes.ts";
import { type Chunked, chunksOf } from "./chunks.ts";
import { type Filter, readFilters, unfilter } from "./filters.ts";
import type { ElementType } from "./types.ts";

export interface Stored {
  /** Where the layout message lies, and that of the filters. */
  layout: number;
  filters: number | undefined;
  dims: readonly number[];
  element: ElementType;
  /** For messages. */
  name: string;
}

/** Compression by deflate leaves at least this part of what it packs. */
const LEAST_PACKED = 1 / 1032;

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** The bytes of an array, row-major. */
export function readData(file: Hdf5Bytes, stored: Stored): Uint8Array {
  const { layout, filters, dims, element, name } = stored;
  const version = file.byte(layout);
  if (version < 3 || version > 5) throw file.unsupported(`data of an unknown kind ("${name}")`);
  const length = product(dims) * element.bytes;
  const kind = file.byte(layout + 1);
  if (length === 0) return new Uint8Array();
  if (kind < 2 && filters !== undefined) throw file.damaged(`"${name}" is compressed in one piece`);
  if (kind === 0) return file.at(layout + 4, length);
  if (kind === 1) return file.at(file.place(layout + 2), length);
  if (kind !== 2) throw file.unsupported(`data in several files ("${name}")`);
  const chunked = chunksOf(file, layout, { dims, isFiltered: filters !== undefined, name });
  return join(file, stored, chunked, filters === undefined ? [] : readFilters(file, filters, name));
}

/** Puts chunks side by side. Those at the edge reach beyond it. */
function join(
  file: Hdf5Bytes,
  { dims, element, name }: Stored,
  { sides, chunks }: Chunked,
  filters: readonly Filter[],
): Uint8Array {
  const chunkBytes = product(sides) * element.bytes;
  const needed = product(dims.map((side, axis) => Math.ceil(side / sides[axis])));
  const packed = chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  if (chunks.length !== needed) throw file.unsupported(`parts that were never written ("${name}")`);
  if (packed < LEAST_PACKED * needed * chunkBytes - 64 * needed)
    throw file.damaged(`"${name}" would be far larger than compression can make it`);
  const whole = new Uint8Array(product(dims) * element.bytes);
  const seen = new Set<number>();
  for (const { origin, address, bytes, skipped } of chunks) {
    const at = origin.reduce((flat, start, axis) => flat * dims[axis] + start, 0);
    if (origin.some((start, axis) => start >= dims[axis] || start % sides[axis] !== 0) || seen.has(at))
      throw file.damaged(`"${name}" has a part at [${origin}] that is no part of it`);
    seen.add(at);
    const chunk = unfilter(file, file.at(address, bytes), filters, skipped, chunkBytes, name);
    place(whole, chunk, { dims, sides, origin, element: element.bytes });
  }
  return whole;
}

interface Placement {
  dims: readonly number[];
  sides: readonly number[];
  origin: readonly number[];
  /** Bytes of an element. */
  element: number;
}

/** Copies a chunk row by row to where it belongs. */
function place(whole: Uint8Array, chunk: Uint8Array, { dims, sides, origin, element }: Placement): void {
  const last = dims.length - 1;
  const shown = sides.map((side, axis) => Math.min(side, dims[axis] - origin[axis]));
  const copy = (axis: number, from: number, to: number): void => {
    if (axis < last) {
      for (let at = 0; at < shown[axis]; at++)
        copy(axis + 1, (from + at) * sides[axis + 1], (to + at) * dims[axis + 1] + origin[axis + 1]);
      return;
    }
    whole.set(chunk.subarray(from * element, (from + shown[last]) * element), to * element);
  };
  copy(0, 0, origin[0]);
}

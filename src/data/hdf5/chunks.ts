/** The index of an array's chunks: where each lies (format specification 3.0, parts III.A.1, IV.A.2.i, VII). */
import type { Hdf5Bytes } from "./bytes.ts";

export interface Chunk {
  /** Its first element's place in the array. */
  origin: number[];
  address: number;
  /** As stored. */
  bytes: number;
  /** Filters that it has not been through, as bits. */
  skipped: number;
}

export interface Chunked {
  /** Elements of a chunk along each axis. */
  sides: number[];
  chunks: Chunk[];
}

interface Subject {
  dims: readonly number[];
  isFiltered: boolean;
  name: string;
}

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

export function chunksOf(file: Hdf5Bytes, layout: number, subject: Subject): Chunked {
  const { dims, name } = subject;
  const version = file.byte(layout);
  const rank = dims.length;
  const axesAt = layout + (version === 3 ? 2 : 3);
  const width = version === 3 ? 4 : file.byte(layout + 4);
  const sidesAt = version === 3 ? layout + 11 : layout + 5;
  if (file.byte(axesAt) !== rank + 1 || rank === 0 || ![1, 2, 4, 8].includes(width))
    throw file.damaged(`the parts of "${name}" have other axes than itself`);
  const read = { 1: file.byte, 2: file.short, 4: file.int, 8: file.place }[width as 1 | 2 | 4 | 8];
  const sides = Array.from({ length: rank }, (_, axis) => read.call(file, sidesAt + width * axis));
  const elementBytes = read.call(file, sidesAt + width * rank);
  if (sides.some((side) => !(side > 0))) throw file.damaged(`"${name}" has parts of no size`);
  const bytes = product(sides) * elementBytes;
  if (version === 3) return { sides, chunks: fromTree(file, file.long(layout + 3), rank, name) };
  const indexAt = sidesAt + width * (rank + 1);
  return { sides, chunks: fromIndex(file, layout, indexAt, { ...subject, sides, bytes }) };
}

/** The index of files up to HDF5 1.8, and of later ones by default: a B-tree whose keys are chunks' places. */
function fromTree(file: Hdf5Bytes, root: number | undefined, rank: number, name: string): Chunk[] {
  if (root === undefined) return [];
  const chunks: Chunk[] = [];
  const nodes = [root];
  const keyBytes = 8 + 8 * (rank + 1);
  for (const node of nodes) {
    file.expect("TREE", node);
    if (file.byte(node + 4) !== 1) throw file.damaged(`the parts of "${name}" are listed as something else`);
    const isLeaf = file.byte(node + 5) === 0;
    const count = file.short(node + 6);
    for (let index = 0; index < count; index++) {
      const key = node + 24 + index * (keyBytes + 8);
      const address = file.place(key + keyBytes);
      if (!isLeaf) nodes.push(address);
      else
        chunks.push({
          origin: Array.from({ length: rank }, (_, axis) => file.place(key + 8 + 8 * axis)),
          address,
          bytes: file.int(key),
          skipped: file.int(key + 4),
        });
    }
  }
  return chunks;
}

/** The indices of newer files: of one chunk, of chunks one after the other, and a fixed array of addresses. */
function fromIndex(
  file: Hdf5Bytes,
  layout: number,
  start: number,
  subject: Subject & { sides: readonly number[]; bytes: number },
): Chunk[] {
  const { dims, sides, bytes, isFiltered, name } = subject;
  const kind = file.byte(start);
  const counts = dims.map((side, axis) => Math.ceil(side / sides[axis]));
  const originOf = (index: number): number[] => {
    let rest = index;
    return counts
      .map((count, axis) => [count, sides[axis]])
      .toReversed()
      .map(([count, side]) => {
        const at = rest % count;
        rest = (rest - at) / count;
        return at * side;
      })
      .reverse();
  };
  const origin = originOf(0);
  if (kind === 1 && file.byte(layout + 2) & 2)
    return [
      { origin, address: file.place(start + 13), bytes: file.place(start + 1), skipped: file.int(start + 9) },
    ];
  if (kind === 1) return [{ origin, address: file.place(start + 1), bytes, skipped: 0 }];
  if (kind === 3)
    return fromFixedArray(file, file.place(start + 2), { ...subject, originOf, count: product(counts) });
  if (kind !== 2 || isFiltered) throw file.unsupported(`parts listed in a way of their own ("${name}")`);
  const first = file.place(start + 1);
  file.at(first, product(counts) * bytes);
  return Array.from({ length: product(counts) }, (_, index) => ({
    origin: originOf(index),
    address: first + index * bytes,
    bytes,
    skipped: 0,
  }));
}

function fromFixedArray(
  file: Hdf5Bytes,
  header: number,
  subject: Subject & { bytes: number; originOf: (index: number) => number[]; count: number },
): Chunk[] {
  file.expect("FAHD", header);
  const { originOf, count, bytes, isFiltered, name } = subject;
  const entryBytes = file.byte(header + 6);
  const pageBits = file.byte(header + 7);
  const sizeBytes = entryBytes - 12;
  if (isFiltered && !(sizeBytes >= 1 && sizeBytes <= 8))
    throw file.damaged(`the list of "${name}"'s parts is`);
  if (count > 2 ** pageBits) throw file.unsupported(`very many parts ("${name}")`);
  const block = file.place(header + 16);
  file.expect("FADB", block);
  file.at(block + 14, count * (isFiltered ? entryBytes : 8));
  return Array.from({ length: count }, (_, index) => {
    const at = block + 14 + index * (isFiltered ? entryBytes : 8);
    const address = file.place(at);
    if (!isFiltered) return { origin: originOf(index), address, bytes, skipped: 0 };
    const stored = file.number(at + 8, sizeBytes);
    return { origin: originOf(index), address, bytes: stored, skipped: file.int(at + 8 + sizeBytes) };
  });
}

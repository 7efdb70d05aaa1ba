/** The records of a B-tree of the second version (format specification 3.0, part III.A.2), which lists what is in a heap. */
import type { Hdf5Bytes } from "./bytes.ts";
import { bytesFor } from "./fractal-heap.ts";

/** Bytes of a node that hold no records: signature, version, kind, checksum. */
const AROUND = 10;

/** Where each record begins, in the order of the tree. */
export function recordsOf(file: Hdf5Bytes, header: number): number[] {
  file.expect("BTHD", header);
  const nodeBytes = file.int(header + 6);
  const recordBytes = file.short(header + 10);
  const depth = file.short(header + 12);
  const root = file.long(header + 16);
  if (root === undefined) return [];
  if (recordBytes === 0 || nodeBytes < AROUND + recordBytes || depth > 16)
    throw file.damaged(`the list of names at byte ${header} makes no sense`);
  const mostInLeaf = Math.floor((nodeBytes - AROUND) / recordBytes);
  const countBytes = bytesFor(mostInLeaf);
  const totalBytes = sizesOfTotals(nodeBytes, recordBytes, depth, mostInLeaf);
  const records: number[] = [];
  const walk = (node: number, count: number, level: number): void => {
    file.expect(level === 0 ? "BTLF" : "BTIN", node);
    const first = node + 6;
    const pointers = first + count * recordBytes;
    const pointerBytes = 8 + countBytes + (level > 0 ? totalBytes[level - 1] : 0);
    for (let index = 0; index <= count; index++) {
      if (level > 0) {
        const pointer = pointers + index * pointerBytes;
        walk(file.place(pointer), file.number(pointer + 8, countBytes), level - 1);
      }
      if (index === count) break;
      file.at(first + index * recordBytes, recordBytes);
      records.push(first + index * recordBytes);
    }
  };
  walk(root, file.short(header + 24), depth);
  return records;
}

/** Bytes in which a node tells how many records lie under a child, by the child's level; a leaf needs none. */
function sizesOfTotals(nodeBytes: number, recordBytes: number, depth: number, mostInLeaf: number): number[] {
  const sizes = [0];
  let most = mostInLeaf;
  for (let level = 1; level < depth; level++) {
    const pointer = 8 + bytesFor(mostInLeaf) + sizes[level - 1];
    const inNode = Math.floor((nodeBytes - AROUND - pointer) / (recordBytes + pointer));
    most = (inNode + 1) * most + inNode;
    sizes.push(bytesFor(most));
  }
  return sizes;
}

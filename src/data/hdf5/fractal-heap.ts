/** A heap of objects of any length, in blocks that double (format specification 3.0, part III.G): links and attributes, if many. */
import type { Hdf5Bytes } from "./bytes.ts";

/** Where objects of the heap lie, by what is found of them elsewhere. */
export interface FractalHeap {
  /** The first byte of the object that the bytes at `id` stand for. */
  find(id: number): number;
}

/** Blocks double from level to level: more levels address no file. */
const DEEPEST = 64;

/** Bytes that hold numbers up to this one. */
export const bytesFor = (most: number): number => Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;

export function openFractalHeap(file: Hdf5Bytes, header: number): FractalHeap {
  file.expect("FRHP", header);
  if (file.short(header + 7) !== 0) throw file.unsupported("compressed lists of names");
  const width = file.short(header + 110);
  const first = file.place(header + 112);
  const mostDirect = file.place(header + 120);
  const bits = file.short(header + 128);
  const root = file.place(header + 132);
  const rootRows = file.short(header + 140);
  const offsetBytes = Math.ceil(bits / 8);
  if (!(width > 0 && first > 0 && mostDirect >= first && bits <= 64))
    throw file.damaged(`the heap at byte ${header} makes no sense`);
  const directRows = Math.log2(mostDirect / first) + 2;

  /** The place of a byte of the heap, `offset` from where the block that `rows` rows lie under begins. */
  const within = (block: number, rows: number, offset: number, depth: number): number => {
    if (rows === 0) {
      file.expect("FHDB", block);
      return block + offset;
    }
    file.expect("FHIB", block);
    const row = offset < width * first ? 0 : Math.floor(Math.log2(offset / (width * first))) + 1;
    if (!(row < rows) || depth > DEEPEST)
      throw file.damaged(`the heap at byte ${header} has no byte ${offset}`);
    const size = row < 2 ? first : first * 2 ** (row - 1);
    const before = row === 0 ? 0 : width * size;
    const column = Math.floor((offset - before) / size);
    const child = file.place(block + 13 + offsetBytes + 8 * (row * width + column));
    const childRows = row < directRows ? 0 : Math.log2(size / (first * width)) + 1;
    return within(child, childRows, offset - before - column * size, depth + 1);
  };

  return {
    find(id) {
      if ((file.byte(id) & 0x30) !== 0) throw file.unsupported("names of unusual length");
      return within(root, rootRows, file.number(id + 1, offsetBytes), 0);
    },
  };
}

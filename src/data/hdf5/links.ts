/** The names in a group and what they stand for (format specification 3.0, parts III.A to III.D, IV.A.2.c and g). */
import type { Hdf5Bytes } from "./bytes.ts";
import { openFractalHeap } from "./fractal-heap.ts";
import { type Message, messages } from "./header.ts";
import { recordsOf } from "./name-index.ts";

/** Addresses of a group's objects by their names. */
export function linksOf(file: Hdf5Bytes, header: readonly Message[]): Map<string, number> {
  const links = new Map<string, number>();
  for (const { type, start } of header) {
    if (type === messages.symbolTable) readTable(file, start, links);
    if (type === messages.link) readLink(file, start, links);
    if (type === messages.linkInfo) {
      // A record of the index: a hash of 4 bytes, then where the link lies in the heap.
      for (const link of inHeap(file, start + 2 + (file.byte(start + 1) & 1 ? 8 : 0), 4))
        readLink(file, link, links);
    }
  }
  return links;
}

/** Where messages begin that a heap and an index of it hold, whose addresses lie one after the other; none where they are none. */
export function inHeap(file: Hdf5Bytes, addresses: number, idInRecord: number): number[] {
  const heapAt = file.long(addresses);
  if (heapAt === undefined) return [];
  const heap = openFractalHeap(file, heapAt);
  return recordsOf(file, file.place(addresses + 8)).map((record) => heap.find(record + idInRecord));
}

/** A link of the new kind; those that are not to an object of this file are left out. */
function readLink(file: Hdf5Bytes, start: number, links: Map<string, number>): void {
  const flags = file.byte(start + 1);
  const kind = flags & 8 ? file.byte(start + 2) : 0;
  const sizeAt = start + 2 + (flags & 8 ? 1 : 0) + (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0);
  const size = file.number(sizeAt, 1 << (flags & 3));
  const nameAt = sizeAt + (1 << (flags & 3));
  if (kind === 0) links.set(file.text(nameAt, size), file.place(nameAt + size));
}

/** A group of the old kind: a tree of tables, and a heap of names. */
function readTable(file: Hdf5Bytes, start: number, links: Map<string, number>): void {
  const heap = file.place(start + 8);
  file.expect("HEAP", heap);
  const names = file.place(heap + 24);
  const nodes = [file.place(start)];
  for (const node of nodes) {
    file.expect("TREE", node);
    const children = Array.from({ length: file.short(node + 6) }, (_, index) =>
      file.place(node + 32 + 16 * index),
    );
    if (file.byte(node + 5) > 0) nodes.push(...children);
    else for (const table of children) readSymbols(file, table, names, links);
  }
}

function readSymbols(file: Hdf5Bytes, table: number, names: number, links: Map<string, number>): void {
  file.expect("SNOD", table);
  const count = file.short(table + 6);
  for (let index = 0; index < count; index++) {
    const entry = table + 8 + 40 * index;
    const isSoft = file.int(entry + 16) === 2;
    if (!isSoft) links.set(file.name(names + file.place(entry)), file.place(entry + 8));
  }
}

/** Object headers of HDF5: the messages that say what a group or an array is (format specification 3.0, part IV.A). */
import type { Hdf5Bytes } from "./bytes.ts";

/** A message lies in the file from a byte on. */
export interface Message {
  type: number;
  start: number;
  length: number;
}

export const messages = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
};

/** The messages of the header at an address, those of its continuations too. */
export function readHeader(file: Hdf5Bytes, address: number): Message[] {
  const second = file.byte(address) === 0x4f;
  return second ? readSecondVersion(file, address) : readFirstVersion(file, address);
}

function readFirstVersion(file: Hdf5Bytes, address: number): Message[] {
  if (file.byte(address) !== 1) throw file.damaged(`there is no object at byte ${address}`);
  const blocks = [{ start: address + 16, length: file.int(address + 8) }];
  const found: Message[] = [];
  for (const { start, length } of blocks) {
    for (let at = start; at + 8 <= start + length; ) {
      const message = { type: file.short(at), start: at + 8, length: file.short(at + 2) };
      refuseShared(file, message.type, file.byte(at + 4));
      if (message.type === messages.continuation)
        blocks.push({ start: file.place(at + 8), length: file.place(at + 16) });
      else found.push(message);
      at += 8 + message.length;
    }
  }
  return found;
}

function readSecondVersion(file: Hdf5Bytes, address: number): Message[] {
  file.expect("OHDR", address);
  const flags = file.byte(address + 5);
  const sizeAt = address + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const width = 1 << (flags & 3);
  const size = [file.byte, file.short, file.int, file.place][flags & 3].call(file, sizeAt);
  const blocks = [{ start: sizeAt + width, length: size }];
  const before = 4 + (flags & 4 ? 2 : 0);
  const found: Message[] = [];
  for (const { start, length } of blocks) {
    for (let at = start; at + before <= start + length; ) {
      const message = { type: file.byte(at), start: at + before, length: file.short(at + 1) };
      refuseShared(file, message.type, file.byte(at + 3));
      if (message.type === messages.continuation) {
        const next = file.place(message.start);
        file.expect("OCHK", next);
        blocks.push({ start: next + 4, length: file.place(message.start + 8) - 8 });
      } else found.push(message);
      at += before + message.length;
    }
  }
  return found;
}

/** A message that lies elsewhere, for several objects. */
function refuseShared(file: Hdf5Bytes, type: number, flags: number): void {
  if (flags & 2 && [messages.dataspace, messages.datatype, messages.attribute].includes(type as never))
    throw file.unsupported("types that several objects share");
}

/** Gives the buffers of a listing their addresses. What lives only for a while shares its place with others. */
import { type Form, formOf, type Touch } from "./instructions.ts";
import type { Buffer, Instruction, Place, View } from "./listing.ts";
import type { Lowered } from "./lower.ts";

export interface Placed {
  instructions: readonly Instruction[];
  /** Of every buffer, from the beginning of its place. */
  addresses: ReadonlyMap<Buffer, number>;
  /** The state into which a buffer is written, where a state takes its next value at once; else the buffer. */
  settled: (buffer: Buffer) => Buffer;
  /** How many bytes each place takes. */
  bytes: Record<Place, number>;
}

/** When a buffer is used: the positions of the first and of the last instruction that touch it. */
interface Life {
  first: number;
  last: number;
}

interface BufferTouch extends Touch {
  view: View;
}

const alignment = 64;

export function place(lowered: Lowered): Placed {
  const { listing, inputs, outputs } = lowered;
  const merged = new Map<Buffer, Buffer>(); // what a step leaves as a state, written right there
  const instructions = [...listing.instructions];
  const inputBuffers = new Set(Object.values(inputs).map(({ buffer }) => buffer));
  for (const { buffer, after, numbers } of lowered.states) {
    if (after.buffer === buffer) continue;
    const free = !inputBuffers.has(after.buffer) && !merged.has(after.buffer);
    if (free && mayBeWrittenAs(listing.instructions, after, buffer)) merged.set(after.buffer, buffer);
    else
      instructions.push({
        name: "copy",
        fields: { x: after, y: { buffer, offset: 0 }, n: numbers },
        group: "states",
      });
  }

  const settled = (buffer: Buffer) => merged.get(buffer) ?? buffer;
  const addresses = new Map<Buffer, number>();
  const bytes: Record<Place, number> = { image: 0, stream: 0, scratch: 0, list: 0 };
  const all = [...instructions, ...listing.maintenance.flat()].flatMap((one) =>
    touchesOf(one).map(({ view }) => view.buffer),
  );
  const others = [...Object.values(outputs), ...lowered.states.map(({ after }) => after)].map(
    ({ buffer }) => buffer,
  );
  const states = lowered.states.map(({ buffer }) => buffer);
  for (const buffer of new Set([...states, ...all, ...others].map(settled))) {
    if (buffer.place === "scratch") continue;
    const address = roundUp(bytes[buffer.place], buffer.bytes < alignment ? 16 : alignment);
    addresses.set(buffer, address);
    bytes[buffer.place] = address + buffer.bytes;
  }
  bytes.scratch = placeScratch(instructions, { settled, inputs, outputs, addresses });
  for (const where of ["image", "stream", "list"] as const) bytes[where] = roundUp(bytes[where], alignment);
  return { instructions, addresses, settled, bytes };
}

/** Whether a state may take its next value as soon as it is known: nothing reads the present one later. */
function mayBeWrittenAs(instructions: readonly Instruction[], after: View, state: Buffer): boolean {
  const { buffer } = after;
  if (buffer.place !== "scratch" || after.offset !== 0 || buffer.bytes > state.bytes) return false;
  const touched = instructions.map(touchesOf);
  const first = touched.findIndex((touches) => touches.some(({ view }) => view.buffer === buffer));
  const last = touched.findLastIndex((touches) => touches.some(({ view }) => view.buffer === state));
  if (last !== first) return last < first;
  return touched[first]
    .filter(({ view }) => view.buffer === buffer || view.buffer === state)
    .every(({ inPlace, view }) => inPlace && view.offset === 0);
}

interface Scratch {
  settled: (buffer: Buffer) => Buffer;
  inputs: Readonly<Record<string, View>>;
  outputs: Readonly<Record<string, View>>;
  addresses: Map<Buffer, number>;
}

function placeScratch(
  instructions: readonly Instruction[],
  { settled, inputs, outputs, addresses }: Scratch,
): number {
  const lives = livesOf(instructions, settled);
  const isScratch = (buffer: Buffer) => buffer.place === "scratch";
  const room = new Room();
  for (const { buffer } of Object.values(inputs)) {
    addresses.set(buffer, room.take(buffer.bytes));
    lives.set(buffer, { first: -1, last: lives.get(buffer)?.last ?? -1 });
  }
  for (const { buffer } of Object.values(outputs)) {
    const life = lives.get(settled(buffer));
    if (life) life.last = Number.POSITIVE_INFINITY;
  }
  instructions.forEach((instruction, at) => {
    const touches = touchesOf(instruction).map((touch) => ({ ...touch, buffer: settled(touch.view.buffer) }));
    const ending = new Set(
      touches.map(({ buffer }) => buffer).filter((one) => isScratch(one) && lives.get(one)!.last === at),
    );
    for (const touch of touches) {
      if (!isScratch(touch.buffer) || addresses.has(touch.buffer)) continue;
      const heir = touch.inPlace && touch.view.offset === 0 ? predecessor(touches, touch, ending) : undefined;
      addresses.set(touch.buffer, heir ? addresses.get(heir)! : room.take(touch.buffer.bytes));
      if (heir) ending.delete(heir);
    }
    for (const buffer of ending) room.give(addresses.get(buffer)!, buffer.bytes);
  });
  for (const { buffer } of Object.values(outputs))
    if (isScratch(settled(buffer)) && !addresses.has(settled(buffer)))
      throw new Error("an output is never computed");
  return room.size;
}

/** A buffer that ends with an instruction, whose place the instruction's result may take number by number. */
function predecessor(
  touches: readonly (BufferTouch & { buffer: Buffer })[],
  result: BufferTouch & { buffer: Buffer },
  ending: ReadonlySet<Buffer>,
): Buffer | undefined {
  return touches.find(
    ({ buffer, inPlace, view, writes }) =>
      !writes &&
      inPlace &&
      view.offset === 0 &&
      buffer !== result.buffer &&
      buffer.bytes === result.buffer.bytes &&
      ending.has(buffer) &&
      touches
        .filter((other) => other.buffer === buffer)
        .every((other) => other.inPlace && other.view.offset === 0),
  )?.buffer;
}

function livesOf(
  instructions: readonly Instruction[],
  settled: (buffer: Buffer) => Buffer,
): Map<Buffer, Life> {
  const lives = new Map<Buffer, Life>();
  instructions.forEach((instruction, at) => {
    for (const { view } of touchesOf(instruction)) {
      const life = lives.get(settled(view.buffer));
      if (life) life.last = at;
      else lives.set(settled(view.buffer), { first: at, last: at });
    }
  });
  return lives;
}

/** What an instruction reads and writes, in buffers. */
function touchesOf({ name, fields }: Instruction): BufferTouch[] {
  const form: Form = formOf(name);
  const numbers = Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, typeof value === "number" ? value : 0]),
  );
  return form.touches(numbers).map((touch) => ({ ...touch, view: fields[touch.field] as View }));
}

const roundUp = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Memory from which pieces are taken and given back: the first free piece that is large enough. */
class Room {
  size = 0;
  private free: { from: number; to: number }[] = [];

  take(bytes: number): number {
    const needed = Math.max(alignment, roundUp(bytes, alignment));
    const found = this.free.find(({ from, to }) => to - from >= needed);
    if (found) {
      const { from } = found;
      found.from += needed;
      this.free = this.free.filter((piece) => piece.from < piece.to);
      return from;
    }
    this.size += needed;
    return this.size - needed;
  }

  give(from: number, bytes: number): void {
    this.free.push({ from, to: from + Math.max(alignment, roundUp(bytes, alignment)) });
    this.free.sort((a, b) => a.from - b.from);
    this.free = this.free.reduce<{ from: number; to: number }[]>((joined, piece) => {
      const last = joined.at(-1);
      if (last?.to === piece.from) last.to = piece.to;
      else joined.push(piece);
      return joined;
    }, []);
  }
}

/** What a stream remembers, as bytes that only the same program takes back. */
import { InputError } from "../graph/errors.ts";
import type { Kept } from "./program.ts";

const magic = "gatefold state 1";
const fingerprintLength = 16;
const headLength = magic.length + fingerprintLength + 8;

export function packState(fingerprint: string, steps: number, memory: Uint8Array): Uint8Array {
  const saved = new Uint8Array(headLength + memory.length);
  saved.set(new TextEncoder().encode(magic + fingerprint));
  new DataView(saved.buffer).setFloat64(headLength - 8, steps, true);
  saved.set(memory, headLength);
  return saved;
}

export function unpackState(
  saved: Uint8Array,
  fingerprint: string,
  length: number,
): { steps: number; memory: Uint8Array } {
  const head = String.fromCharCode(...saved.subarray(0, magic.length + fingerprintLength));
  if (!head.startsWith(magic)) throw new InputError("restore: these bytes are no saved state of a stream");
  if (head.slice(magic.length) !== fingerprint)
    throw new InputError(
      "restore: this is the state of another model: use the program that it was saved from",
    );
  if (saved.length !== headLength + length)
    throw new InputError(
      `restore: the saved state has ${saved.length} bytes instead of ${headLength + length}: it is not whole`,
    );
  const steps = new DataView(saved.buffer, saved.byteOffset).getFloat64(headLength - 8, true);
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw new InputError("restore: the saved state does not say after how many steps it was saved");
  return { steps, memory: saved.subarray(headLength) };
}

/** Refuses numbers that no stream comes to. */
export function checkKept(memory: Uint8Array, kept: readonly Kept[]): void {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  for (const { name = "its sums", numbers, offset, bytes } of kept) {
    if (numbers !== "float32" && numbers !== "step") continue;
    const length = numbers === "step" ? 4 : bytes;
    for (let at = offset; at < offset + length; at += 4) {
      const number = view.getFloat32(at, true);
      if (!Number.isFinite(number) || (numbers === "step" && number <= 0))
        throw new InputError(`restore: the saved state holds ${number} in "${name}"`);
    }
  }
}

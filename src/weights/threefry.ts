/**
 * Threefry-4x32-20, a counter-based generator: block i of a stream is a pure function of its key and i
 * (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). It uses only
 * 32-bit addition, rotation and exclusive or, so that every machine and engine computes the same words.
 */

/** Keeps a key of zeros from being extended by zero ("C240" of the paper, in 32 bits). */
const PARITY = 0x1bd11bda;

/** A 128-bit key with its parity word: [5]. */
export type Key = Uint32Array;

/** Extends four key words by their parity. */
export function threefryKey(k0: number, k1: number, k2: number, k3: number): Key {
  return Uint32Array.of(k0, k1, k2, k3, PARITY ^ k0 ^ k1 ^ k2 ^ k3);
}

/**
 * Encrypts a counter of four words under a key, giving four random words.
 *
 * @param out receives the words at `offset` … `offset + 3`.
 */
export function threefry(
  key: Key,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  out: Uint32Array,
  offset = 0,
): void {
  let a = (c0 + key[0]) | 0;
  let b = (c1 + key[1]) | 0;
  let c = (c2 + key[2]) | 0;
  let d = (c3 + key[3]) | 0;
  // Four rounds, a key, four rounds of other rotations, a key: written out because a table of rotations
  // takes twice the time.
  for (let turn = 1; ; turn += 2) {
    a = (a + b) | 0;
    b = rotate(b, 10) ^ a;
    c = (c + d) | 0;
    d = rotate(d, 26) ^ c;
    a = (a + d) | 0;
    d = rotate(d, 11) ^ a;
    c = (c + b) | 0;
    b = rotate(b, 21) ^ c;
    a = (a + b) | 0;
    b = rotate(b, 13) ^ a;
    c = (c + d) | 0;
    d = rotate(d, 27) ^ c;
    a = (a + d) | 0;
    d = rotate(d, 23) ^ a;
    c = (c + b) | 0;
    b = rotate(b, 5) ^ c;
    a = (a + key[turn % 5]) | 0;
    b = (b + key[(turn + 1) % 5]) | 0;
    c = (c + key[(turn + 2) % 5]) | 0;
    d = (d + key[(turn + 3) % 5] + turn) | 0;
    if (turn === 5) break;
    a = (a + b) | 0;
    b = rotate(b, 6) ^ a;
    c = (c + d) | 0;
    d = rotate(d, 20) ^ c;
    a = (a + d) | 0;
    d = rotate(d, 17) ^ a;
    c = (c + b) | 0;
    b = rotate(b, 11) ^ c;
    a = (a + b) | 0;
    b = rotate(b, 25) ^ a;
    c = (c + d) | 0;
    d = rotate(d, 10) ^ c;
    a = (a + d) | 0;
    d = rotate(d, 18) ^ a;
    c = (c + b) | 0;
    b = rotate(b, 20) ^ c;
    a = (a + key[(turn + 1) % 5]) | 0;
    b = (b + key[(turn + 2) % 5]) | 0;
    c = (c + key[(turn + 3) % 5]) | 0;
    d = (d + key[(turn + 4) % 5] + turn + 1) | 0;
  }
  out[offset] = a;
  out[offset + 1] = b;
  out[offset + 2] = c;
  out[offset + 3] = d;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

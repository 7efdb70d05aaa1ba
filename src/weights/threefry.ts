/**
 * Threefry-4x32-20, a counter-based generator: block i of a stream is a pure function of its key and i
 * (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). It uses only
 * 32-bit addition, rotation and exclusive or, so that every machine and engine computes the same words.
 */

/** Rotation distances of the eight rounds of a cycle, two a round (Threefish-256's for 32-bit words). */
const ROTATIONS = new Int32Array([10, 26, 11, 21, 13, 27, 23, 5, 6, 20, 17, 11, 25, 10, 18, 20]);

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
  for (let cycle = 1; cycle <= 5; cycle++) {
    const first = cycle % 2 === 1 ? 0 : 8;
    for (let r = first; r < first + 8; r += 4) {
      a = (a + b) | 0;
      b = rotate(b, ROTATIONS[r]) ^ a;
      c = (c + d) | 0;
      d = rotate(d, ROTATIONS[r + 1]) ^ c;
      a = (a + d) | 0;
      d = rotate(d, ROTATIONS[r + 2]) ^ a;
      c = (c + b) | 0;
      b = rotate(b, ROTATIONS[r + 3]) ^ c;
    }
    a = (a + key[cycle % 5]) | 0;
    b = (b + key[(cycle + 1) % 5]) | 0;
    c = (c + key[(cycle + 2) % 5]) | 0;
    d = (d + key[(cycle + 3) % 5] + cycle) | 0;
  }
  out[offset] = a;
  out[offset + 1] = b;
  out[offset + 2] = c;
  out[offset + 3] = d;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

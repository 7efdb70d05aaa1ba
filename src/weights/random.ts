/**
 * Seeded randomness: the same seed gives the same weights, masks and orders on every machine.
 *
 * A seed opens named streams ("encoder.forward.recurrent", "shuffle"), independent of one another and of the
 * order in which they are opened. A stream is a pure function of (seed, name, counter): saving the counter
 * saves the stream.
 */
import { InputError } from "../graph/errors.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { type Key, threefry, threefryKey } from "./threefry.ts";

const WORDS = 2 ** 32;

/** Words that arrays are filled from at a time: few enough to stay in the nearest cache. */
const CHUNK = 1024;

/** What a seed opens. */
export interface Random {
  readonly seed: number;
  /** The stream of this name, at its beginning. */
  stream(name: string): Stream;
}

/**
 * Opens the streams of a seed.
 *
 * @param seed an integer from 0 to 2⁵³ − 1.
 * @example
 * const weights = random(7).stream("encoder.recurrent").normals(new Float32Array(256));
 * @throws InputError for any other seed.
 */
export function random(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new InputError(`a seed is a whole number from 0 to 2⁵³ − 1, not ${seed}`);
  return { seed, stream: (name) => new Stream(streamKey(seed, name)) };
}

/**
 * Hashes a seed and a name to a stream's key, 8 UTF-16 code units a turn: each block is encrypted under the
 * key so far, and the cipher text, combined with the block, is the next key (Matyas–Meyer–Oseas; the first
 * key holds the name's length, so that no padding is ambiguous).
 */
function streamKey(seed: number, name: string): Key {
  let key = threefryKey(seed % WORDS, Math.floor(seed / WORDS), name.length, 0);
  const out = new Uint32Array(4);
  for (let at = 0; at < Math.max(1, name.length); at += 8) {
    const block = [0, 2, 4, 6].map(
      (unit) => ((name.charCodeAt(at + unit) || 0) | ((name.charCodeAt(at + unit + 1) || 0) << 16)) >>> 0,
    );
    threefry(key, block[0], block[1], block[2], block[3], out);
    key = threefryKey(out[0] ^ block[0], out[1] ^ block[1], out[2] ^ block[2], out[3] ^ block[3]);
  }
  return key;
}

type FloatArray = Float32Array | Float64Array;

/** One sequence of random numbers. */
export class Stream {
  /** How many 32-bit words were drawn; setting it jumps there. */
  counter = 0;
  readonly #key: Key;
  readonly #block = new Uint32Array(4);
  #blockIndex = -1;

  constructor(key: Key) {
    this.#key = key;
  }

  /** 32 random bits, as an integer from 0 to 2³² − 1. */
  word(): number {
    const index = Math.floor(this.counter / 4);
    if (index !== this.#blockIndex) {
      this.#encrypt(index, this.#block, 0);
      this.#blockIndex = index;
    }
    return this.#block[this.counter++ % 4];
  }

  #encrypt(index: number, out: Uint32Array, offset: number): void {
    threefry(this.#key, index % WORDS, Math.floor(index / WORDS), 0, 0, out, offset);
  }

  /** Gives `count` words in chunks, from where in the whole each chunk begins: the way to fill arrays fast. */
  #words(count: number, use: (words: Uint32Array, from: number) => void): void {
    const blocks = new Uint32Array(CHUNK + 4);
    for (let from = 0; from < count; from += CHUNK) {
      const lead = this.counter % 4;
      const index = (this.counter - lead) / 4;
      const length = Math.min(CHUNK, count - from);
      for (let at = 0; at < lead + length; at += 4) this.#encrypt(index + at / 4, blocks, at);
      use(blocks.subarray(lead, lead + length), from);
      this.counter += length;
    }
  }

  /** A number in [0, 1) with 53 random bits (two words). */
  uniform(): number {
    const high = this.word() >>> 5;
    return (high * 2 ** 26 + (this.word() >>> 6)) / 2 ** 53;
  }

  /** Fills `out` with numbers from `low` to `high`: 24 random bits each for float32, 53 for float64. */
  uniforms<T extends FloatArray>(out: T, low = 0, high = 1): T {
    const range = high - low;
    if (out instanceof Float64Array) {
      for (let i = 0; i < out.length; i++) out[i] = low + range * this.uniform();
      return out;
    }
    this.#words(out.length, (words, from) => {
      for (let i = 0; i < words.length; i++) out[from + i] = low + range * ((words[i] >>> 8) / 2 ** 24);
    });
    return out;
  }

  /** A draw from the standard normal distribution, by its quantile at one of 2³² points (|z| ≤ 6.34). */
  normal(): number {
    return normalOf(this.word());
  }

  /** Fills `out` with normal draws. */
  normals<T extends FloatArray>(out: T, mean = 0, deviation = 1): T {
    this.#words(out.length, (words, from) => {
      for (let i = 0; i < words.length; i++) out[from + i] = mean + deviation * normalOf(words[i]);
    });
    return out;
  }

  /**
   * An integer from 0 to n − 1, each equally likely: words beyond the last full multiple of n are skipped.
   *
   * @param n from 1 to 2³².
   */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > WORDS)
      throw new InputError(`random integers need an upper bound from 1 to 2³², not ${n}`);
    const limit = WORDS - (WORDS % n);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % n;
  }

  /** Brings an array into a random order, in place (Fisher–Yates). */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const moved = array[i];
      array[i] = array[j];
      array[j] = moved;
    }
    return array;
  }

  /** Fills `out` with independent draws: `value` with this probability (to 2⁻³²), else 0. */
  mask<T extends FloatArray | Uint8Array>(out: T, probability: number, value = 1): T {
    const limit = probability * WORDS;
    this.#words(out.length, (words, from) => {
      for (let i = 0; i < words.length; i++) out[from + i] = words[i] < limit ? value : 0;
    });
    return out;
  }
}

function normalOf(word: number): number {
  return normalQuantile((word + 0.5) / WORDS);
}

/** Whether one row of a table is better than another on the same videos, or may be so by chance. */
import type { Stream } from "../../../weights/random.ts";

/** All signs are tried for as many videos as this; for more they are drawn. */
const triedUpTo = 16;
const drawn = 100_000;

/** Signs to try, the same ones for all tests of a table. */
export interface Signs {
  /** A bit a video, 1 for minus, in 8 videos a byte, [rows × bytes]. */
  bits: Uint8Array;
  bytes: number;
  /** Every combination is among them once. */
  complete: boolean;
}

/** All 2^videos combinations of signs, or 100,000 drawn ones where that is too many. */
export function drawSigns(videos: number, stream: Stream): Signs {
  const bytes = Math.max(1, Math.ceil(videos / 8));
  const complete = videos <= triedUpTo;
  const rows = complete ? 2 ** videos : drawn;
  const bits = new Uint8Array(rows * bytes);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let byte = 0; byte < bytes; byte++) bits[at++] = complete ? row >> (8 * byte) : stream.word();
  }
  return { bits, bytes, complete };
}

/**
 * The sign-flip test on paired differences, two-sided. Where two rows are equally good on videos of this kind, a difference
 * is as likely to be the other way round; p is the share of sign patterns under which the sum is at least as far from 0 as the
 * one found. Exact up to 16 videos; above, from 100,000 patterns, (b + 1)/(100,000 + 1), whose standard error at
 * p = .05 is .0007.
 *
 * @param differences of the videos, each × its weight; NaN counts as 0
 */
export function signFlipTest(differences: readonly number[], { bits, bytes, complete }: Signs): number {
  const known = differences.map((difference) => (Number.isNaN(difference) ? 0 : difference));
  const sums = Float64Array.from({ length: bytes * 256 }, (_, at) => signedSum(known, at >> 8, at & 255));
  const total = known.reduce((sum, difference) => sum + difference, 0);
  const scale = known.reduce((sum, difference) => sum + Math.abs(difference), 0);
  const limit = Math.abs(total) - 1e-12 * scale; // patterns that tie with the one found count, whatever the rounding
  const rows = bits.length / bytes;
  let asFar = 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let byte = 0; byte < bytes; byte++) sum += sums[(byte << 8) | bits[row * bytes + byte]];
    if (Math.abs(sum) >= limit) asFar++;
  }
  return complete ? asFar / rows : (asFar + 1) / (rows + 1);
}

/** The sum of 8 differences under the signs of a byte. */
function signedSum(differences: readonly number[], byte: number, bits: number): number {
  let sum = 0;
  for (let bit = 0; bit < 8; bit++) {
    const difference = differences[8 * byte + bit] ?? 0;
    sum += bits & (1 << bit) ? -difference : difference;
  }
  return sum;
}

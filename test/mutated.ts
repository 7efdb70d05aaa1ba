/** Damaged files: bytes that are changed here and there, the same way for the same seed. */
import { random } from "../src/weights/random.ts";

export interface MutationOptions {
  /** Changes are made where there is something: a place that holds 0 is drawn again, up to 20 times. */
  dense?: boolean;
  /** The share of files that are cut short, too. */
  cut?: number;
}

/** A copy with one to six bytes changed, half of them to a value at which numbers and lengths turn. */
export function mutated(
  bytes: Uint8Array,
  seed: number,
  { dense = false, cut = 0 }: MutationOptions = {},
): Uint8Array {
  const stream = random(seed).stream("mutation");
  const pick = (below: number) => Math.floor(stream.uniform() * below);
  const result = new Uint8Array(bytes);
  const special = [0, 1, 0x7f, 0x80, 0xff];
  for (let change = pick(6); change >= 0; change--) {
    let place = pick(result.length);
    if (dense)
      for (let attempt = 0; attempt < 20 && result[place] === 0; attempt++) place = pick(result.length);
    result[place] = stream.uniform() < 0.5 ? special[pick(special.length)] : pick(256);
  }
  return cut > 0 && stream.uniform() < cut ? result.subarray(0, pick(result.length)) : result;
}

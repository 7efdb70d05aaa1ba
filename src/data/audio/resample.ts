/** Changing how many samples a second a sound has, by a windowed sinc filter (J. O. Smith, "Digital Audio Resampling"). */
import { InputError } from "../../graph/errors.ts";

/** Zero crossings of the sinc on each side: with the window below, images lie 80 dB down. */
const CROSSINGS = 32;
/** Kaiser's β for that. */
const BETA = 8;
/** The part of the band that is kept; the rest is where the filter falls off. */
const ROLLOFF = 0.92;
/** More phases than this would take more memory than the sound. */
const MOST_PHASES = 4096;

/**
 * A sound at another rate: the band that both rates have is kept, what lies above it is filtered out. The result has
 * ⌈length · to / from⌉ samples, and sample i is the sound at time i / to.
 *
 * @param from samples a second
 * @param to samples a second, whole numbers both
 * @throws InputError for rates that make no sense together
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (![from, to].every((rate) => Number.isInteger(rate) && rate > 0))
    throw new InputError(`resample: rates must be whole numbers above 0, not ${from} and ${to}`);
  if (from === to) return samples;
  const shared = greatestDivisor(from, to);
  const [up, down] = [to / shared, from / shared];
  if (up > MOST_PHASES)
    throw new InputError(
      `resample: ${from} to ${to} samples a second has no small ratio: choose another rate`,
    );
  const phases = filterPhases(up, down);
  const taps = phases[0].length;
  const result = new Float32Array(Math.ceil((samples.length * up) / down));
  for (let i = 0; i < result.length; i++) {
    const filter = phases[(i * down) % up];
    const first = Math.floor((i * down) / up) - taps / 2 + 1;
    const begin = Math.max(0, -first);
    const end = Math.min(taps, samples.length - first);
    let sum = 0;
    for (let k = begin; k < end; k++) sum += filter[k] * samples[first + k];
    result[i] = sum;
  }
  return result;
}

/**
 * The filter at each distance p / up that a result can have from the sample before it: tap k belongs to the sample
 * k − taps / 2 + 1 places from there. Each phase sums to 1, so that a constant stays one.
 */
function filterPhases(up: number, down: number): Float32Array[] {
  const cutoff = ROLLOFF * Math.min(1, up / down); // as a part of the old rate's band
  const reach = Math.ceil(CROSSINGS / cutoff);
  return Array.from({ length: up }, (_, phase) => {
    const taps = Float64Array.from({ length: 2 * reach }, (_, k) => {
      const distance = k - reach + 1 - phase / up;
      return sinc(cutoff * distance) * kaiser(distance / reach);
    });
    const sum = taps.reduce((a, b) => a + b, 0);
    return Float32Array.from(taps, (tap) => tap / sum);
  });
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser's window at a place from −1 to 1, up to a factor. */
function kaiser(place: number): number {
  return bessel(BETA * Math.sqrt(Math.max(0, 1 - place * place)));
}

/** The modified Bessel function I₀, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

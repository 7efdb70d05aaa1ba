/** Log-mel features: how loud a sound is in bands as wide as the ear's, frame by frame. */
import { z } from "zod";
import { checkOptions } from "../../../cells/define-cell.ts";
import { InputError } from "../../../graph/errors.ts";
import { powerSpectrum } from "./fourier.ts";

/** A sound of 16 bits whispers at about this energy: bands below it are silent. */
const FLOOR = 1e-8;

export const logMelSettings = z.strictObject({
  /** Samples a second. */
  rate: z.int().min(1000).max(400_000).default(16_000),
  /** Bands. */
  bands: z.int().min(1).max(256).default(40),
  /** Seconds that a frame sees. */
  window: z.number().positive().max(1).default(0.025),
  /** Seconds from frame to frame. */
  hop: z.number().positive().max(1).default(0.01),
});
export type LogMelOptions = z.input<typeof logMelSettings>;

/**
 * Makes frames of a sound as its samples come: frame t sees samples [t · hop, t · hop + window) through Hann's window;
 * its numbers are ln(energy + 1e-8) in triangular bands, evenly wide in mel = 2595 log₁₀(1 + f / 700) (O'Shaughnessy 1987),
 * that reach from 0 to half the rate.
 *
 * ```ts
 * const features = new LogMelStream({ rate: 16_000 });
 * for await (const chunk of microphone) for (const frame of features.push(chunk)) stream.push(frame);
 * ```
 */
export class LogMelStream {
  /** Samples that a frame sees, and those from frame to frame. */
  readonly window: number;
  readonly hop: number;
  readonly bands: number;
  readonly #shape: Float64Array;
  readonly #filters: readonly Filter[];
  readonly #spectrum: ReturnType<typeof powerSpectrum>;
  readonly #framed: Float64Array;
  readonly #power: Float64Array;
  /** Samples that belong to frames to come, and how many are there. */
  readonly #waiting: Float32Array;
  #filled = 0;

  /** @throws InputError for settings out of range, or bands so narrow that one holds no frequency */
  constructor(given: LogMelOptions = {}) {
    const { rate, bands, window, hop } = checkOptions("log-mel features", logMelSettings, given);
    this.window = Math.round(rate * window);
    this.hop = Math.round(rate * hop);
    this.bands = bands;
    if (this.window < 2 || this.hop < 1 || this.hop > this.window)
      throw new InputError(
        `log-mel features: frames of ${this.window} samples every ${this.hop} make no sense: a frame needs 2 or more, and at least as many as the hop`,
      );
    const size = 2 ** Math.ceil(Math.log2(this.window));
    this.#shape = Float64Array.from(
      { length: this.window },
      (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / this.window),
    );
    this.#filters = melFilters(rate, bands, size);
    this.#spectrum = powerSpectrum(size);
    this.#framed = new Float64Array(size);
    this.#power = new Float64Array(size / 2 + 1);
    this.#waiting = new Float32Array(this.window);
  }

  /**
   * Takes the next samples, any number of them.
   *
   * @returns the frames that they complete, each [bands]
   */
  push(samples: Float32Array): Float32Array[] {
    const frames: Float32Array[] = [];
    for (let taken = 0; taken < samples.length; ) {
      const part = samples.subarray(taken, taken + this.window - this.#filled);
      this.#waiting.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled < this.window) break;
      frames.push(this.#frame());
      this.#waiting.copyWithin(0, this.hop);
      this.#filled -= this.hop;
    }
    return frames;
  }

  /** Forgets all samples: the next ones begin another sound. */
  reset(): void {
    this.#filled = 0;
  }

  #frame(): Float32Array {
    for (let n = 0; n < this.window; n++) this.#framed[n] = this.#shape[n] * this.#waiting[n];
    this.#spectrum(this.#framed, this.#power);
    return Float32Array.from(this.#filters, ({ first, weights }) => {
      let energy = FLOOR;
      for (let k = 0; k < weights.length; k++) energy += weights[k] * this.#power[first + k];
      return Math.log(energy);
    });
  }
}

/**
 * All frames of a sound, [frames, bands], row-major; none where it is shorter than one window.
 *
 * @param samples from −1 to 1
 */
export function logMel(samples: Float32Array, options: LogMelOptions = {}): Float32Array {
  const stream = new LogMelStream(options);
  const frames = stream.push(samples);
  const all = new Float32Array(frames.length * stream.bands);
  frames.forEach((frame, t) => {
    all.set(frame, t * stream.bands);
  });
  return all;
}

/** A band's weights, from its first frequency on. */
interface Filter {
  first: number;
  weights: Float64Array;
}

function melFilters(rate: number, bands: number, size: number): Filter[] {
  const mel = (frequency: number) => 2595 * Math.log10(1 + frequency / 700);
  const highest = mel(rate / 2);
  const place = (k: number) => (mel((k * rate) / size) / highest) * (bands + 1);
  return Array.from({ length: bands }, (_, band) => {
    const weights: number[] = [];
    let first = 0;
    for (let k = 0; k <= size / 2; k++) {
      const weight = Math.max(0, 1 - Math.abs(place(k) - band - 1));
      if (weight === 0) continue;
      if (weights.length === 0) first = k;
      weights.push(weight);
    }
    if (weights.length === 0)
      throw new InputError(
        `log-mel features: ${bands} bands are too many for frames of this length: band ${band} holds no frequency`,
      );
    return { first, weights: Float64Array.from(weights) };
  });
}

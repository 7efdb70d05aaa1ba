/** Frame times: clean numbers, sampling instants, the end of a video. */

/** Half of the finest clock in use (microseconds): a time this near an instant counts as reached. */
const tolerance = 5e-7;

/** Seconds to the nanosecond, so that the same time computed in different ways is the same number. */
export function clean(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}

/** A list of numbers that grows without boxing: hours of video have a million frames. */
export class GrowingFloats {
  #values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  view(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}

/** Index of the last of these ascending times that is at most `instant`; 0 where none is. */
export function frameAt(times: Float64Array, instant: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= instant + tolerance) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/**
 * Seconds until the last frame leaves the screen, to the microsecond. Containers disagree on how long that is, so it counts as long as the
 * frame before it; `frameDuration` stands in for a video of one frame.
 */
export function endOf(times: Float64Array, frameDuration: number): number {
  const last = times.length - 1;
  if (last < 0) return 0;
  return Math.round((times[last] + (last > 0 ? times[last] - times[last - 1] : frameDuration)) * 1e6) / 1e6;
}

/** The sampling instants k ÷ fps, as frames come by in the order shown. */
export class Instants {
  readonly #fps: number;
  #next = 0;

  constructor(fps: number) {
    this.#fps = fps;
  }

  /** How many instants lie before `time`, and after those already counted: the frame on screen until then shows there. */
  before(time: number): number {
    const from = this.#next;
    while (this.#next / this.#fps < time - tolerance) this.#next++;
    return this.#next - from;
  }
}

/** Finds the first frame of each period of 1 ÷ fps seconds that has one. */
export class Periods {
  readonly #fps: number;
  #last = -1;

  constructor(fps: number) {
    this.#fps = fps;
  }

  /** `period(t)` is also what the ffmpeg reader's filter computes. */
  opensWith(time: number): boolean {
    const period = Math.floor(time * this.#fps + 1e-6);
    if (period <= this.#last) return false;
    this.#last = period;
    return true;
  }
}

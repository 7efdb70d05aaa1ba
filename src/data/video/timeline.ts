/** Frame times as they come in, and what follows from them: sampling instants, duration, rate. */

/** Half of the finest clock in use (microseconds): times this near an instant count as reached. */
const tolerance = 5e-7;

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

  at(index: number): number {
    return this.#values[index];
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

/** Whether a frame at `time` is already on screen at `instant`. */
export function shownBy(time: number, instant: number): boolean {
  return time <= instant + tolerance;
}

/**
 * Seconds until the last frame leaves the screen. Containers disagree on how long that is, so it counts as long as the
 * frame before it; `frameDuration` stands in for a video of one frame.
 */
export function endOf(times: Float64Array, frameDuration: number): number {
  const last = times.length - 1;
  if (last < 0) return 0;
  return times[last] + (last > 0 ? times[last] - times[last - 1] : frameDuration);
}

/** How many sampling instants k ÷ fps lie before `end`. */
export function instantsBefore(end: number, fps: number): number {
  return Math.max(1, Math.ceil((end - tolerance) * fps));
}

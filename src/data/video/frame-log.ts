/** What a pass over a video notes of its frames, whichever program decodes. */

import { clean, endOf, frameAt, GrowingFloats } from "./timeline.ts";
import type { Scan, VideoInfo } from "./video.ts";

export class FrameLog {
  readonly #declared: VideoInfo;
  readonly #known: Float64Array | undefined;
  readonly #times = new GrowingFloats();
  readonly #changes = new GrowingFloats();

  /** `known`: all frames' times, where only key frames will be decoded. */
  constructor(declared: VideoInfo, known?: Float64Array) {
    this.#declared = declared;
    this.#known = known;
  }

  /** Frames decoded so far. */
  get decoded(): number {
    return this.#times.length;
  }

  /** Notes the next decoded frame, shown at `time` seconds; gives its index. */
  add(time: number): number {
    this.#times.push(clean(time));
    return this.#known === undefined ? this.decoded - 1 : frameAt(this.#known, time);
  }

  addChange(change: number): void {
    this.#changes.push(change);
  }

  timeOf(index: number): number {
    return (this.#known ?? this.#times.view())[index];
  }

  get times(): Float64Array {
    return this.#known ?? this.#times.view();
  }

  /** Seconds until the last frame leaves the screen. */
  get end(): number {
    return endOf(this.times, 1 / (this.#declared.fps || 25));
  }

  info(): VideoInfo {
    if (this.times.length === 0) return this.#declared;
    const duration = this.end;
    const frames = this.times.length;
    return { ...this.#declared, duration, frames, fps: Math.round((frames / duration) * 1e6) / 1e6 };
  }

  scan(): Scan {
    const decoded = this.#times.view();
    const changes = this.#changes.view();
    const change = new Float32Array(this.times.length);
    decoded.forEach((time, i) => {
      change[this.#known === undefined ? i : frameAt(this.#known, time)] = changes[i];
    });
    return { times: this.times.slice(), change, keyframesOnly: this.#known !== undefined };
  }

  /** A sentence where the file ends well before it says, or nothing. */
  missingEnd(): string | undefined {
    const { duration } = this.#declared;
    const last = this.#known === undefined ? this.end : (this.#times.view().at(-1) ?? 0);
    const tolerated = this.#known === undefined ? Math.max(1, 0.02 * duration) : Math.max(30, 0.1 * duration);
    if (this.decoded === 0 || duration - last <= tolerated) return undefined;
    return `The video should last ${duration.toFixed(1)} s but only ${last.toFixed(1)} s could be read: its end is missing.`;
  }
}

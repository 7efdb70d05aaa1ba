/** Plays ranges of a picture track one after the other, jumping ahead to a key frame wherever that saves decoding. */

import type { EncodedPacketSink, VideoSample, VideoSampleSink } from "mediabunny";
import { countFrame } from "./load.ts";

/** Timestamps this near, in seconds, are the same. */
const tolerance = 1e-6;

/** Frames that a decoder keeps for itself until it is collected. */
const heldByDecoder = 24;

/** From `start` up to, but not at, `end`, in the file's timestamps. */
export interface FrameRange {
  start: number;
  end: number;
}

export class FrameCursor {
  readonly #frames: VideoSampleSink;
  readonly #packets: EncodedPacketSink;
  readonly #ranges: readonly FrameRange[];
  #next = 0;
  #frameSize = 0;
  #running: AsyncGenerator<VideoSample> | undefined;
  /** A frame that was read but belongs to a later range. */
  #waiting: VideoSample | undefined;

  /** `ranges` in ascending order. */
  constructor(frames: VideoSampleSink, packets: EncodedPacketSink, ranges: readonly FrameRange[]) {
    this.#frames = frames;
    this.#packets = packets;
    this.#ranges = ranges;
  }

  /** The frames of the next range. The receiver closes them, and reads to the end. */
  async *nextRange(): AsyncGenerator<VideoSample> {
    const number = this.#next++;
    const { start, end } = this.#ranges[number];
    // A decoder that is left before its end keeps all that it holds, for ever: each is started for a known stretch.
    this.#running ??= this.#frames.samples(await this.#keyBefore(start), await this.#endOfStretch(number));
    for (let frame = await this.#read(); frame !== undefined; frame = await this.#read()) {
      if (frame.timestamp >= end - tolerance) {
        this.#waiting = frame;
        return;
      }
      if (frame.timestamp >= start - tolerance) yield frame;
      else frame.close();
    }
  }

  /** Where decoding can stop because the range after that is reached from a later key frame. */
  async #endOfStretch(number: number): Promise<number> {
    let { end } = this.#ranges[number];
    for (const next of this.#ranges.slice(number + 1)) {
      if ((await this.#keyBefore(next.start)) > end + tolerance) break;
      end = Math.max(end, next.end);
    }
    return end - tolerance;
  }

  async #keyBefore(timestamp: number): Promise<number> {
    const key = await this.#packets.getKeyPacket(timestamp + tolerance, { metadataOnly: true });
    return key?.timestamp ?? timestamp;
  }

  async #read(): Promise<VideoSample | undefined> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) return waiting;
    // At a damaged part the stretch ends, and the next range begins anew.
    const { value, done } = (await this.#running?.next().catch(() => undefined)) ?? { done: true };
    if (done || !value) {
      this.#running = undefined;
      countFrame(heldByDecoder * this.#frameSize);
      return undefined;
    }
    this.#frameSize = value.allocationSize();
    countFrame(this.#frameSize);
    return value;
  }

  async close(): Promise<void> {
    this.#waiting?.close();
    this.#waiting = undefined;
    await this.#running?.return(undefined);
    this.#running = undefined;
  }
}

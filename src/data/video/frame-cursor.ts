/** Plays through a picture track, jumping ahead to a key frame wherever that saves decoding. */

import type { EncodedPacketSink, VideoSample, VideoSampleSink } from "mediabunny";
import { FrameMemory } from "./webcodecs-load.ts";

/** Timestamps this near, in seconds, are the same. */
const tolerance = 1e-6;

export class FrameCursor {
  readonly #frames: VideoSampleSink;
  readonly #packets: EncodedPacketSink;
  readonly #memory = new FrameMemory();
  #running: AsyncGenerator<VideoSample> | undefined;
  /** A frame that was read but lies beyond what was asked for. */
  #waiting: VideoSample | undefined;
  #position = Number.POSITIVE_INFINITY;

  constructor(frames: VideoSampleSink, packets: EncodedPacketSink) {
    this.#frames = frames;
    this.#packets = packets;
  }

  /**
   * The frames shown from `start` up to, but not at, `end`, in the file's timestamps. The receiver closes them. Ranges
   * are to be asked for in ascending order.
   */
  async *between(start: number, end: number): AsyncGenerator<VideoSample> {
    const key = await this.#packets.getKeyPacket(start + tolerance, { metadataOnly: true });
    const from = key?.timestamp ?? start;
    if (
      this.#running === undefined ||
      from > this.#position + tolerance ||
      start < this.#position - tolerance
    ) {
      await this.close();
      this.#running = this.#frames.samples(from);
    }
    for (let frame = await this.#next(); frame !== undefined; frame = await this.#next()) {
      if (frame.timestamp >= end - tolerance) {
        this.#waiting = frame;
        return;
      }
      if (frame.timestamp >= start - tolerance) yield frame;
      else frame.close();
    }
  }

  async #next(): Promise<VideoSample | undefined> {
    let frame = this.#waiting;
    this.#waiting = undefined;
    if (frame === undefined) {
      const { value, done } = await this.#running!.next().catch(
        () => ({ value: undefined, done: true }) as const,
      );
      if (done) {
        // At the track's end, or at a damaged part, after which the next range begins anew.
        this.#running = undefined;
        return undefined;
      }
      frame = value;
      this.#memory.add(frame.allocationSize());
    }
    this.#position = frame.timestamp;
    return frame;
  }

  async close(): Promise<void> {
    this.#waiting?.close();
    this.#waiting = undefined;
    await this.#running?.return(undefined);
    this.#running = undefined;
  }
}

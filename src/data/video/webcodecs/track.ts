/** The picture track of an opened file: its frames, its key frames, its times. */

import type { EncodedPacket, Input, InputAudioTrack, InputVideoTrack, VideoSample } from "mediabunny";
import { clean } from "../timeline.ts";
import type { VideoInfo } from "../video.ts";
import { FrameCursor, type FrameRange } from "./frame-cursor.ts";

/** Frames that begin before 0 are cut away by an mp4's edit list: they serve decoding only. */
const shown = (timestamp: number) => timestamp > -1e-6;

/** After so many undecodable stretches in a row, the rest is given up. */
const mostFailures = 20;

export class PictureTrack {
  readonly info: VideoInfo;
  readonly #mediabunny: typeof import("mediabunny");
  readonly #input: Input;
  readonly #track: InputVideoTrack;
  #timestamps: Float64Array | undefined;
  #keyTimestamps: number[] = [];

  constructor(
    mediabunny: typeof import("mediabunny"),
    input: Input,
    track: InputVideoTrack,
    info: VideoInfo,
  ) {
    this.#mediabunny = mediabunny;
    this.#input = input;
    this.#track = track;
    this.info = info;
  }

  /**
   * All shown frames in order. The receiver closes them. Damaged parts are left out, which is told; where nothing can
   * be decoded, that error is thrown.
   */
  async *frames(onDamage: (reason: string) => void): AsyncGenerator<VideoSample> {
    let last = Number.NEGATIVE_INFINITY;
    let failure: unknown;
    try {
      for await (const frame of this.#shown()) {
        last = frame.timestamp;
        yield frame;
      }
      return;
    } catch (error) {
      failure = error;
    }
    // A decoder looks ahead, and its failure loses good frames too: from here on, key frame by key frame.
    const keys = await this.keyTimestamps();
    const next = keys.findIndex((key) => key > last);
    let failed = 0;
    for (
      let k = Math.max(0, (next < 0 ? keys.length : next) - 1);
      k < keys.length && failed < mostFailures;
      k++
    ) {
      try {
        for await (const frame of this.#shown(keys[k], keys[k + 1])) {
          if (frame.timestamp > last) {
            last = frame.timestamp;
            yield frame;
          } else frame.close();
        }
        failed = 0;
      } catch {
        failed++;
      }
    }
    if (last === Number.NEGATIVE_INFINITY) throw failure;
    onDamage((failure as Error).message);
  }

  async *#shown(start?: number, end?: number): AsyncGenerator<VideoSample> {
    for await (const frame of this.#sink().samples(start, end)) {
      if (shown(frame.timestamp)) yield frame;
      else frame.close();
    }
  }

  /** Reads these ranges of frames, in ascending order. */
  cursor(ranges: readonly FrameRange[]): FrameCursor {
    return new FrameCursor(this.#sink(), new this.#mediabunny.EncodedPacketSink(this.#track), ranges);
  }

  /** The first sound track, if there is any. */
  sound(): Promise<InputAudioTrack | null> {
    return this.#input.getPrimaryAudioTrack();
  }

  /** The frames shown at these ascending timestamps of the file; null where one can't be decoded. */
  framesAt(timestamps: readonly number[]): AsyncGenerator<VideoSample | null> {
    return this.#sink().samplesAtTimestamps(timestamps);
  }

  /** The timestamps of the frames that a pass has decoded: in a damaged file there are fewer than the file lists. */
  decoded: Float64Array | undefined;

  /** The file's timestamps of all shown frames, ascending, read without decoding. */
  async timestamps(): Promise<Float64Array> {
    if (this.#timestamps !== undefined) return this.#timestamps;
    const all: number[] = [];
    const sink = new this.#mediabunny.EncodedPacketSink(this.#track);
    const { getNextPacket, getFirstPacket } = sink;
    let packet: EncodedPacket | null = await getFirstPacket.call(sink, { metadataOnly: true });
    for (; packet !== null; packet = await getNextPacket.call(sink, packet, { metadataOnly: true })) {
      if (!shown(packet.timestamp)) continue;
      all.push(packet.timestamp);
      if (packet.type === "key") this.#keyTimestamps.push(packet.timestamp);
    }
    this.#timestamps = Float64Array.from(all).sort();
    return this.#timestamps;
  }

  /** The file's timestamps of all shown key frames. */
  async keyTimestamps(): Promise<readonly number[]> {
    await this.timestamps();
    return this.#keyTimestamps;
  }

  /** Seconds since the first shown frame, for all of them. */
  async times(): Promise<Float64Array> {
    const timestamps = await this.timestamps();
    return timestamps.map((timestamp) => clean(timestamp - timestamps[0]));
  }

  dispose(): void {
    this.#input.dispose();
  }

  #sink() {
    return new this.#mediabunny.VideoSampleSink(this.#track);
  }
}

/** Encodes videos with mediabunny and the npm encoder: mp4 (H.264 with AAC), webm (VP9, without sound). */

import { extname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { VideoSampleSource } from "mediabunny";
import { toI420 } from "../planes.ts";
import type { Picture } from "../video.ts";
import { countFrame, loadMediabunny } from "./load.ts";
import { VideoFile, type VideoFileOptions } from "./video-file.ts";

export interface WriterOptions extends VideoFileOptions {
  /** Bits a second of the pictures. */
  bitrate: number;
  /** Seconds between key frames at most. */
  keyframeInterval?: number;
}

export class VideoWriter {
  readonly #mediabunny: typeof import("mediabunny");
  readonly #pictures: VideoSampleSource;
  readonly #file: VideoFile;
  readonly #count: { in: number; out: number };

  private constructor(
    mediabunny: typeof import("mediabunny"),
    pictures: VideoSampleSource,
    file: VideoFile,
    count: { in: number; out: number },
  ) {
    this.#mediabunny = mediabunny;
    this.#pictures = pictures;
    this.#file = file;
    this.#count = count;
  }

  static async open(options: WriterOptions): Promise<VideoWriter> {
    const mediabunny = await loadMediabunny();
    const count = { in: 0, out: 0 };
    const pictures = new mediabunny.VideoSampleSource({
      codec: extname(options.file) === ".webm" ? "vp9" : "avc",
      bitrate: options.bitrate,
      keyFrameInterval: options.keyframeInterval ?? 5,
      onEncodedPacket: () => void count.out++,
    });
    return new VideoWriter(mediabunny, pictures, await VideoFile.open(mediabunny, pictures, options), count);
  }

  /** Adds a picture of even width and height, shown from `time` for `duration` seconds. */
  async addPicture(picture: Picture, time: number, duration: number): Promise<void> {
    const bt709 = { primaries: "bt709", transfer: "bt709", matrix: "bt709", fullRange: false } as const;
    await this.addPlanes(toI420(picture), picture, bt709, time, duration);
  }

  /** Adds a picture as planes Y, U, V of 8 bits, 4:2:0, one after the other without gaps. */
  async addPlanes(
    data: Uint8Array,
    size: { width: number; height: number },
    colorSpace: VideoColorSpaceInit,
    time: number,
    duration: number,
  ): Promise<void> {
    const frame = new this.#mediabunny.VideoSample(data, {
      ...{ format: "I420", codedWidth: size.width, codedHeight: size.height },
      ...{ timestamp: time, duration, colorSpace },
    });
    countFrame(data.length);
    await this.#pictures.add(frame);
    frame.close();
    this.#count.in++;
    // An encoder that is never given a turn of the event loop drops sound without a word.
    await nextTurn();
  }

  /** Adds the next samples of the sound, −1 to 1: [channel][samples], all of one length. */
  addSound(channels: readonly Float32Array[]): Promise<void> {
    return this.#file.addSound(channels);
  }

  /** Writes the file to its end. Throws where the encoder lost anything. */
  async finish(): Promise<void> {
    await this.#file.finish();
    if (this.#count.out !== this.#count.in) {
      throw new Error(`The encoder gave ${this.#count.out} of ${this.#count.in} pictures back.`);
    }
  }

  /** Gives up, leaving an unfinished file behind. */
  cancel(): Promise<void> {
    return this.#file.cancel();
  }
}

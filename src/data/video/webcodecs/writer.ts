/** Writes videos with mediabunny and the npm encoder: mp4 (H.264 with AAC), webm (VP9, without sound). */

import { extname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Output, VideoSampleSource } from "mediabunny";
import { toI420 } from "../planes.ts";
import type { Picture, Rotation } from "../video.ts";
import { countFrame, keepAlive, loadMediabunny } from "./load.ts";
import { packetLength, SoundTrack } from "./writer-sound.ts";

export interface WriterOptions {
  /** Ends in .mp4 or .webm. */
  file: string;
  /** Bits a second of the pictures. */
  bitrate: number;
  /** Seconds between key frames at most. */
  keyframeInterval?: number;
  rotation?: Rotation;
  sound?: { sampleRate: number; channels: number };
  /** What will be written at most, where known: the file's index then gets its place before the rest, which needs little memory. */
  expected?: { pictures: number; seconds: number };
}

export class VideoWriter {
  readonly #mediabunny: typeof import("mediabunny");
  readonly #output: Output;
  readonly #pictures: VideoSampleSource;
  readonly #sound: SoundTrack | undefined;
  readonly #alive = keepAlive();
  #picturesIn = 0;
  #picturesOut = 0;

  private constructor(mediabunny: typeof import("mediabunny"), options: WriterOptions) {
    const webm = extname(options.file) === ".webm";
    this.#mediabunny = mediabunny;
    this.#output = new mediabunny.Output({
      format: webm
        ? new mediabunny.WebMOutputFormat()
        : new mediabunny.Mp4OutputFormat({ fastStart: "in-memory" }),
      target: new mediabunny.FilePathTarget(options.file),
    });
    this.#pictures = new mediabunny.VideoSampleSource({
      codec: webm ? "vp9" : "avc",
      bitrate: options.bitrate,
      keyFrameInterval: options.keyframeInterval ?? 5,
      onEncodedPacket: () => void this.#picturesOut++,
    });
    const { expected } = options;
    this.#output.addVideoTrack(this.#pictures, {
      rotation: options.rotation ?? 0,
      maximumPacketCount: expected?.pictures,
    });
    if (options.sound === undefined) return;
    this.#sound = new SoundTrack(mediabunny, options.sound);
    this.#output.addAudioTrack(this.#sound.source, {
      maximumPacketCount:
        expected && Math.ceil((expected.seconds * options.sound.sampleRate) / packetLength) + 8,
    });
  }

  static async open(options: WriterOptions): Promise<VideoWriter> {
    const writer = new VideoWriter(await loadMediabunny(), options);
    try {
      await writer.#output.start();
    } catch (error) {
      writer.#alive.release();
      throw error;
    }
    return writer;
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
    this.#picturesIn++;
    // An encoder that is never given a turn of the event loop drops sound without a word.
    await nextTurn();
  }

  /** Adds the next samples of the sound, −1 to 1: [channel][samples], all of one length. */
  async addSound(channels: readonly Float32Array[]): Promise<void> {
    await this.#sound!.add(channels);
  }

  /** Writes the file to its end. Throws where the encoder lost anything. */
  async finish(): Promise<void> {
    try {
      await this.#sound?.finish();
      await this.#output.finalize();
    } finally {
      this.#alive.release();
    }
    if (this.#picturesOut !== this.#picturesIn) {
      throw new Error(`The encoder gave ${this.#picturesOut} of ${this.#picturesIn} pictures back.`);
    }
  }

  /** Gives up, leaving an unfinished file behind. */
  async cancel(): Promise<void> {
    await this.#output.cancel();
    this.#alive.release();
  }
}

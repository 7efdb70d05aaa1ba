/** A video file that is being written by mediabunny: one picture track from any source, and sound as AAC. */

import { extname } from "node:path";
import type { Output, VideoSource } from "mediabunny";
import type { Rotation } from "../video.ts";
import { keepAlive } from "./load.ts";
import { packetLength, SoundTrack } from "./writer-sound.ts";

export interface VideoFileOptions {
  /** Ends in .mp4 or .webm. */
  file: string;
  rotation?: Rotation;
  sound?: { sampleRate: number; channels: number };
  /** What will be written at most, where known: the file's index then gets its place before the rest, which needs little memory. */
  expected?: { pictures: number; seconds: number };
}

export class VideoFile {
  readonly #output: Output;
  readonly #sound: SoundTrack | undefined;
  readonly #alive = keepAlive();

  private constructor(
    mediabunny: typeof import("mediabunny"),
    pictures: VideoSource,
    { file, rotation = 0, sound, expected }: VideoFileOptions,
  ) {
    this.#output = new mediabunny.Output({
      format:
        extname(file) === ".webm"
          ? new mediabunny.WebMOutputFormat()
          : new mediabunny.Mp4OutputFormat({ fastStart: "in-memory" }),
      target: new mediabunny.FilePathTarget(file),
    });
    this.#output.addVideoTrack(pictures, { rotation, maximumPacketCount: expected?.pictures });
    if (sound === undefined) return;
    this.#sound = new SoundTrack(mediabunny, sound);
    this.#output.addAudioTrack(this.#sound.source, {
      maximumPacketCount: expected && Math.ceil((expected.seconds * sound.sampleRate) / packetLength) + 8,
    });
  }

  static async open(
    mediabunny: typeof import("mediabunny"),
    pictures: VideoSource,
    options: VideoFileOptions,
  ): Promise<VideoFile> {
    const file = new VideoFile(mediabunny, pictures, options);
    try {
      await file.#output.start();
    } catch (error) {
      file.#alive.release();
      throw error;
    }
    return file;
  }

  /** Adds the next samples of the sound, −1 to 1: [channel][samples], all of one length. */
  async addSound(channels: readonly Float32Array[]): Promise<void> {
    await this.#sound!.add(channels);
  }

  /** Writes the file to its end. Throws where the encoder lost sound. */
  async finish(): Promise<void> {
    try {
      await this.#sound?.finish();
      await this.#output.finalize();
    } finally {
      this.#alive.release();
    }
  }

  /** Gives up, leaving an unfinished file behind. */
  async cancel(): Promise<void> {
    await this.#output.cancel();
    this.#alive.release();
  }
}

/** Reads videos with the system's ffmpeg. */

import type { SampledFrame, SampleOptions, Sampling, VideoInfo, VideoReader } from "../video.ts";
import { picturesWithFfmpeg } from "./pictures.ts";
import { type Probe, packetTimes, probe } from "./probe.ts";
import { sampleWithFfmpeg } from "./sample.ts";

export { ffmpegVersion } from "./process.ts";

/** Throws InputError for whatever ffprobe finds no pictures in. */
export async function openWithFfmpeg(file: string): Promise<VideoReader> {
  return new FfmpegReader(await probe(file));
}

class FfmpegReader implements VideoReader {
  readonly decoder = "ffmpeg";
  readonly notes: string[] = [];
  readonly #probe: Probe;
  readonly #closing = new AbortController();
  /** All frames' times in ticks of the track's clock. */
  #ticks: Float64Array | undefined;

  constructor(probed: Probe) {
    this.#probe = probed;
  }

  get declared(): VideoInfo {
    return this.#probe.info;
  }

  sample(options: SampleOptions): Sampling {
    return sampleWithFfmpeg(this.#probe, options, {
      signal: this.#stop(options.signal),
      note: (sentence) => void this.notes.push(sentence),
      ticks: (ticks) => {
        this.#ticks = ticks;
      },
    });
  }

  async *pictures(indices: readonly number[], signal?: AbortSignal): AsyncGenerator<SampledFrame> {
    this.#ticks ??= await packetTimes(this.#probe);
    yield* picturesWithFfmpeg(this.#probe, indices, this.#ticks, this.#stop(signal));
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error(`${this.#probe.info.file} is closed.`));
  }

  #stop(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }
}

/** Reads videos with mediabunny and the npm decoder: mp4, mov, mkv and webm with H.264, HEVC, VP8, VP9 or AV1. */

import type { SampledFrame, SampleOptions, Sampling, VideoInfo, VideoReader } from "../video.ts";
import { openTrack } from "./open.ts";
import { picturesWithWebCodecs } from "./pictures.ts";
import { sampleWithWebCodecs } from "./sample.ts";
import type { PictureTrack } from "./track.ts";

/** Throws InputError for whatever mediabunny finds no pictures in that the npm decoder knows. */
export async function openWithWebCodecs(file: string): Promise<VideoReader> {
  return new WebCodecsReader(await openTrack(file));
}

class WebCodecsReader implements VideoReader {
  readonly decoder = "webcodecs";
  readonly notes: string[] = [];
  readonly #track: PictureTrack;

  constructor(track: PictureTrack) {
    this.#track = track;
  }

  get declared(): VideoInfo {
    return this.#track.info;
  }

  sample(options: SampleOptions): Sampling {
    return sampleWithWebCodecs(this.#track, options, (sentence) => void this.notes.push(sentence));
  }

  pictures(indices: readonly number[], signal?: AbortSignal): AsyncIterable<SampledFrame> {
    return picturesWithWebCodecs(this.#track, indices, signal);
  }

  async close(): Promise<void> {
    this.#track.dispose();
  }
}

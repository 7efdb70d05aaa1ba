/** Reads videos with mediabunny and the npm decoder: mp4, mov, mkv and webm with H.264, HEVC, VP8, VP9 or AV1. */

import { extname } from "node:path";
import type { Input, InputVideoTrack } from "mediabunny";
import { InputError } from "../../graph/errors.ts";
import { beginsLikeMp4, cutBeforeIndex } from "./mp4-start.ts";
import type { Rotation, SampledFrame, SampleOptions, Sampling, VideoInfo, VideoReader } from "./video.ts";
import { keepAlive, loadMediabunny } from "./webcodecs-load.ts";
import { picturesWithWebCodecs } from "./webcodecs-pictures.ts";
import { sampleWithWebCodecs } from "./webcodecs-sample.ts";
import { PictureTrack } from "./webcodecs-track.ts";

/** Throws InputError for whatever mediabunny finds no pictures in that the npm decoder knows. */
export async function openWithWebCodecs(file: string): Promise<VideoReader> {
  const mediabunny = await loadMediabunny();
  const alive = keepAlive();
  const input = new mediabunny.Input({
    formats: mediabunny.ALL_FORMATS,
    source: new mediabunny.FilePathSource(file),
  });
  try {
    const track = await findTrack(input, file);
    return new WebCodecsReader(
      new PictureTrack(mediabunny, input, track, await describe(input, track, file)),
    );
  } catch (error) {
    input.dispose();
    throw error instanceof InputError ? error : unreadable(file, error as Error);
  } finally {
    alive.release();
  }
}

async function findTrack(input: Input, file: string): Promise<InputVideoTrack> {
  const track = await input.getPrimaryVideoTrack();
  if (track === null) {
    if ((await input.getTracks()).length === 0 && (await beginsLikeMp4(file))) throw cutBeforeIndex(file);
    throw new InputError(`Can't summarize ${file}: it has no picture track that the npm decoder knows.`);
  }
  if (!(await track.canDecode())) {
    const codec = (await track.getCodec()) ?? (await track.getInternalCodecId()) ?? "unknown";
    throw new InputError(
      `Can't decode ${file}: the npm decoder doesn't know its codec (${codec}); with ffmpeg installed it might be read.`,
    );
  }
  if (((await track.getColorSpace()).matrix as string) === "rgb") {
    throw new InputError(
      `Can't decode ${file}: the npm decoder can't decode RGB colors; ffmpeg, once installed, can.`,
    );
  }
  return track;
}

async function describe(input: Input, track: InputVideoTrack, file: string): Promise<VideoInfo> {
  const first = Math.max(0, await track.getFirstTimestamp());
  const duration = Math.max(0, (await track.computeDuration()) - first);
  const { averagePacketRate } = await track.computePacketStats(200);
  const codec = (await track.getCodec()) ?? "";
  return {
    file,
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    duration,
    frames: Math.round(duration * averagePacketRate),
    fps: averagePacketRate,
    codec: codec === "avc" ? "h264" : codec,
    rotation: (await track.getRotation()) as Rotation,
    audio: (await input.getPrimaryAudioTrack()) !== null,
  };
}

function unreadable(file: string, error: Error): InputError {
  const own = [".mp4", ".mov", ".mkv", ".webm", ".m4v"].includes(extname(file).toLowerCase());
  const hint = own ? "" : "; with ffmpeg installed it might be read";
  return new InputError(`Can't read ${file}: it is no mp4, mov, mkv or webm video${hint} (${error.message})`);
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

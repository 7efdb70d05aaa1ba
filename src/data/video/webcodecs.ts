/** Reads videos with mediabunny and the npm decoder: mp4, mov, mkv and webm with H.264, HEVC, VP8, VP9 or AV1. */

import { extname } from "node:path";
import type { Input, InputVideoTrack, VideoSample } from "mediabunny";
import { InputError } from "../../graph/errors.ts";
import { ChangeMeter } from "./change.ts";
import { FrameCopy } from "./frame-planes.ts";
import { toPicture, toThumbnail } from "./planes.ts";
import { endOf, GrowingFloats, instantsBefore, shownBy } from "./timeline.ts";
import type {
  Rotation,
  SampledFrame,
  SampleOptions,
  Sampling,
  Scan,
  VideoInfo,
  VideoReader,
} from "./video.ts";
import { FrameMemory, keepAlive, loadMediabunny } from "./webcodecs-load.ts";

export async function openWithWebCodecs(file: string): Promise<VideoReader> {
  const mediabunny = await loadMediabunny();
  const alive = keepAlive();
  const input = new mediabunny.Input({
    formats: mediabunny.ALL_FORMATS,
    source: new mediabunny.FilePathSource(file),
  });
  try {
    const track = await pictureTrack(input, file);
    return new WebCodecsReader(mediabunny, input, track, await describe(input, track, file));
  } catch (error) {
    input.dispose();
    throw error instanceof InputError ? error : unreadable(file, error as Error);
  } finally {
    alive.release();
  }
}

async function pictureTrack(input: Input, file: string): Promise<InputVideoTrack> {
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new InputError(`Can't summarize ${file}: it has no picture track.`);
  if (!(await track.canDecode())) {
    const codec = (await track.getCodec()) ?? (await track.getInternalCodecId()) ?? "unknown";
    throw new InputError(
      `Can't decode ${file}: the npm decoder doesn't know its codec (${codec}); ffmpeg, once installed, might.`,
    );
  }
  return track;
}

async function describe(input: Input, track: InputVideoTrack, file: string): Promise<VideoInfo> {
  const first = await track.getFirstTimestamp();
  const duration = Math.max(0, (await track.computeDuration()) - first);
  const { averagePacketRate } = await track.computePacketStats(200);
  return {
    file,
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    duration,
    frames: Math.round(duration * averagePacketRate),
    fps: averagePacketRate,
    codec: codecName((await track.getCodec()) ?? ""),
    rotation: (await track.getRotation()) as Rotation,
    audio: (await input.getPrimaryAudioTrack()) !== null,
  };
}

/** ffmpeg's names, so that both decoders describe a video alike. */
function codecName(codec: string): string {
  return codec === "avc" ? "h264" : codec;
}

function unreadable(file: string, error: Error): InputError {
  const hint = [".mp4", ".mov", ".mkv", ".webm", ".m4v"].includes(extname(file).toLowerCase())
    ? ""
    : "; ffmpeg, once installed, might read it";
  return new InputError(
    `Can't read ${file}: it is no mp4, mov, mkv or webm video (${error.message})${hint}.`,
  );
}

class WebCodecsReader implements VideoReader {
  readonly decoder = "webcodecs";
  readonly declared: VideoInfo;
  readonly notes: string[] = [];
  readonly #mediabunny: typeof import("mediabunny");
  readonly #input: Input;
  readonly #track: InputVideoTrack;

  constructor(
    mediabunny: typeof import("mediabunny"),
    input: Input,
    track: InputVideoTrack,
    declared: VideoInfo,
  ) {
    this.#mediabunny = mediabunny;
    this.#input = input;
    this.#track = track;
    this.declared = declared;
  }

  sample(options: SampleOptions): Sampling {
    const times = new GrowingFloats();
    const change = new GrowingFloats();
    const scan = (): Scan => ({
      times: times.view(),
      change: Float32Array.from(change.view()),
      keyframesOnly: options.keyframesOnly ?? false,
    });
    return { frames: this.#frames(options, times, change), scan, info: () => this.#info(times) };
  }

  #info(times: GrowingFloats): VideoInfo {
    if (times.length === 0) return this.declared;
    const duration = endOf(times.view(), 1 / (this.declared.fps || 25));
    return { ...this.declared, duration, frames: times.length, fps: times.length / duration };
  }

  async *#frames(
    options: SampleOptions,
    times: GrowingFloats,
    change: GrowingFloats,
  ): AsyncGenerator<SampledFrame> {
    const { fps, size, signal } = options;
    signal?.throwIfAborted();
    const meter = new ChangeMeter();
    const copies: [FrameCopy, FrameCopy] = [new FrameCopy(), new FrameCopy()];
    const memory = new FrameMemory();
    const alive = keepAlive();
    let first: number | undefined;
    let instants = 0;
    const picture = (index: number): SampledFrame => ({
      index,
      time: times.at(index),
      picture: toPicture(copies[index % 2].planes!, size, size, this.declared.rotation),
    });
    try {
      for await (const frame of this.#decode()) {
        first ??= frame.timestamp;
        const time = frame.timestamp - first;
        const index = times.length;
        for (; index > 0 && !shownBy(time, instants / fps); instants++) yield picture(index - 1);
        memory.add(await copies[index % 2].take(frame));
        frame.close();
        signal?.throwIfAborted();
        change.push(meter.next(toThumbnail(copies[index % 2].planes!)));
        times.push(time);
        options.onProgress?.(time);
      }
      const end = endOf(times.view(), 1 / (this.declared.fps || 25));
      for (; instants < instantsBefore(end, fps); instants++) yield picture(times.length - 1);
    } finally {
      alive.release();
    }
  }

  #decode(): AsyncGenerator<VideoSample> {
    return new this.#mediabunny.VideoSampleSink(this.#track).samples();
  }

  async *pictures(indices: readonly number[], signal?: AbortSignal): AsyncGenerator<SampledFrame> {
    const wanted = new Set(indices);
    const copy = new FrameCopy();
    const memory = new FrameMemory();
    const alive = keepAlive();
    const { width, height, rotation } = this.declared;
    const [across, down] = rotation % 180 === 0 ? [width, height] : [height, width];
    let index = 0;
    let first: number | undefined;
    try {
      for await (const frame of this.#decode()) {
        signal?.throwIfAborted();
        first ??= frame.timestamp;
        if (wanted.has(index)) {
          memory.add(await copy.take(frame));
          const picture = toPicture(copy.planes!, across, down, rotation);
          yield { index, time: frame.timestamp - first, picture };
          wanted.delete(index);
        } else memory.add(frame.allocationSize());
        frame.close();
        index++;
        if (wanted.size === 0) break;
      }
    } finally {
      alive.release();
    }
  }

  async close(): Promise<void> {
    this.#input.dispose();
  }
}

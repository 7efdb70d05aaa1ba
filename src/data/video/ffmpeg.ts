/** Reads videos with the system's ffmpeg: one child process decodes once and gives pictures, thumbnails and times. */

import { InputError } from "../../graph/errors.ts";
import { ChangeMeter, thumbnailHeight, thumbnailSize, thumbnailWidth } from "./change.ts";
import { type Probe, probe } from "./ffmpeg-probe.ts";
import { passthrough, pieces, startFfmpeg } from "./ffmpeg-process.ts";
import { endOf, frameAt, GrowingFloats, instantsBefore } from "./timeline.ts";
import type {
  Rotation,
  SampledFrame,
  SampleOptions,
  Sampling,
  Scan,
  VideoInfo,
  VideoReader,
} from "./video.ts";

export { ffmpegVersion } from "./ffmpeg-process.ts";

export async function openWithFfmpeg(file: string): Promise<VideoReader> {
  return new FfmpegReader(await probe(file));
}

class FfmpegReader implements VideoReader {
  readonly decoder = "ffmpeg";
  readonly notes: string[] = [];
  readonly #probe: Probe;
  readonly #running = new Set<{ kill(): void }>();

  constructor(probed: Probe) {
    this.#probe = probed;
  }

  get declared(): VideoInfo {
    return this.#probe.info;
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
    const { info } = this.#probe;
    if (times.length === 0) return info;
    const duration = endOf(times.view(), 1 / (info.fps || 25));
    return { ...info, duration, frames: times.length, fps: times.length / duration };
  }

  async *#frames(
    options: SampleOptions,
    times: GrowingFloats,
    change: GrowingFloats,
  ): AsyncGenerator<SampledFrame> {
    const { fps, size, signal } = options;
    signal?.throwIfAborted();
    const news = new News();
    const { numerator, denominator } = this.#probe.timeBase;
    let first: number | undefined;
    const run = startFfmpeg(await this.#samplingArguments(options), 3, (line) => {
      const pts = /\bpts:\s*(-?\d+)/.exec(line)?.[1];
      if (pts === undefined || !line.includes("pts_time:")) return;
      first ??= Number(pts);
      times.push(((Number(pts) - first) * numerator) / denominator);
      news.tell();
    });
    const stop = () => run.kill();
    signal?.addEventListener("abort", stop);
    this.#running.add(run);
    const meter = new ChangeMeter();
    const measuring = measureAll(pieces(run.pipe(3), thumbnailSize), meter, change);
    const queue: Uint8Array[] = [];
    const filling = fill(queue, pieces(run.pipe(1), size * size * 3), news);
    let ended = false;
    const ending = Promise.all([run.end, measuring, filling]).then(([end]) => {
      ended = true;
      news.tell();
      return end;
    });
    try {
      let last: Uint8Array | undefined;
      for (let k = 0; ; k++) {
        const instant = k / fps;
        while (!ended && (queue.length === 0 || !(times.at(times.length - 1) > instant))) await news.next();
        signal?.throwIfAborted();
        if (ended && k >= instantsBefore(endOf(times.view(), 1 / (this.#probe.info.fps || 25)), fps)) break;
        const data = queue.shift() ?? last;
        if (data === undefined) break;
        last = data;
        news.tell();
        const index = frameAt(times.view(), instant);
        options.onProgress?.(instant);
        yield { index, time: times.at(index), picture: { width: size, height: size, data } };
      }
      const { errors } = await ending;
      if (times.length === 0)
        throw new InputError(`Can't decode ${this.#probe.info.file}: ${errors[0] ?? "no frames"}.`);
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#running.delete(run);
      run.kill();
    }
  }

  async #samplingArguments({ fps, size, keyframesOnly }: SampleOptions): Promise<string[]> {
    const { info, stream } = this.#probe;
    const every = await passthrough();
    const picture = `fps=${fps}:round=up,${this.#toRgb(size, size)}${turn(info.rotation)}`;
    const thumbnail = `scale=${thumbnailWidth}:${thumbnailHeight}:flags=neighbor,format=yuv420p,showinfo=checksum=0`;
    return [
      ...(keyframesOnly ? ["-skip_frame", "nokey"] : []),
      ...["-noautorotate", "-i", info.file, "-filter_complex"],
      `[0:${stream}]setpts=PTS-STARTPTS,split[a][b];[a]${picture}[picture];[b]${thumbnail}[thumbnail]`,
      ...["-map", "[picture]", ...every, "-f", "rawvideo", "pipe:1"],
      ...["-map", "[thumbnail]", ...every, "-f", "rawvideo", "pipe:3"],
    ];
  }

  #toRgb(width: number, height: number): string {
    const { matrix, fullRange } = this.#probe;
    const source = matrix === "rgb" ? "" : `:in_color_matrix=${matrix}:in_range=${fullRange ? "pc" : "tv"}`;
    return `scale=${width}:${height}:flags=area+accurate_rnd+full_chroma_int${source},format=rgb24`;
  }

  async *pictures(indices: readonly number[], signal?: AbortSignal): AsyncGenerator<SampledFrame> {
    if (indices.length === 0) return;
    const { info, stream, timeBase } = this.#probe;
    const pts: number[] = [];
    let first: number | undefined;
    const upright = turn(info.rotation);
    const [width, height] = info.rotation % 180 === 0 ? [info.width, info.height] : [info.height, info.width];
    const chosen = indices.map((index) => `eq(n,${index})`).join("+");
    const graph = `[0:${stream}]setpts=PTS-STARTPTS,select='${chosen}',showinfo=checksum=0,${this.#toRgb(width, height)}${upright}[o]`;
    const run = startFfmpeg(
      [
        "-noautorotate",
        "-i",
        info.file,
        "-filter_complex",
        graph,
        "-map",
        "[o]",
        ...(await passthrough()),
      ].concat("-frames:v", String(indices.length), "-f", "rawvideo", "pipe:1"),
      1,
      (line) => {
        const value = /\bpts:\s*(-?\d+)/.exec(line)?.[1];
        if (value !== undefined && line.includes("pts_time:")) pts.push(Number(value));
      },
    );
    first ??= 0;
    this.#running.add(run);
    const stop = () => run.kill();
    signal?.addEventListener("abort", stop);
    try {
      let i = 0;
      for await (const data of pieces(run.pipe(1), info.width * info.height * 3)) {
        while (pts.length <= i) await new Promise((resolve) => setTimeout(resolve, 1));
        const time = ((pts[i] - first) * timeBase.numerator) / timeBase.denominator;
        yield { index: indices[i++], time, picture: { width: info.width, height: info.height, data } };
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#running.delete(run);
      run.kill();
    }
    signal?.throwIfAborted();
  }

  async close(): Promise<void> {
    for (const run of this.#running) run.kill();
  }
}

/** Turns pictures upright after scaling, when there are fewer pixels to move. */
function turn(rotation: Rotation): string {
  return { 0: "", 90: ",transpose=clock", 180: ",hflip,vflip", 270: ",transpose=cclock" }[rotation];
}

/** Wakes whoever waits for something to have changed. */
class News {
  #wake = () => {};
  #changed: Promise<void>;

  constructor() {
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  tell(): void {
    this.#wake();
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  next(): Promise<void> {
    return this.#changed;
  }
}

async function measureAll(thumbnails: AsyncIterable<Uint8Array>, meter: ChangeMeter, change: GrowingFloats) {
  for await (const thumbnail of thumbnails) change.push(meter.next(thumbnail));
}

/** More pictures than this wait in ffmpeg, not here. */
const queueLimit = 64;

async function fill(queue: Uint8Array[], pictures: AsyncIterable<Uint8Array>, news: News) {
  for await (const picture of pictures) {
    queue.push(picture);
    news.tell();
    while (queue.length >= queueLimit) await news.next();
  }
}

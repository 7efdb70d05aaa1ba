/** One pass by ffmpeg: it decodes once and gives sampled pictures, a thumbnail of every frame, and their times. */

import { createInterface } from "node:readline";
import { InputError } from "../../../graph/errors.ts";
import { ChangeMeter, thumbnailHeight, thumbnailSize, thumbnailWidth } from "../change.ts";
import { FrameLog } from "../frame-log.ts";
import { News } from "../news.ts";
import { clean, GrowingFloats, Instants, Periods } from "../timeline.ts";
import type { SampledFrame, SampleOptions, Sampling } from "../video.ts";
import { toRgb, turnUpright } from "./filters.ts";
import { type Probe, packetTimes } from "./probe.ts";
import { asFile, type FfmpegRun, passthrough, pieces, startFfmpeg } from "./process.ts";

interface Listener {
  signal: AbortSignal;
  note(sentence: string): void;
  /** Told all frames' times, in ticks, at the end. */
  ticks(ticks: Float64Array): void;
}

export function sampleWithFfmpeg(probe: Probe, options: SampleOptions, listener: Listener): Sampling {
  let log = new FrameLog(probe.info);
  async function* frames(): AsyncGenerator<SampledFrame> {
    const known = options.keyframesOnly ? await packetTimes(probe) : undefined;
    const pass = new Pass(probe, options, listener, known);
    log = pass.log;
    yield* pass.frames();
  }
  return { frames: frames(), scan: () => log.scan(), info: () => log.info() };
}

/** More pictures than this wait in ffmpeg, not here. */
const queueLimit = 64;

class Pass {
  readonly log: FrameLog;
  readonly #probe: Probe;
  readonly #options: SampleOptions;
  readonly #listener: Listener;
  readonly #known: Float64Array | undefined;
  readonly #ticks = new GrowingFloats();
  readonly #instants: Instants;
  readonly #periods: Periods;
  /** Which frames the pictures show, in the order in which ffmpeg sends them. */
  readonly #shown: number[] = [];
  readonly #queue: Uint8Array[] = [];
  readonly #news = new News();

  constructor(probe: Probe, options: SampleOptions, listener: Listener, known: Float64Array | undefined) {
    this.#probe = probe;
    this.#options = options;
    this.#listener = listener;
    this.#known = known;
    this.#instants = new Instants(options.fps);
    this.#periods = new Periods(options.fps);
    const times = known?.map((ticks) => clean(this.#seconds(ticks - known[0])));
    this.log = new FrameLog(probe.info, times);
  }

  async *frames(): AsyncGenerator<SampledFrame> {
    const { signal } = this.#listener;
    const { size, onProgress } = this.#options;
    signal.throwIfAborted();
    const run = startFfmpeg(await this.#arguments(), 4);
    const stop = () => run.kill();
    signal.addEventListener("abort", stop);
    let ended = false;
    const ending = this.#drain(run).finally(() => {
      ended = true;
      this.#news.tell();
    });
    ending.catch(() => {});
    try {
      let data: Uint8Array | undefined;
      for (let i = 0; ; i++) {
        while (!ended && (this.#shown.length <= i || this.#queue.length === 0)) await this.#news.next();
        signal.throwIfAborted();
        if (ended) await ending;
        if (i >= this.#shown.length) break;
        data = this.#queue.shift() ?? data;
        if (data === undefined) break;
        this.#news.tell();
        const index = this.#shown[i];
        const time = this.log.timeOf(index);
        onProgress?.(time);
        yield { index, time, picture: { width: size, height: size, data } };
      }
    } finally {
      signal.removeEventListener("abort", stop);
      run.kill();
    }
  }

  /** Reads all that ffmpeg sends, and settles the end. */
  async #drain(run: FfmpegRun): Promise<void> {
    const { size } = this.#options;
    const [{ errors }] = await Promise.all([
      run.end,
      this.#measure(pieces(run.pipe(3), thumbnailSize)),
      this.#fill(pieces(run.pipe(1), 3 * size * size)),
      this.#readTimes(createInterface({ input: run.pipe(4) })),
    ]);
    const { file } = this.#probe.info;
    if (this.log.decoded === 0) {
      throw new InputError(`Can't decode the pictures of ${file}: ${errors.at(0) ?? "ffmpeg found none"}.`);
    }
    if (this.#known === undefined) this.#show(this.log.decoded - 1, this.#instants.before(this.log.end));
    this.#listener.ticks(this.#known ?? this.#ticks.view());
    const missing = this.log.missingEnd();
    if (missing !== undefined) this.#listener.note(missing);
    else if (errors.length > 0) {
      this.#listener.note(`Parts of the video are damaged, and their pictures may be too (${errors[0]}).`);
    }
  }

  /** Reads ffmpeg's list of frames: stream, decoding time, time shown, and more, between commas. */
  async #readTimes(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      if (!line.startsWith("#")) this.#addFrame(Number(line.split(",", 3)[2]));
    }
  }

  #addFrame(ticks: number): void {
    this.#ticks.push(ticks);
    const first = this.#known?.[0] ?? this.#ticks.view()[0];
    const time = this.#seconds(ticks - first);
    const index = this.log.add(time);
    if (this.#known === undefined) this.#show(index - 1, this.#instants.before(time));
    else if (this.#periods.opensWith(time)) this.#show(index, 1);
    this.#news.tell();
  }

  #show(index: number, times: number): void {
    for (let i = 0; i < times; i++) this.#shown.push(index);
  }

  #seconds(ticks: number): number {
    const { numerator, denominator } = this.#probe.timeBase;
    return (ticks * numerator) / denominator;
  }

  async #measure(thumbnails: AsyncIterable<Uint8Array>): Promise<void> {
    const meter = new ChangeMeter();
    for await (const thumbnail of thumbnails) this.log.addChange(meter.next(thumbnail));
  }

  async #fill(pictures: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const picture of pictures) {
      this.#queue.push(picture);
      this.#news.tell();
      while (this.#queue.length >= queueLimit) await this.#news.next();
    }
  }

  async #arguments(): Promise<string[]> {
    const { info, stream, timeBase } = this.#probe;
    const { fps, size } = this.#options;
    const every = await passthrough();
    // The last frame is repeated for two periods, so that it reaches the sampling instants that lie within it.
    const instants = `setpts=PTS-STARTPTS,tpad=stop_mode=clone:stop_duration=${2 / fps},fps=${fps}:round=up`;
    const period = (time: string) => `floor(${time}*${fps}+1e-6)`;
    const firstOfPeriod = `setpts=PTS-(${this.#known?.[0]}),select='isnan(prev_selected_t)+gt(${period("t")},${period("prev_selected_t")})'`;
    const picture = `${this.#known ? firstOfPeriod : instants},${toRgb(this.#probe, size, size)}${turnUpright(info.rotation)}`;
    const thumbnail = `scale=${thumbnailWidth}:${thumbnailHeight}:flags=neighbor,format=yuv420p`;
    const exact = [...every, "-enc_time_base", `${timeBase.numerator}:${timeBase.denominator}`];
    return [
      ...["-loglevel", "level+error", ...(this.#known ? ["-skip_frame", "nokey"] : [])],
      // Pictures this small cost more to hand to several threads than to scale.
      ...[
        "-filter_complex_threads",
        "1",
        "-noautorotate",
        "-copyts",
        "-i",
        asFile(info.file),
        "-filter_complex",
      ],
      `[0:${stream}]split[a][b];[a]${picture}[picture];[b]${thumbnail},split[thumbnail][list]`,
      ...["-map", "[picture]", ...every, "-f", "rawvideo", "pipe:1"],
      ...["-map", "[thumbnail]", ...exact, "-f", "rawvideo", "pipe:3"],
      ...["-map", "[list]", ...exact, "-flush_packets", "1", "-f", "framecrc", "pipe:4"],
    ];
  }
}

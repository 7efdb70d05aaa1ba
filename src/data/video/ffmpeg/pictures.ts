/** Fetches single frames by ffmpeg, which seeks to the key frame before each and decodes from there. */

import { InputError } from "../../../graph/errors.ts";
import { News } from "../news.ts";
import { clean } from "../timeline.ts";
import type { Picture, SampledFrame } from "../video.ts";
import { timestampIn, toRgb, turnUpright } from "./filters.ts";
import type { Probe } from "./probe.ts";
import { asFile, passthrough, pieces, startFfmpeg } from "./process.ts";

/** Frames this near, in seconds, come from one run, which decodes what lies between them. */
const near = 8;

/** Seeking is asked to find what begins this much earlier, in seconds, so that rounding loses no frame. */
const early = 0.0004;

/** `ticks`: all frames' times on the track's clock. */
export async function* picturesWithFfmpeg(
  probe: Probe,
  indices: readonly number[],
  ticks: Float64Array,
  signal: AbortSignal,
): AsyncGenerator<SampledFrame> {
  const { numerator, denominator } = probe.timeBase;
  const clock = (index: number) => (ticks[index] * numerator) / denominator;
  const time = (index: number) => clean(clock(index) - clock(0));
  for (const group of groups(indices, clock)) {
    let found = 0;
    for await (const { picture, seconds } of decode(
      probe,
      bySeeking(probe, group.map(clock)),
      group.length,
      signal,
    )) {
      const index = group[found];
      // Some containers seek badly, and a frame is missing here.
      if (Math.abs(seconds - clock(index)) > slack(probe)) break;
      found++;
      yield { index, time: time(index), picture };
    }
    const rest = group.slice(found);
    if (rest.length === 0) continue;
    found = 0;
    for await (const { picture } of decode(probe, byCounting(rest), rest.length, signal)) {
      const index = rest[found++];
      yield { index, time: time(index), picture };
    }
    if (found < rest.length)
      throw new InputError(`Can't decode frame ${rest[found]} of ${probe.info.file} again.`);
  }
}

function groups(indices: readonly number[], clock: (index: number) => number): number[][] {
  const result: number[][] = [];
  for (const index of indices) {
    const group = result.at(-1);
    if (group !== undefined && clock(index) - clock(group.at(-1)!) <= near) group.push(index);
    else result.push([index]);
  }
  return result;
}

/** How far off a frame's time may be after ffmpeg has rounded it to the track's clock, in seconds. */
function slack({ timeBase }: Probe): number {
  return Math.max(2 * early, (0.75 * timeBase.numerator) / timeBase.denominator);
}

interface Search {
  input: string[];
  /** The `select` filter's expression. */
  chosen: string;
  /** What to add to the filter's times to get the file's, in seconds. */
  offset: number;
}

function bySeeking(probe: Probe, clocks: readonly number[]): Search {
  const from = Math.max(0, clocks[0] - probe.start - early);
  const offset = probe.start + from;
  const length = ["-t", (clocks.at(-1)! - clocks[0] + 1).toFixed(6)];
  return {
    input: from > 0 ? ["-ss", from.toFixed(6), ...length] : length,
    chosen: clocks.map((clock) => `lt(abs(t-${(clock - offset).toFixed(6)}),${slack(probe)})`).join("+"),
    offset,
  };
}

function byCounting(indices: readonly number[]): Search {
  return { input: [], chosen: indices.map((index) => `eq(n,${index})`).join("+"), offset: 0 };
}

async function* decode(
  probe: Probe,
  { input, chosen, offset }: Search,
  count: number,
  signal: AbortSignal,
): AsyncGenerator<{ picture: Picture; seconds: number }> {
  signal.throwIfAborted();
  const { file, width, height, rotation } = probe.info;
  const { numerator, denominator } = probe.timeBase;
  const [across, down] = rotation % 180 === 0 ? [width, height] : [height, width];
  const toPicture = `showinfo,${toRgb(probe, across, down)}${turnUpright(rotation)}`;
  const seconds: number[] = [];
  const news = new News();
  const run = startFfmpeg(
    [
      ...["-loglevel", "level+info", "-noautorotate", ...input, "-i", asFile(file), "-filter_complex"],
      ...[`[0:${probe.stream}]select='${chosen}',${toPicture}[picture]`, "-map", "[picture]"],
      ...[...(await passthrough()), "-frames:v", String(count), "-f", "rawvideo", "pipe:1"],
    ],
    1,
    (line) => {
      const ticks = timestampIn(line);
      if (ticks !== undefined) seconds.push((ticks * numerator) / denominator + offset);
      news.tell();
    },
  );
  const stop = () => run.kill();
  signal.addEventListener("abort", stop);
  try {
    let next = 0;
    for await (const data of pieces(run.pipe(1), 3 * width * height)) {
      while (seconds.length <= next) await Promise.race([news.next(), run.end]);
      yield { picture: { width, height, data }, seconds: seconds[next++] };
    }
    await run.end;
  } finally {
    signal.removeEventListener("abort", stop);
    run.kill();
  }
  signal.throwIfAborted();
}

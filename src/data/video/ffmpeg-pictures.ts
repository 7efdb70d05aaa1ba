/** Fetches single frames by ffmpeg, which seeks to the key frame before each and decodes from there. */

import { InputError } from "../../graph/errors.ts";
import { toRgb, turnUpright } from "./ffmpeg-filters.ts";
import type { Probe } from "./ffmpeg-probe.ts";
import { passthrough, pieces, startFfmpeg } from "./ffmpeg-process.ts";
import { clean } from "./timeline.ts";
import type { Picture, SampledFrame } from "./video.ts";

/** Frames this near, in seconds, come from one run, which decodes what lies between them. */
const near = 8;

/** Frames begin at their exact times: looking this much earlier, in seconds, finds them whatever is rounded. */
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
  for (const group of groups(indices, clock)) {
    let next = 0;
    const toFrame = (picture: Picture): SampledFrame => {
      const index = group[next++];
      return { index, time: clean(clock(index) - clock(0)), picture };
    };
    for await (const picture of decode(probe, bySeeking(probe, group.map(clock)), group.length, signal)) {
      yield toFrame(picture);
    }
    if (next === group.length) continue;
    // Some containers seek badly: count the frames from the start instead.
    const left = group.slice(next);
    for await (const picture of decode(probe, byCounting(left), left.length, signal)) yield toFrame(picture);
    if (next < group.length) {
      throw new InputError(`Can't decode frame ${group[next]} of ${probe.info.file} a second time.`);
    }
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

interface Search {
  input: string[];
  /** The `select` filter's expression. */
  chosen: string;
}

function bySeeking(probe: Probe, clocks: readonly number[]): Search {
  const from = Math.max(0, clocks[0] - probe.start - early);
  const offset = probe.start + from;
  const length = clocks.at(-1)! - clocks[0] + 1;
  return {
    input: from > 0 ? ["-ss", from.toFixed(6), "-t", length.toFixed(6)] : ["-t", length.toFixed(6)],
    chosen: clocks.map((clock) => `lt(abs(t-${(clock - offset).toFixed(6)}),${early})`).join("+"),
  };
}

function byCounting(indices: readonly number[]): Search {
  return { input: [], chosen: indices.map((index) => `eq(n,${index})`).join("+") };
}

async function* decode(
  probe: Probe,
  { input, chosen }: Search,
  count: number,
  signal: AbortSignal,
): AsyncGenerator<Picture> {
  signal.throwIfAborted();
  const { file, width, height, rotation } = probe.info;
  const [across, down] = rotation % 180 === 0 ? [width, height] : [height, width];
  const graph = `[0:${probe.stream}]select='${chosen}',${toRgb(probe, across, down)}${turnUpright(rotation)}[picture]`;
  const run = startFfmpeg(
    [
      ...["-noautorotate", ...input, "-i", file, "-filter_complex", graph, "-map", "[picture]"],
      ...[...(await passthrough()), "-frames:v", String(count), "-f", "rawvideo", "pipe:1"],
    ],
    1,
    () => {},
  );
  const stop = () => run.kill();
  signal.addEventListener("abort", stop);
  try {
    for await (const data of pieces(run.pipe(1), 3 * width * height)) yield { width, height, data };
    await run.end;
  } finally {
    signal.removeEventListener("abort", stop);
    run.kill();
  }
  signal.throwIfAborted();
}

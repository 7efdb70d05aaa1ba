import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { beepsHeard, numberShown, steady, writeClip } from "../../../../test/clips.ts";
import { runToEnd } from "../ffmpeg/process.ts";
import { ffmpegVersion } from "../ffmpeg/reader.ts";
import { openVideo } from "../open.ts";
import type { VideoReader } from "../video.ts";
import { type Segment, skimSize } from "./skim.ts";
import { writeSkim } from "./write.ts";

const folder = mkdtempSync(join(tmpdir(), "gatefold-skim-test-"));
const clip = (name: string) => join(folder, name);
const hasFfmpeg = (await ffmpegVersion()) !== undefined;
const decoders = hasFfmpeg ? (["ffmpeg", "webcodecs"] as const) : (["webcodecs"] as const);
const irregular = [0, 0.04, 0.08, 0.5, 0.54, 0.9, 1.3, 1.31, 1.32, 2, 2.04, 3.5];

beforeAll(async () => {
  await writeClip(clip("beeps.mp4"), { times: steady(100, 25), beeps: [10, 32, 60, 81] });
  await writeClip(clip("seconds.mp4"), {
    times: steady(100, 25),
    beeps: [10, 32, 60, 81],
    keyframeInterval: 1,
  });
  await writeClip(clip("silent.webm"), { times: steady(60, 30) });
  await writeClip(clip("irregular.mp4"), { times: irregular, sound: true });
  await writeClip(clip("turned.mp4"), { times: steady(20, 25), rotation: 90 });
  await writeClip(clip("late.mp4"), { times: steady(40, 25).map((time) => time + 1.2) });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Segments of these frames, from `start` up to but not with `end`. */
function segmentsOf(
  times: readonly number[],
  end: number,
  ranges: readonly (readonly [number, number])[],
): Segment[] {
  return ranges.map(([startFrame, endFrame]) => ({
    ...{ startFrame, endFrame, startTime: times[startFrame] },
    endTime: times[endFrame] ?? end,
  }));
}

/** Numbers shown and times of all frames of a file. */
async function contents(
  file: string,
  count: number,
): Promise<{ numbers: number[]; times: number[]; end: number }> {
  const reader = await openVideo(file, { decoder: "webcodecs" });
  const sampling = reader.sample({ fps: 1, size: 8 });
  for await (const _ of sampling.frames);
  const numbers: number[] = [];
  for await (const { picture } of reader.pictures([...Array(count).keys()]))
    numbers.push(numberShown(picture));
  await reader.close();
  return { numbers, times: [...sampling.scan().times], end: sampling.info().duration };
}

async function picturesOf(file: string, frames: readonly number[]): Promise<Buffer[]> {
  const reader = await openVideo(file, { decoder: "webcodecs" });
  const pictures: Buffer[] = [];
  for await (const { picture } of reader.pictures(frames)) pictures.push(Buffer.from(picture.data));
  await reader.close();
  return pictures;
}

async function skim(name: string, decoder: VideoReader["decoder"], segments: Segment[]) {
  const file = clip(`skim-${decoder}.mp4`);
  return { file, ...(await writeSkim({ source: clip(name), segments, file, decoder })) };
}

describe.each(decoders)("by %s", (decoder) => {
  test("a skim holds exactly the chosen frames, each for its time", async () => {
    const ranges = [
      [7, 20],
      [30, 31],
      [58, 70],
      [98, 100],
    ] as const;
    const { file, frames, notes } = await skim("beeps.mp4", decoder, segmentsOf(steady(100, 25), 4, ranges));
    expect({ frames, notes }).toEqual({ frames: 28, notes: [] });
    const { numbers, times } = await contents(file, 28);
    expect(numbers).toEqual(
      ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
    );
    expect(times).toHaveLength(28);
    times.forEach((time, i) => {
      expect(time).toBeCloseTo(i / 25, 3);
    });
  });

  test("its sound is in step to within 5 ms", async () => {
    const { file } = await skim(
      "beeps.mp4",
      decoder,
      segmentsOf(steady(100, 25), 4, [
        [7, 20],
        [30, 40],
        [58, 70],
      ]),
    );
    // Frames 10, 32 and 60 beep: the skim's frames 3, 15 and 25.
    const heard = await beepsHeard(file);
    expect(heard).toHaveLength(3);
    [3, 15, 25].forEach((frame, i) => {
      expect(Math.abs(heard[i] - frame / 25)).toBeLessThan(0.005);
    });
  });

  test("parts that begin with a key frame are copied: no picture changes, and sound stays in step", async () => {
    const ranges = [
      [25, 40],
      [75, 100],
    ] as const;
    const segments = segmentsOf(steady(100, 25), 4, ranges);
    const { file, frames, notes } = await skim("seconds.mp4", decoder, segments);
    expect({ frames, notes }).toEqual({ frames: 40, notes: [] });
    const { numbers, times } = await contents(file, 40);
    const expected = ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
    expect(numbers).toEqual(expected);
    times.forEach((time, i) => {
      expect(time).toBeCloseTo(i / 25, 3);
    });
    expect(await picturesOf(file, [3, 20])).toEqual(await picturesOf(clip("seconds.mp4"), [28, 80]));
    // Frames 32 and 81 beep: the skim's frames 7 and 21.
    const heard = await beepsHeard(file);
    expect(heard.map((time) => Math.round(25 * time))).toEqual([7, 21]);
  });

  test("irregular times stay irregular", async () => {
    const { file, frames } = await skim(
      "irregular.mp4",
      decoder,
      segmentsOf(irregular, 4.96, [
        [1, 4],
        [6, 10],
      ]),
    );
    expect(frames).toBe(7);
    const { numbers, times } = await contents(file, 7);
    expect(numbers).toEqual([1, 2, 3, 6, 7, 8, 9]);
    [0, 0.04, 0.46, 0.5, 0.51, 0.52, 1.2].forEach((time, i) => {
      expect(times[i]).toBeCloseTo(time, 3);
    });
  });

  test("a silent webm gives a silent mp4", async () => {
    const times = steady(60, 30).map((time) => Math.round(time * 1000) / 1000);
    const { file, notes } = await skim(
      "silent.webm",
      decoder,
      segmentsOf(times, 2, [
        [5, 15],
        [40, 45],
      ]),
    );
    expect(notes).toEqual([]);
    const reader = await openVideo(file, { decoder });
    expect(reader.declared).toMatchObject({ frames: 15, audio: false, codec: "h264" });
    await reader.close();
    expect((await contents(file, 15)).numbers).toEqual([
      5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 40, 41, 42, 43, 44,
    ]);
  });

  test("a video whose first frame comes late is cut at the right frames", async () => {
    const { file } = await skim(
      "late.mp4",
      decoder,
      segmentsOf(steady(40, 25), 1.6, [
        [12, 15],
        [38, 40],
      ]),
    );
    expect((await contents(file, 5)).numbers).toEqual([12, 13, 14, 38, 39]);
  });

  test("a turned video stays upright", async () => {
    const { file } = await skim("turned.mp4", decoder, segmentsOf(steady(20, 25), 0.8, [[3, 9]]));
    const reader = await openVideo(file, { decoder });
    expect(reader.declared).toMatchObject({ width: 96, height: 160, frames: 6 });
    for await (const { picture } of reader.pictures([0])) {
      // Red, the lower left of the coded picture, is now at the upper left.
      expect(picture.data[3 * (picture.width * 8 + 8)]).toBeGreaterThan(140);
    }
    await reader.close();
  });

  test("a skim that is given up throws the signal's error", async () => {
    const giveUp = new AbortController();
    const segments = segmentsOf(steady(100, 25), 4, [[1, 100]]); // from no key frame: to be encoded
    const options = {
      source: clip("beeps.mp4"),
      segments,
      file: clip("given-up.mp4"),
      decoder,
      signal: giveUp.signal,
    };
    setTimeout(() => giveUp.abort(), 30);
    await expect(writeSkim(options)).rejects.toMatchObject({ name: "AbortError" });
  });
});

test.skipIf(!hasFfmpeg)("sound that the npm decoder can't decode is left out, with a note", async () => {
  const tone = [
    "-f",
    "lavfi",
    "-i",
    "sine=duration=2",
    "-f",
    "lavfi",
    "-i",
    "testsrc=duration=2:size=96x64:rate=25",
  ];
  await runToEnd("ffmpeg", [
    "-v",
    "error",
    ...tone,
    "-c:a",
    "libvorbis",
    "-c:v",
    "libvpx",
    clip("vorbis.webm"),
  ]);
  const segments = segmentsOf(steady(50, 25), 2, [[5, 25]]);
  const { frames, notes } = await skim("vorbis.webm", "webcodecs", segments);
  expect(frames).toBe(20);
  expect(notes).toEqual([expect.stringMatching(/no sound.*vorbis.*ffmpeg/)]);
});

test("sides are even and at most those of 1080p", () => {
  expect(skimSize(853, 479)).toEqual({ width: 854, height: 480 });
  expect(skimSize(3840, 2160)).toEqual({ width: 1920, height: 1080 });
  expect(skimSize(1080, 1920)).toEqual({ width: 1080, height: 1920 });
  expect(skimSize(4000, 500)).toEqual({ width: 1920, height: 240 });
  expect(skimSize(1, 1)).toEqual({ width: 2, height: 2 });
});

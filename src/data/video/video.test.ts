import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cornerColors,
  damage,
  numberShown,
  steady,
  truncate,
  withoutIndex,
  writeClip,
  writeSoundOnly,
} from "../../../test/clips.ts";
import { ffmpegVersion } from "./ffmpeg/reader.ts";
import { openVideo } from "./open.ts";
import type { Rotation, SampledFrame, SampleOptions, VideoReader } from "./video.ts";

const folder = mkdtempSync(join(tmpdir(), "gatefold-video-"));
const clip = (name: string) => join(folder, name);
const hasFfmpeg = (await ffmpegVersion()) !== undefined;
const decoders = hasFfmpeg ? (["ffmpeg", "webcodecs"] as const) : (["webcodecs"] as const);
const irregular = [0, 0.04, 0.08, 0.5, 0.54, 0.9, 1.3, 1.31, 1.32, 2, 2.04, 3.5];

beforeAll(async () => {
  await writeClip(clip("one.mp4"), { times: [0] });
  await writeClip(clip("three.mp4"), { times: steady(3, 25) });
  await writeClip(clip("gray.mp4"), { times: steady(30, 25), gray: 90 });
  await writeClip(clip("plain.mp4"), { times: steady(75, 25), sound: true });
  await writeClip(clip("plain.webm"), { times: steady(60, 30) });
  await writeClip(clip("irregular.mp4"), { times: irregular });
  await writeClip(clip("irregular.webm"), { times: irregular });
  await writeClip(clip("late.mp4"), { times: steady(40, 25).map((time) => time + 1.2) });
  for (const rotation of [90, 180, 270] as const) {
    await writeClip(clip(`turned${rotation}.mp4`), { times: steady(5, 25), rotation });
  }
  await writeSoundOnly(clip("sound.mp4"));
  await truncate(clip("plain.mp4"), clip("cut.mp4"), 0.6);
  await damage(clip("plain.mp4"), clip("damaged.mp4"), 1.2, 1.6);
  await withoutIndex(clip("plain.mp4"), clip("no-index.mp4"));
  writeFileSync(clip("text.mp4"), "This is no video.\n".repeat(50));
  writeFileSync(clip("empty.mp4"), "");
  writeFileSync(clip("notes.avi"), "Neither is this.\n".repeat(50));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Samples a whole video; 5 pictures a second of 200 × 200 pixels unless told otherwise. */
async function read(file: string, decoder: VideoReader["decoder"], options: Partial<SampleOptions> = {}) {
  const reader = await openVideo(file, { decoder });
  try {
    const sampling = reader.sample({ fps: 5, size: 200, ...options });
    const frames: SampledFrame[] = [];
    for await (const frame of sampling.frames) frames.push(frame);
    return {
      frames,
      scan: sampling.scan(),
      info: sampling.info(),
      notes: reader.notes,
      declared: reader.declared,
    };
  } finally {
    await reader.close();
  }
}

describe.each(decoders)("by %s", (decoder) => {
  test.each([
    "plain.mp4",
    "plain.webm",
    "irregular.mp4",
    "irregular.webm",
    "late.mp4",
    "one.mp4",
    "three.mp4",
  ])(
    "%s: each sampled picture shows the frame that its index names, and the frame on screen then",
    async (name) => {
      const { frames, scan, info } = await read(clip(name), decoder);
      expect(scan.times).toHaveLength(info.frames);
      for (const [k, { index, time, picture }] of frames.entries()) {
        expect(numberShown(picture)).toBe(index);
        expect(time).toBe(scan.times[index]);
        expect(time).toBeLessThanOrEqual(k / 5 + 1e-6);
        if (index + 1 < info.frames) expect(scan.times[index + 1]).toBeGreaterThan(k / 5);
      }
      expect(frames).toHaveLength(Math.ceil(info.duration * 5 - 1e-6));
    },
  );

  test.each([
    ["plain.mp4", steady(75, 25)],
    ["plain.webm", steady(60, 30).map((time) => Math.round(time * 1000) / 1000)],
    ["irregular.mp4", irregular],
    ["irregular.webm", irregular],
    ["late.mp4", steady(40, 25)],
  ])("%s: times are the container's, from the first frame on", async (name, times) => {
    const { scan } = await read(clip(name), decoder);
    expect(scan.times).toHaveLength(times.length);
    times.forEach((time, i) => {
      expect(scan.times[i]).toBeCloseTo(time, 4);
    });
  });

  test("a video is described by what was decoded", async () => {
    const { info } = await read(clip("plain.mp4"), decoder);
    const size = { width: 160, height: 96, rotation: 0 };
    expect(info).toEqual({
      file: clip("plain.mp4"),
      ...size,
      duration: 3,
      frames: 75,
      fps: 25,
      codec: "h264",
      audio: true,
    });
    expect((await read(clip("one.mp4"), decoder)).info).toMatchObject({
      frames: 1,
      duration: 0.04,
      audio: false,
    });
    expect((await read(clip("irregular.webm"), decoder)).info).toMatchObject({
      frames: 12,
      codec: "vp9",
      duration: 4.96,
    });
  });

  test.each([90, 180, 270] as Rotation[])("a video turned by %i° comes upright", async (rotation) => {
    const reader = await openVideo(clip(`turned${rotation}.mp4`), { decoder });
    const shown = rotation === 180 ? { width: 160, height: 96 } : { width: 96, height: 160 };
    expect(reader.declared).toMatchObject({ ...shown, rotation });
    for await (const { picture } of reader.pictures([1])) {
      expect(picture).toMatchObject(shown);
      // The coded picture's lower third is red on its left and blue on its right.
      const { width, height, data } = picture;
      const at = (x: number, y: number) => [
        ...data
          .subarray(3 * (Math.round(y * (height - 1)) * width + Math.round(x * (width - 1))))
          .subarray(0, 3),
      ];
      const [red, blue] = {
        0: [],
        90: [at(0.1, 0.1), at(0.1, 0.9)],
        180: [at(0.9, 0.1), at(0.1, 0.1)],
        270: [at(0.9, 0.9), at(0.9, 0.1)],
      }[rotation];
      expect(red[0]).toBeGreaterThan(red[2] + 100);
      expect(blue[2]).toBeGreaterThan(blue[0] + 100);
    }
    await reader.close();
  });

  test("colors come out as they went in", async () => {
    const { frames } = await read(clip("plain.mp4"), decoder);
    const { left, right } = cornerColors(frames[3].picture);
    [200, 0, 0].forEach((value, i) => {
      expect(Math.abs(left[i] - value)).toBeLessThan(12);
    });
    [0, 0, 200].forEach((value, i) => {
      expect(Math.abs(right[i] - value)).toBeLessThan(12);
    });
  });

  test.each(["plain.mp4", "plain.webm", "irregular.mp4", "irregular.webm", "late.mp4"])(
    "%s: pictures asked for by index are those frames, at full size, with or without a pass before",
    async (name) => {
      const reader = await openVideo(clip(name), { decoder });
      const asked = [0, 1, 7, 11];
      const before: SampledFrame[] = [];
      for await (const frame of reader.pictures(asked)) before.push(frame);
      const sampling = reader.sample({ fps: 1, size: 16 });
      for await (const _ of sampling.frames);
      const after: SampledFrame[] = [];
      for await (const frame of reader.pictures(asked)) after.push(frame);
      for (const found of [before, after]) {
        expect(found.map((frame) => frame.index)).toEqual(asked);
        expect(found.map((frame) => numberShown(frame.picture))).toEqual(asked);
        expect(found.map((frame) => frame.time)).toEqual(asked.map((index) => sampling.scan().times[index]));
        expect(found.every(({ picture }) => picture.width === 160 && picture.height === 96)).toBe(true);
      }
      await reader.close();
    },
  );

  test("key frames alone: every time is known, and only key frames are shown", async () => {
    const { frames, scan, info } = await read(clip("plain.mp4"), decoder, { keyframesOnly: true });
    expect(info).toMatchObject({ frames: 75, duration: 3 });
    expect(scan.times).toHaveLength(75);
    expect(frames.map((frame) => frame.index)).toEqual([0, 25, 50]);
    expect(frames.map((frame) => numberShown(frame.picture))).toEqual([0, 25, 50]);
    expect([...scan.change.keys()].filter((i) => scan.change[i] > 0)).toEqual([25, 50]);
  });

  test("a video of a single color doesn't change", async () => {
    const { scan } = await read(clip("gray.mp4"), decoder);
    expect(Math.max(...scan.change)).toBeLessThan(0.01);
  });

  test("a cut is the largest change, at its very frame", async () => {
    const { scan } = await read(clip("plain.mp4"), decoder);
    // Bars 6 and more flip at 64: the widest change of the clip.
    expect(scan.change.indexOf(Math.max(...scan.change))).toBe(64);
    expect(scan.change[0]).toBe(0);
  });

  test("of a video cut short, what is there is used, and a note says what is not", async () => {
    const { info, notes } = await read(clip("cut.mp4"), decoder);
    expect(info.frames).toBeGreaterThan(20);
    expect(info.frames).toBeLessThan(75);
    expect(notes).toEqual([
      expect.stringMatching(/should last 3\.0 s but only 1\.\d s could be read: its end is missing/),
    ]);
  });

  test("after a damaged stretch, what follows is read, at its right time", async () => {
    const { frames, notes } = await read(clip("damaged.mp4"), decoder, { fps: 25 });
    expect(notes).toEqual([expect.stringMatching(/damaged/)]);
    const sound = frames.filter(({ time }) => time < 1 || time >= 2);
    expect(sound.length).toBeGreaterThan(45);
    for (const { time, picture } of sound) expect(numberShown(picture)).toBe(Math.round(time * 25));
  });

  test.each([
    ["missing.mp4", /there is no such file/],
    ["empty.mp4", /it is empty/],
    ["text.mp4", /it is no .*video/],
    ["notes.avi", /it is no .*video/],
    ["sound.mp4", /it has no picture track/],
    ["no-index.mp4", /cut off before its index/],
    [".", /it is a directory/],
  ])("%s is refused in one sentence that names it", async (name, reason) => {
    const opened = openVideo(clip(name), { decoder });
    await expect(opened).rejects.toThrow(reason);
    await expect(opened).rejects.toMatchObject({
      name: "InputError",
      message: expect.stringContaining(clip(name)),
    });
  });

  test("a pass that is given up ends with the signal's reason", async () => {
    const reader = await openVideo(clip("plain.mp4"), { decoder });
    const giveUp = new AbortController();
    const sampling = reader.sample({ fps: 25, size: 64, signal: giveUp.signal });
    const pass = async () => {
      for await (const { index } of sampling.frames) if (index === 3) giveUp.abort(new Error("enough"));
    };
    await expect(pass()).rejects.toThrow("enough");
    await reader.close();
  });

  test("a pass can be left early", async () => {
    const reader = await openVideo(clip("plain.mp4"), { decoder });
    for await (const { index } of reader.sample({ fps: 25, size: 64 }).frames) if (index === 3) break;
    await reader.close();
  });

  test("progress goes from start to end", async () => {
    const seconds: number[] = [];
    await read(clip("plain.mp4"), decoder, { onProgress: (time) => seconds.push(time) });
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    expect(seconds.at(-1)).toBeGreaterThan(2.5);
  });
});

test("the npm decoder points to ffmpeg for a container that it doesn't know", async () => {
  await expect(openVideo(clip("notes.avi"), { decoder: "webcodecs" })).rejects.toThrow(
    /with ffmpeg installed/,
  );
});

const real = "../shared/data/videos";
const realVideos = [
  "bbb_480p_30s.mp4",
  "gcp_googlework_short.mp4",
  "imageio_cockatoo.mp4",
  "mediabunny_video.mp4",
];

test.skipIf(!hasFfmpeg || !existsSync(real)).each(realVideos)(
  "both decoders see the same in %s",
  async (name) => {
    const [one, other] = [
      await read(join(real, name), "ffmpeg", { fps: 2, size: 64 }),
      await read(join(real, name), "webcodecs", { fps: 2, size: 64 }),
    ];
    expect(other.info).toEqual(one.info);
    expect(other.scan.times).toEqual(one.scan.times);
    expect(other.frames.map((frame) => frame.index)).toEqual(one.frames.map((frame) => frame.index));
    one.frames.forEach(({ picture }, i) => {
      const differences = picture.data.map((value, at) => Math.abs(value - other.frames[i].picture.data[at]));
      expect(Math.max(...differences)).toBeLessThanOrEqual(2);
    });
    one.scan.change.forEach((change, i) => {
      expect(Math.abs(change - other.scan.change[i])).toBeLessThan(0.02);
    });
  },
);

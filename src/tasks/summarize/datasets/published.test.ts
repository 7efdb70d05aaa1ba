/** Data sets of other forms, small ones made here and the published ones. */
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMatlab } from "../../../data/matlab/read.ts";
import type { MatlabValue } from "../../../data/matlab/value.ts";
import { Findings } from "./findings.ts";
import { inspectAnnotatedSet, openAnnotatedSet } from "./open.ts";
import { oracleIn, readOracle } from "./oracle.ts";
import { withShotFeatures } from "./shot-histograms.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-sets-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const listed = (values: ArrayLike<number>) => Array.from(values).join(",");

describe("TVSum's table", () => {
  const ratings = [0, 1, 2].map((user) => Array.from({ length: 20 }, (_, frame) => 1 + ((frame + user) % 5)));
  const table = ["-a_b", "second"]
    .flatMap((name) => ratings.map((row) => `${name}\tVT\t${listed(row)}`))
    .join("\n");

  test("gives ratings, and importance (mean − 1)/4 at every 15th frame", async () => {
    const home = join(folder, "tvsum");
    await mkdir(home);
    await writeFile(join(home, "ydata-tvsum50-anno.tsv"), table);
    await writeFile(join(home, "shots.json"), JSON.stringify({ shots: [[0, 8, 20], [20]] }));
    const { name, videos } = await openAnnotatedSet(home);
    expect(name).toBe("TVSum");
    expect(videos.map((video) => [video.name, video.alias])).toEqual([
      ["-a_b", "video_1"],
      ["second", "video_2"],
    ]);
    expect([...videos[0].picks]).toEqual([0, 15]);
    expect(videos[0].shots).toEqual([
      { start: 0, end: 8 },
      { start: 8, end: 20 },
    ]);
    // Frames 0 and 15: ratings 1, 2, 3.
    expect(videos[0].importance).toEqual(Float32Array.of(0.25, 0.25));
    expect(videos[0].users[2].scores).toEqual(Float32Array.from(ratings[2]));
  });

  test("is refused where users have other numbers of frames, other ratings, or none", async () => {
    const path = join(folder, "table.tsv");
    const refused = async (text: string, message: RegExp) => {
      await writeFile(path, text);
      await expect(openAnnotatedSet(path)).rejects.toThrow(message);
    };
    await refused(
      "a\tVT\t1,2,3\na\tVT\t1,2\n",
      /table\.tsv, video "a", "user_anno": user 2 has 2 frames, and the video 3/,
    );
    await refused("a\tVT\t1,2,6\n", /video "a", "user_anno": user 1 rates other than from 1 to 5/);
    await refused(
      "a\tVT\t1,2,3\na\tVT\t1,,3\n",
      /video "a", "user_anno": what user 2 says of frame 1 is NaN/,
    );
    await refused("a\tVT\t1,2,3\na\n", /line 2 is not made of a video, a category and ratings/);
  });
});

describe("folders of users' key frames", () => {
  async function choose(video: string, user: string, frames: number[], ending = "jpeg"): Promise<void> {
    const home = join(folder, "ovp", video, user);
    await mkdir(home, { recursive: true });
    for (const frame of frames) await writeFile(join(home, `Frame${frame}.${ending}`), "");
  }

  test("give summaries and the share of users who chose a frame of each step", async () => {
    await choose("v21", "user1", [0, 31]);
    await choose("v21", "user2", [14, 16], "jpg");
    await choose("v9", "user1", [3]);
    await writeFile(join(folder, "ovp", "frames.json"), JSON.stringify({ v21: 40 }));
    const { form, set, findings } = await inspectAnnotatedSet(join(folder, "ovp"));
    expect(form).toBe("folders of users' key frames");
    const [short, long] = set.videos;
    expect([short.name, short.frameCount, long.name, long.frameCount]).toEqual(["v9", 4, "v21", 40]);
    expect(long.importance).toEqual(Float32Array.of(1, 0.5, 0.5));
    expect([...long.users[1].summary!].flatMap((chosen, frame) => (chosen ? [frame] : []))).toEqual([14, 16]);
    expect(findings.all.map(({ kind, video }) => [kind, video])).toEqual([
      ["note", "v9"],
      ["note", "v9"],
    ]);
  });

  test("are refused where a user chose a frame after the end", async () => {
    await choose("v21", "user3", [40]);
    await expect(openAnnotatedSet(join(folder, "ovp"))).rejects.toThrow(
      /video "v21", "frames\.json": frame 40 was chosen, and frames\.json says that it has 40/,
    );
  });
});

/** A small NPY file of float64. */
function npy(shape: number[], data: number[]): Uint8Array {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${text.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
    Buffer.from(header),
    Buffer.from(Float64Array.from(data).buffer),
  ]);
}

test("shots' histograms become steps of annotated videos, whose names may differ by hyphens", async () => {
  const path = join(folder, "histograms.zip");
  const pieces = {
    "all/ab/shots_durations.npy": npy([2], [5, 16]),
    "all/ab/shots_features.npy": npy([2, 3], [0, 1, 2, 3, 4, 5]),
  };
  await writeFile(path, zipSync(pieces));
  const histograms = await openAnnotatedSet(path);
  expect(histograms.videos[0]).toMatchObject({
    name: "ab",
    frameCount: 21,
    shots: [
      { start: 0, end: 5 },
      { start: 5, end: 21 },
    ],
  });
  const annotated = {
    name: "-a_b",
    frameCount: 20,
    picks: Int32Array.of(0, 15),
    users: [],
    shots: [{ start: 0, end: 20 }],
    importance: Float32Array.of(0, 1),
  };
  const joined = withShotFeatures({ name: "set", videos: [annotated] }, histograms).videos[0];
  expect([...joined.picks]).toEqual([0, 5]);
  expect(joined.features).toEqual({ data: Float32Array.of(0, 1, 2, 3, 4, 5), width: 3 });
  expect(joined.shots).toEqual(annotated.shots);
  // Of frames 5 to 19 the last five are worth 1.
  expect(joined.importance).toEqual(Float32Array.of(0, 5 / 15));
  const other = { name: "set", videos: [{ ...annotated, frameCount: 30 }] };
  expect(() => withShotFeatures(other, histograms)).toThrow(
    /set, video "-a_b": it has 30 frames, and in histograms 21/,
  );
  const absent = { name: "set", videos: [{ ...annotated, name: "c" }] };
  expect(() => withShotFeatures(absent, histograms)).toThrow(
    /set, video "c": histograms has no features of it/,
  );
});

const shared = "../shared/data/video-summaries";

describe.skipIf(!existsSync(shared))("published sets (skipped where ../shared/data is absent)", () => {
  test("SumMe: 25 videos of 15 to 18 users; importance is the authors' gt_score", async () => {
    const { name: title, videos } = await openAnnotatedSet(join(shared, "summe"));
    expect([title, videos.length]).toEqual(["SumMe", 25]);
    for (const { name, users, shots, frameCount, picks, importance } of videos) {
      expect(users.length).toBeGreaterThanOrEqual(15);
      expect(users.length).toBeLessThanOrEqual(18);
      expect(shots?.at(-1)?.end).toBe(frameCount);
      expect(picks.length).toBe(Math.ceil(frameCount / 15));
      const file = join(shared, "summe", `${name}.mat`);
      const score = readMatlab(await readFile(file), file).get("gt_score");
      if (score?.kind !== "numbers") throw new Error("no gt_score");
      for (const [step, value] of importance!.entries()) expect(value).toBeCloseTo(score.data[15 * step], 6);
    }
    expect(videos.find(({ alias }) => alias === "video_12")?.name).toBe("Jumps");
  });

  test("TVSum: 50 videos of 20 users", async () => {
    const { videos } = await openAnnotatedSet(join(shared, "tvsum"));
    expect(videos).toHaveLength(50);
    expect(videos.every(({ users, shots }) => users.length === 20 && shots)).toBe(true);
    expect(videos[0]).toMatchObject({ name: "AwmHb44_ouw", alias: "video_1", frameCount: 10_597 });
  });

  test("each video of both has its shots' histograms", async () => {
    for (const name of ["summe", "tvsum"]) {
      const set = await openAnnotatedSet(join(shared, name));
      const joined = withShotFeatures(
        set,
        await openAnnotatedSet(join(shared, `shot-histograms/${name}.zip`)),
      );
      expect(
        joined.videos.every(
          ({ features, importance, picks }) => features?.width === 96 && importance?.length === picks.length,
        ),
      ).toBe(true);
    }
  });

  test("one of SumMe's files alone names its folder", async () => {
    await copyFile(join(shared, "summe/Jumps.mat"), join(folder, "Jumps.mat"));
    await expect(openAnnotatedSet(join(folder, "Jumps.mat"))).rejects.toThrow(
      /is one video of SumMe: give the folder/,
    );
  });
});

describe("key frames to learn, as published for OVP and YouTube", () => {
  const numbers = (...data: number[]): MatlabValue => ({
    kind: "numbers",
    dims: [1, data.length],
    data: Float64Array.from(data),
  });
  const videos = [
    [numbers(21), numbers(15, 75), numbers(15, 30, 45, 60, 75, 90)],
    [numbers(22), numbers(30), numbers(15, 30)],
  ];
  const turned = [0, 1, 2].flatMap((part) => videos.map((video) => video[part]));

  test.each([
    ["rows", [3, 2], videos.flat()],
    ["columns", [2, 3], turned],
  ])("have steps to choose from and those that were chosen, in %s", (_, dims, cells) => {
    const table = oracleIn(new Map([["table", { kind: "cells", dims, cells }]]))!;
    const read = readOracle(table, new Findings("m", true));
    expect(read.map(({ name, frameCount }) => [name, frameCount])).toEqual([
      ["v21", 91],
      ["v22", 31],
    ]);
    expect([...read[0].picks]).toEqual([15, 30, 45, 60, 75, 90]);
    expect([...read[0].keySteps!]).toEqual([1, 0, 0, 0, 1, 0]);
  });

  test("are refused where a key frame is none of the steps", () => {
    const cells = [numbers(21), numbers(16), numbers(15, 30), ...videos[1]];
    expect(() => readOracle({ kind: "cells", dims: [3, 2], cells }, new Findings("m", true))).toThrow(
      'm, video "v21", "oracle": key frame 16 is none of the frames that it is chosen from',
    );
  });
});

/** Files of features and annotations: what is written is read again, and what is wrong is told with its place. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { File, type Group, ready } from "h5wasm/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";
import { inLines } from "./describe-set.ts";
import { writeEccv16 } from "./eccv16-write.ts";
import { inspectAnnotatedSet, openAnnotatedSet } from "./open.ts";

let folder: string;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-eccv16-"));
  await ready;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

type Fields = Record<string, { data: number[]; shape: number[] } | string | undefined>;

const FRAMES = 40;
/** A video as files that go round have it: every field. */
const whole: Fields = {
  features: { data: Array.from({ length: 12 }, (_, at) => at / 4), shape: [3, 4] },
  gtscore: { data: [0, 0.5, 1], shape: [3] },
  gtsummary: { data: [0, 1, 0], shape: [3] },
  user_summary: {
    data: Array.from({ length: 2 * FRAMES }, (_, at) => Number(at % 7 === 0)),
    shape: [2, FRAMES],
  },
  change_points: { data: [0, 9, 10, 39], shape: [2, 2] },
  n_frame_per_seg: { data: [10, 30], shape: [2] },
  n_frames: { data: [FRAMES], shape: [] },
  n_steps: { data: [3], shape: [] },
  picks: { data: [0, 15, 30], shape: [3] },
  video_name: "Eiffel Tower",
};

/** Writes a file of videos with these fields, as other programs do. */
function write(name: string, videos: Record<string, Fields>): string {
  const file = new File(path(name), "w");
  for (const [video, fields] of Object.entries(videos)) {
    const group = file.create_group(video) as Group;
    for (const [field, value] of Object.entries(fields)) {
      if (typeof value === "string") group.create_dataset({ name: field, data: value });
      else if (value)
        group.create_dataset({ name: field, data: Float32Array.from(value.data), shape: value.shape });
    }
  }
  file.close();
  return path(name);
}

describe("a file that has every field", () => {
  test("becomes a set: shots end after their last frame, names come along", async () => {
    const file = write("set.h5", { video_10: whole, video_2: { ...whole, video_name: "Jumps" } });
    const { name, videos } = await openAnnotatedSet(file);
    expect(name).toBe("set");
    expect(videos.map((video) => [video.name, video.alias])).toEqual([
      ["video_2", "Jumps"],
      ["video_10", "Eiffel Tower"],
    ]);
    const [video] = videos;
    expect(video.frameCount).toBe(FRAMES);
    expect([...video.picks]).toEqual([0, 15, 30]);
    expect(video.shots).toEqual([
      { start: 0, end: 10 },
      { start: 10, end: 40 },
    ]);
    expect(video.features).toEqual({ data: Float32Array.from({ length: 12 }, (_, at) => at / 4), width: 4 });
    expect(video.importance).toEqual(Float32Array.of(0, 0.5, 1));
    expect(video.keySteps).toEqual(Uint8Array.of(0, 1, 0));
    expect(video.users).toHaveLength(2);
    expect(video.users[1].summary).toEqual(
      Uint8Array.from({ length: FRAMES }, (_, at) => Number((at + FRAMES) % 7 === 0)),
    );
  });

  test("may lack users, shots and picks", async () => {
    const { user_summary, change_points, n_frame_per_seg, picks, ...rest } = whole;
    const { videos } = await openAnnotatedSet(write("bare.h5", { video_1: rest }));
    expect(videos[0].users).toEqual([]);
    expect(videos[0].shots).toBeUndefined();
    expect([...videos[0].picks]).toEqual([0, 15, 30]);
  });
});

test("what is written is read again", async () => {
  const video: AnnotatedVideo = {
    name: "video_1",
    alias: "größer",
    frameCount: 31,
    rate: 29.97,
    picks: Int32Array.of(0, 14, 30),
    features: { data: Float32Array.from({ length: 6 }, (_, at) => at / 8), width: 2 },
    shots: [
      { start: 0, end: 30 },
      { start: 30, end: 31 },
    ],
    users: [1, 2].map((user) => ({
      summary: Uint8Array.from({ length: 31 }, (_, at) => (at % (user + 1)) & 1),
      scores: Float32Array.from({ length: 31 }, (_, at) => at * user),
    })),
    importance: Float32Array.of(0, 0.25, 1),
    keySteps: Uint8Array.of(1, 0, 0),
  };
  async function* all() {
    for (let at = 1; at <= 20; at++) yield { ...video, name: `video_${at}` };
  }
  await writeEccv16(path("written.h5"), all());
  const { videos } = await openAnnotatedSet(path("written.h5"));
  expect(videos).toHaveLength(20);
  expect(videos[0]).toEqual(video);
});

test("what breaks off leaves nothing", async () => {
  async function* broken(): AsyncGenerator<AnnotatedVideo> {
    yield { name: "video_1", frameCount: 1, picks: Int32Array.of(0), users: [] };
    throw new Error("the second can't be read");
  }
  await expect(writeEccv16(path("broken.h5"), broken())).rejects.toThrow("the second can't be read");
  expect((await readdir(folder)).filter((name) => name.startsWith("broken"))).toEqual([]);
});

const ofUsers = (count: number, frames: number) => ({
  data: Array(count * frames).fill(0),
  shape: [count, frames],
});

const faults: [title: string, fields: Fields, message: RegExp][] = [
  ["no number of frames", { n_frames: undefined }, /"n_frames": there is no such number: it has .*picks/],
  [
    "features of another shape",
    { features: { data: Array(12).fill(0), shape: [12] } },
    /"features": it is \[12\], and must have two axes/,
  ],
  [
    "features of other steps",
    { features: { data: Array(8).fill(0), shape: [2, 4] } },
    /"features": they have 2 rows for 3 steps/,
  ],
  [
    "features that are no numbers",
    { features: { data: [...Array(11).fill(0), Number.NaN], shape: [3, 4] } },
    /"features": value 3 of step 2 is NaN/,
  ],
  [
    "no steps",
    { features: { data: [], shape: [0, 4] }, picks: { data: [], shape: [0] } },
    /"(n_steps|picks)": it (says 3 steps, and there are 0|has no steps)/,
  ],
  [
    "picks that fall",
    { picks: { data: [0, 30, 15], shape: [3] } },
    /"picks": step 2 shows frame 15, after frame 30/,
  ],
  [
    "picks beyond the end",
    { picks: { data: [0, 15, 40], shape: [3] } },
    /"picks": step 2 shows frame 40: frames must rise, from 0 to 39/,
  ],
  [
    "shots that overlap",
    { change_points: { data: [0, 10, 10, 39], shape: [2, 2] }, n_frame_per_seg: undefined },
    /"change_points": shots 0 and 1 overlap: frame 10 is in both/,
  ],
  [
    "shots with a gap",
    { change_points: { data: [0, 8, 10, 39], shape: [2, 2] }, n_frame_per_seg: undefined },
    /"change_points": frames 9 to 9 are in no shot/,
  ],
  [
    "shots that end early",
    { change_points: { data: [0, 9, 10, 30], shape: [2, 2] }, n_frame_per_seg: undefined },
    /"change_points": frames 31 to 39 are in no shot/,
  ],
  [
    "shots that end late",
    { change_points: { data: [0, 9, 10, 40], shape: [2, 2] }, n_frame_per_seg: undefined },
    /"change_points": the last shot ends with frame 40, and the last frame is 39/,
  ],
  [
    "shots of three columns",
    { change_points: { data: Array(6).fill(0), shape: [2, 3] } },
    /"change_points": they are \[2, 3\]/,
  ],
  [
    "lengths that disagree",
    { n_frame_per_seg: { data: [9, 31], shape: [2] } },
    /"n_frame_per_seg": it does not agree/,
  ],
  [
    "summaries of another length",
    { user_summary: ofUsers(2, 39) },
    /"user_summary": user 1 has 39 frames, and the video 40/,
  ],
  [
    "summaries of ratings",
    { user_summary: { data: Array(80).fill(3), shape: [2, 40] } },
    /"user_summary": that of user 1 for frame 0 is 3, and must be 0 or 1/,
  ],
  [
    "importance above 1",
    { gtscore: { data: [0, 2, 1], shape: [3] } },
    /"gtscore": that of step 1 is 2, and must be from 0 to 1/,
  ],
];

describe("a file with", () => {
  test.each(faults)("%s is refused, with file, video and field", async (title, fields, message) => {
    const file = write("faulty.h5", { video_1: whole, video_7: { ...whole, ...fields } });
    await expect(openAnnotatedSet(file), title).rejects.toThrow(InputError);
    await expect(openAnnotatedSet(file), title).rejects.toThrow(message);
    await expect(openAnnotatedSet(file), title).rejects.toThrow(/faulty\.h5, video "video_7"/);
  });

  test("several faults is described with all of them", async () => {
    const file = write("several.h5", {
      video_1: { ...whole, picks: { data: [0, 0, 1], shape: [3] } },
      video_2: { ...whole, user_summary: undefined, feature: whole.features, features: undefined },
      video_3: { ...whole, user_summary: ofUsers(1, FRAMES) },
    });
    const lines = inLines("several.h5", await inspectAnnotatedSet(file)).split("\n");
    expect(lines[0]).toBe("several: HDF5 file of features and annotations, 3 videos; 2 things are wrong");
    expect(lines).toContain(
      'wrong: several.h5, video "video_2": no user said anything of it, and of other videos users did',
    );
    expect(lines).toContain('note: several.h5, video "video_2": fields of other names are left out: feature');
    expect(lines).toContain(
      'note: several.h5, video "video_3": one user alone: what people agree on can\'t be told',
    );
  });
});

test("a file that is cut short says so", async () => {
  const bytes = await readFile(write("long.h5", { video_1: whole }));
  await writeFile(path("short.h5"), bytes.subarray(0, bytes.length - 100));
  await expect(openAnnotatedSet(path("short.h5"))).rejects.toThrow(
    /short\.h5 is a damaged HDF5 file: it is cut short/,
  );
});

test("an HDF5 file of other things says what can be read", async () => {
  const file = write("other.h5", { weights: { kernel: { data: [1], shape: [1] } } });
  await expect(openAnnotatedSet(file)).rejects.toThrow(
    /other\.h5 is an HDF5 file, but its groups \(weights\) hold no "features"/,
  );
  await expect(openAnnotatedSet(path("absent.h5"))).rejects.toThrow(
    /absent\.h5 can't be read: there is no such file/,
  );
});

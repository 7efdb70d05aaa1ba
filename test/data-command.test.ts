/** From videos and a table of ratings to a data set, as a person makes one: whole, interrupted, and with mistakes. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MakeSetOptions, makeSet } from "../src/tasks/summarize/datasets/make-set.ts";
import { openAnnotatedSet } from "../src/tasks/summarize/datasets/open.ts";
import { descriptorWidth } from "../src/tasks/summarize/frames/descriptor.ts";
import { steady, writeClip } from "./clips.ts";

let folder: string;
const file = (name: string) => join(folder, name);
const FRAMES = 50;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-data-"));
  await mkdir(file("clips"));
  await writeClip(file("clips/clip 1.mp4"), { times: steady(FRAMES, 25), width: 64, height: 48 });
  await cp(file("clips/clip 1.mp4"), file("clips/clip_2.mp4"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (out: string, more: Partial<MakeSetOptions> = {}): MakeSetOptions => ({
  out: file(out),
  fps: 2,
  decoder: "auto",
  threads: 1,
  ...more,
});

const clips = () => [file("clips/clip 1.mp4"), file("clips/clip_2.mp4")];

function run(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["--no-warnings", resolve("src/cli/main.ts"), "data", ...words], {
    cwd: folder,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((done) => {
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

const table = (end: number) =>
  `video,user,start,end,rating\n${["clip 1", "clip_2.mp4"]
    .flatMap((video) =>
      ["anna", "bo"].flatMap((user, at) => [`${video},${user},0,1,${1 + at}`, `${video},${user},1,${end},5`]),
    )
    .join("\n")}\n`;

describe("gatefold data", () => {
  test("puts a folder's videos and their ratings into a set, which check describes", async () => {
    await writeFile(file("ratings.csv"), table(2));
    const made = await run("clips", "--ratings", "ratings.csv", "--out", "clips.h5");
    expect(made).toMatchObject({ code: 0, stdout: "2 videos, 2 of them with what users said\nclips.h5\n" });
    expect((await readdir(folder)).sort()).toEqual(["clips", "clips.h5", "ratings.csv"]);
    const { videos } = await openAnnotatedSet(file("clips.h5"));
    expect(videos.map(({ name, alias }) => [name, alias])).toEqual([
      ["video_1", "clip 1"],
      ["video_2", "clip_2"],
    ]);
    expect(videos[0]).toMatchObject({ frameCount: FRAMES, rate: 25, picks: Int32Array.of(0, 12, 25, 37) });
    expect(videos[0].features!.width).toBe(descriptorWidth);
    expect(videos[0].shots!.at(-1)!.end).toBe(FRAMES);
    expect(videos[0].users.map(({ scores }) => [scores![0], scores![24], scores![25]])).toEqual([
      [1, 1, 5],
      [2, 2, 5],
    ]);
    expect(videos[0].importance).toEqual(Float32Array.of(0.125, 0.125, 1, 1));
    const checked = await run("check", "clips.h5");
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain(
      "clips: HDF5 file of features and annotations, 2 videos; nothing is wrong",
    );
    expect(checked.stdout).toMatch(/video_2 \(clip_2\) +50 +4 +347 +\d+ +2 +scores, importance/);
  }, 60_000);

  test("check exits with 1 where something is wrong, and --json says what", async () => {
    await writeFile(file("bad.tsv"), "a\tVT\t1,2,3\nb\tVT\t1,9,3\n");
    const { code, stdout } = await run("check", "bad.tsv", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      form: "TVSum's table of ratings",
      videos: [{ name: "a", frames: 3, steps: 1, width: null, shots: null, users: 1 }, { name: "b" }],
      findings: [
        { kind: "wrong", video: "b", field: "user_anno", text: "user 1 rates other than from 1 to 5" },
        { kind: "note", video: "a", text: "one user alone: what people agree on can't be told" },
        { kind: "note", video: "b" },
      ],
    });
    expect((await run("check", "absent")).stderr).toBe(
      "error: absent can't be read: there is no such file\n",
    );
    expect((await run("clips")).code).toBe(2);
  }, 60_000);
});

describe("a set in the making", () => {
  test("goes on after it was interrupted, and does nothing twice", async () => {
    const controller = new AbortController();
    const first = makeSet(clips(), options("resumed.h5"), {
      signal: controller.signal,
      onVideo: () => controller.abort(new Error("stop")),
    });
    await expect(first).rejects.toThrow("stop");
    expect(existsSync(file("resumed.h5"))).toBe(false);
    const done: boolean[] = [];
    await makeSet(clips(), options("resumed.h5"), {
      onVideo: (_name, _place, wasDone) => done.push(wasDone),
    });
    expect(done).toEqual([true, false]);
    expect(existsSync(file("resumed.h5.parts"))).toBe(false);
    await makeSet(clips(), options("whole.h5"));
    const [resumed, whole] = await Promise.all([file("resumed.h5"), file("whole.h5")].map(openAnnotatedSet));
    expect(resumed.videos).toEqual(whole.videos);
  }, 60_000);

  test("looks again at a video that has changed, or when asked for other frames", async () => {
    await writeFile(file("short.csv"), table(1.5));
    const refused = (more: Partial<MakeSetOptions>) =>
      expect(
        makeSet(clips(), options("again.h5", { ratings: file("short.csv"), ...more })),
        "refused",
      ).rejects.toThrow(/short\.csv, video "clip 1", user "anna": frame 38 \(1\.52 s\) has no rating/);
    await refused({});
    const part = file("again.h5.parts/clip 1.safetensors");
    const { mtimeMs } = await stat(part);
    await refused({});
    expect((await stat(part)).mtimeMs).toBe(mtimeMs);
    await refused({ fps: 4 });
    expect((await stat(part)).mtimeMs).toBeGreaterThan(mtimeMs);
    expect(existsSync(file("again.h5"))).toBe(false);
  });

  test.each([
    ["a video that isn't there", ["absent.mp4"], {}, /absent\.mp4 can't be read: there is no such file/],
    [
      "two videos of one name",
      ["clips/clip 1.mp4", "./clip 1.mp4"],
      {},
      /would both be called "clip 1": rename one/,
    ],
    [
      "ratings that aren't there",
      ["clips/clip 1.mp4"],
      { ratings: "no.csv" },
      /no\.csv can't be read: there is no such file/,
    ],
    [
      "a place that isn't there",
      ["clips/clip 1.mp4"],
      { out: "/none/set.h5" },
      /set\.h5 can't be written: there is no such folder/,
    ],
    [
      "a folder as the file to write",
      ["clips/clip 1.mp4"],
      { out: tmpdir() },
      /can't be written: it is a folder/,
    ],
  ])("is refused with %s, and leaves nothing", async (_title, names, more, message) => {
    const before = await readdir(folder);
    await expect(makeSet(names.map(file), options("refused.h5", more))).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(before);
  });

  test("that is no video is refused, and leaves nothing", async () => {
    await writeFile(file("text.mp4"), await readFile(file("ratings.csv")));
    const before = await readdir(folder);
    await expect(makeSet([...clips(), file("text.mp4")], options("refused.h5"))).rejects.toThrow(/text\.mp4/);
    expect(await readdir(folder)).toEqual(before);
  });
});

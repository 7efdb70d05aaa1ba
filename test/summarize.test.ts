/** The main job from video file to report, as a person runs it: results, edges, bad input, interruption. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawSampleClip, frameRate, hardCuts } from "../examples/sample-clip.ts";
import { openVideo } from "../src/data/video/open.ts";
import { InputError } from "../src/graph/errors.ts";
import { type SummarizeOptions, summarize } from "../src/tasks/summarize/pipeline.ts";
import { type Summary, summarySchema } from "../src/tasks/summarize/summary.ts";
import { steady, truncate, withoutIndex, writeClip, writeSoundOnly } from "./clips.ts";

const main = resolve("src/cli/main.ts");
let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-summarize-"));
  await drawSampleClip(file("sample.mp4"), { seconds: 13 });
  await writeClip(file("short.mp4"), { times: steady(50, 25) });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `gatefold summarize` in the temporary folder; `during` may act on the running process. */
function run(words: string[], during?: (child: ChildProcess, stderr: string) => void): Promise<Finished> {
  const child = spawn(process.execPath, ["--no-warnings", main, "summarize", ...words], { cwd: folder });
  const finished: Finished = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (text) => {
    finished.stdout += text;
  });
  child.stderr.on("data", (text) => {
    finished.stderr += text;
    during?.(child, finished.stderr);
  });
  return new Promise((done) => {
    child.on("close", (code) => done({ ...finished, code }));
  });
}

const defaults: Omit<SummarizeOptions, "out"> = {
  share: 0.15,
  fps: 2,
  fast: false,
  seed: 1,
  maxKeyframes: 12,
  decoder: "auto",
  threads: 1,
};

/** Summarizes in this process, and checks what is true of every summary. */
async function summarizeHere(name: string, options: Partial<SummarizeOptions> = {}): Promise<Summary> {
  const out = file(`${name}-${Object.values(options).join("-")}-summary`);
  const { summary } = await summarize(file(name), { ...defaults, out, ...options });
  await checkResults(out, summary);
  return summary;
}

async function checkResults(out: string, summary: Summary): Promise<void> {
  expect(summarySchema.parse(JSON.parse(await readFile(join(out, "summary.json"), "utf8")))).toEqual(summary);
  const { shots, keyframes, video, frames } = summary;
  expect(shots[0].startFrame).toBe(0);
  expect(shots.at(-1)!.endFrame).toBe(video.frames);
  expect(shots.at(-1)!.endTime).toBeCloseTo(video.duration, 6);
  for (let i = 1; i < shots.length; i++) {
    expect(shots[i].startFrame).toBe(shots[i - 1].endFrame);
    expect(shots[i].startTime).toBe(shots[i - 1].endTime);
  }
  expect(frames.length).toBeGreaterThan(0);

  const kept = shots.filter(({ selected }) => selected);
  const length = kept.reduce((sum, { startFrame, endFrame }) => sum + endFrame - startFrame, 0);
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(Math.max(1, summary.settings.share * video.frames));
  const skim = await openVideo(join(out, "skim.mp4"));
  expect(skim.declared.frames).toBe(length);
  await skim.close();

  expect(keyframes.length).toBeGreaterThan(0);
  expect((await readdir(join(out, "keyframes"))).sort()).toEqual(
    keyframes.map((keyframe) => keyframe.file.replace("keyframes/", "")),
  );
  for (const { frame, shot, file: picture } of keyframes) {
    expect(frame).toBeGreaterThanOrEqual(shots[shot].startFrame);
    expect(frame).toBeLessThan(shots[shot].endFrame);
    const { width, height } = await sharp(join(out, picture)).metadata();
    expect([width, height]).toEqual([video.width, video.height]);
  }
  expect((await readdir(out)).sort()).toEqual(["keyframes", "report.html", "skim.mp4", "summary.json"]);
}

describe("gatefold summarize", () => {
  let finished: Finished;
  let summary: Summary;

  beforeAll(async () => {
    finished = await run(["sample.mp4", "--json"]);
    summary = JSON.parse(finished.stdout);
  });

  it("prints summary.json alone with --json, and leaves it with key frames, skim and report", async () => {
    expect(finished.code).toBe(0);
    expect(finished.stderr).toBe("");
    expect(summary.video).toMatchObject({ file: "sample.mp4", width: 640, height: 360, frames: 325 });
    expect(summary.settings).toMatchObject({ model: "vslstm+dpplstm", weights: null, adapted: false });
    await checkResults(file("sample-summary"), summary);
    expect(await readFile(file("sample-summary/summary.json"), "utf8")).toBe(finished.stdout);
  });

  it("finds every hard cut to the frame", () => {
    const starts = summary.shots.map(({ startFrame }) => startFrame);
    const cuts = hardCuts.map((time) => time * frameRate).filter((frame) => frame < 325);
    expect(cuts).toHaveLength(2);
    expect(starts).toEqual(expect.arrayContaining(cuts));
  });

  it("takes the skim's sound along", async () => {
    const skim = await openVideo(file("sample-summary/skim.mp4"));
    expect(skim.declared.audio).toBe(true);
    await skim.close();
  });

  it("gives the same summary again", async () => {
    const { shots, keyframes, frames } = await summarizeHere("sample.mp4");
    expect({ shots, keyframes, frames }).toEqual({
      shots: summary.shots,
      keyframes: summary.keyframes,
      frames: summary.frames,
    });
  });

  it("finds the same shots by the npm decoder", async () => {
    const { shots, video } = await summarizeHere("sample.mp4", { decoder: "webcodecs" });
    expect(video).toMatchObject({ frames: 325, fps: 25 });
    expect(shots.map(({ startFrame }) => startFrame)).toEqual(
      summary.shots.map(({ startFrame }) => startFrame),
    );
  });

  it("looks at key frames alone with --fast, and keeps to the share and the number of key frames", async () => {
    const rough = await summarizeHere("sample.mp4", { fast: true, share: 1, maxKeyframes: 1 });
    expect(rough.frames.length).toBeLessThan(summary.frames.length);
    expect(rough.keyframes).toHaveLength(1);
  });

  it("prints the report's path last, replaces its own results, and touches nothing else", async () => {
    const again = await run(["sample.mp4"]);
    expect(again.code).toBe(0);
    expect(again.stdout.trimEnd().split("\n").at(-1)).toBe(join("sample-summary", "report.html"));
    expect(again.stderr).toMatch(/watching the video.*\n/);
    expect(again.stderr).not.toContain("\r");

    await writeFile(file("sample-summary/notes.txt"), "mine");
    const refused = await run(["sample.mp4"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toBe(
      "error: The output folder sample-summary holds other files (notes.txt): choose another with --out, or empty it.\n",
    );
    expect(await readFile(file("sample-summary/notes.txt"), "utf8")).toBe("mine");
    expect(await readFile(file("sample-summary/summary.json"), "utf8")).toBe(finished.stdout);
  });

  it.each([
    ["watching", []],
    ["weighing", ["--adapt"]],
    ["writing", []],
  ])("leaves nothing when interrupted while %s", async (stage, options) => {
    const before = await readdir(folder);
    const interrupted = await run(["sample.mp4", "--out", "interrupted", ...options], (child, stderr) => {
      if (stderr.includes(stage) && !child.killed) child.kill("SIGINT");
    });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stdout).toBe("");
    expect(interrupted.stderr).toMatch(/Interrupted: nothing was written\.\n$/);
    expect(await readdir(folder)).toEqual(before);
  });
});

describe("a video that is", () => {
  it("one frame long has one shot, one key frame and a skim of it", async () => {
    await writeClip(file("one.mp4"), { times: [0] });
    const { shots, keyframes, video } = await summarizeHere("one.mp4");
    expect(video.frames).toBe(1);
    expect(shots).toMatchObject([{ startFrame: 0, endFrame: 1, selected: true }]);
    expect(keyframes).toMatchObject([{ frame: 0, shot: 0 }]);
  });

  it("three frames long", async () => {
    await writeClip(file("three.mp4"), { times: steady(3, 25) });
    expect((await summarizeHere("three.mp4")).video.frames).toBe(3);
  });

  it("of one color has a key frame all the same", async () => {
    await writeClip(file("gray.mp4"), { times: steady(100, 25), gray: 120 });
    expect((await summarizeHere("gray.mp4")).keyframes).toHaveLength(1);
  });

  it("rotated is upright in the results", async () => {
    await writeClip(file("rotated.mp4"), { times: steady(50, 25), rotation: 90 });
    expect((await summarizeHere("rotated.mp4")).video).toMatchObject({ width: 96, height: 160 });
  });

  it("of a variable rate keeps the container's times", async () => {
    const times = Array.from({ length: 60 }, (_, i) => (i < 30 ? i * 0.02 : 0.6 + (i - 30) * 0.1));
    await writeClip(file("variable.mp4"), { times });
    const { shots, keyframes } = await summarizeHere("variable.mp4", { share: 0.5 });
    for (const { startFrame, startTime } of shots) expect(startTime).toBeCloseTo(times[startFrame], 3);
    for (const { frame, time } of keyframes) expect(time).toBeCloseTo(times[frame], 3);
  });

  it("cut off is summarized as far as it goes, with a warning, or refused with one sentence", async () => {
    await truncate(file("sample.mp4"), file("cut-off.mp4"), 0.7);
    const result = await summarizeHere("cut-off.mp4").catch((error) => error);
    if (result instanceof Error) expect(result).toBeInstanceOf(InputError);
    else expect(result.warnings.join()).not.toBe("");
  });
});

describe("bad input", () => {
  it.each([
    ["a missing file", "missing.mp4", async () => undefined, /there is no such file/],
    ["a directory", "folder.mp4", (path: string) => mkdir(path), /directory/],
    ["an empty file", "empty.mp4", (path: string) => writeFile(path, ""), /empty/],
    ["a text", "text.mp4", (path: string) => writeFile(path, "not a video\n".repeat(99)), /./],
    ["sound without picture", "sound.mp4", writeSoundOnly, /picture|video track/],
    ["a recording without index", "index.mp4", (path: string) => withoutIndex(file("short.mp4"), path), /./],
  ])("%s ends with one sentence and exit code 1", async (_, name, prepare, sentence) => {
    await prepare(file(name));
    const before = (await readdir(folder)).sort();
    const { code, stdout, stderr } = await run([name, "--out", "never"]);
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain(name);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect((await readdir(folder)).sort()).toEqual(before);
  });

  it("of an output folder names the folder", async () => {
    const { code, stderr } = await run(["short.mp4", "--out", "short.mp4"]);
    expect([code, stderr]).toEqual([
      1,
      "error: The output folder short.mp4 is a file: choose another with --out.\n",
    ]);
  });

  it("of weights beside a built-in model is wrong usage", async () => {
    const { code, stderr } = await run(["short.mp4", "--model", "dsn", "--weights", "run"]);
    expect(stderr).toMatch(/--model.*--weights/);
    expect(code).toBe(2);
  });

  it("of weights names them, before anything is decoded", async () => {
    await writeFile(file("weights.safetensors"), "not weights");
    const { code, stderr } = await run(["short.mp4", "--weights", "weights.safetensors"]);
    expect(stderr).toMatch(/^error: .*weights\.safetensors.*\n$/);
    expect(code).toBe(1);
  });

  it("of a feature network names the network", async () => {
    await writeFile(file("broken.onnx"), "not a network");
    await writeFile(
      file("broken.json"),
      JSON.stringify({ width: 32, height: 32, mean: [0, 0, 0], std: [1, 1, 1] }),
    );
    const { code, stderr } = await run(["short.mp4", "--features", "broken.onnx"]);
    expect(stderr).toMatch(/^error: The feature network broken\.onnx is not a usable ONNX file: .*\n$/);
    expect(code).toBe(1);
  });

  it.each([
    [["--share", "0"], /--share/],
    [["--share", "2"], /--share/],
    [["--share", "abc"], /--share/],
    [["--fps", "0"], /--fps/],
    [["--seed", "-1"], /--seed/],
    [["--max-keyframes", "2.5"], /--max-keyframes/],
    [["--decoder", "magic"], /ffmpeg, webcodecs/],
    [["--sharee", "0.1"], /--share/],
    [["second.mp4"], /too many arguments/],
  ])("%j is wrong usage, exit code 2", async (words, message) => {
    const { code, stdout, stderr } = await run(["short.mp4", ...words]);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("a fit to the video alone", () => {
  it("is the same for the same seed, and another for another", async () => {
    const [one, other] = [
      await summarizeHere("sample.mp4", { model: "fit" }),
      await summarizeHere("sample.mp4", { model: "fit", seed: 2 }),
    ];
    expect(one.settings).toMatchObject({ model: "fit", weights: null, adapted: false });
    expect(other.frames).not.toEqual(one.frames);
    const { frames, keyframes } = await summarizeHere("sample.mp4", { model: "fit" });
    expect({ frames, keyframes }).toEqual({ frames: one.frames, keyframes: one.keyframes });
  });
});

describe("the networks that the package brings along", () => {
  it.each(["vslstm", "dpplstm", "dsn"] as const)(
    "%s scores shots, the same way each time and with each seed",
    async (model) => {
      const summary = await summarizeHere("sample.mp4", { model });
      const again = await summarizeHere("sample.mp4", { model, seed: 2 });
      expect(again.shots).toEqual(summary.shots);
      expect(again.keyframes).toEqual(summary.keyframes);
      expect(summary.settings).toMatchObject({ model, weights: null, adapted: false });
      expect(new Set(summary.frames.map(({ score }) => score)).size).toBeGreaterThan(1);
    },
  );

  it("count beside a network that is fitted to the video too", async () => {
    const { settings, shots } = await summarizeHere("sample.mp4", { model: "dpplstm", adapt: true });
    expect(settings).toMatchObject({ model: "dpplstm", adapted: true });
    expect(shots.some(({ selected }) => selected)).toBe(true);
  });
});

const videos = resolve("../shared/data/videos");

describe.skipIf(!existsSync(videos))("real videos (skipped where ../shared/data is absent)", () => {
  it.each([
    ["bbb_480p_30s.mp4", [285, 378, 553]],
    [
      "gcp_googlework_short.mp4",
      [17, 36, 54, 73, 93, 111, 130, 149, 167, 186, 204, 222, 291, 432, 609, 710, 769, 819, 949],
    ],
  ])("%s is cut where its pictures jump", async (name, cuts) => {
    await copyFile(join(videos, name), file(name));
    const { shots } = await summarizeHere(name);
    expect(shots.map(({ startFrame }) => startFrame)).toEqual(expect.arrayContaining(cuts));
  });
});

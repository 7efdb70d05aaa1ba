/** Scores of a set of videos, measured from the command line as a person does it: whole, and with mistakes. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder: string;

const names = ["first", "second", "third", "fourth", "fifth"];
const FRAMES = 150;
const ends = [10, 30, 60, 80, 90, 120, 150];

/** Shots near the middle are rated highly; two people agree but for one shot. */
function ratings(video: number, user: number): string {
  let shot = 0;
  return Array.from({ length: FRAMES }, (_, frame) => {
    if (frame >= ends[shot]) shot++;
    return 1 + Math.min(4, Math.max(0, 3 - Math.abs(shot - 3)) + Number(shot === (video + 3 * user) % 7));
  }).join(",");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-evaluate-"));
  const lines = names.flatMap((name, video) => [0, 1].map((user) => `${name}\tVT\t${ratings(video, user)}`));
  await writeFile(join(folder, "ydata-tvsum50-anno.tsv"), lines.join("\n"));
  await writeFile(join(folder, "shots.json"), JSON.stringify({ shots: names.map(() => [0, ...ends]) }));
  const steps = Array.from({ length: 10 }, (_, step) => 5 - Math.abs(step - 5));
  await writeFile(
    join(folder, "ours.json"),
    JSON.stringify(Object.fromEntries(names.map((name) => [name, steps]))),
  );
  await writeFile(join(folder, "short.json"), JSON.stringify({ video_2: [1, 2] }));
  const leaky = [{ train_keys: ["video_1", "video_2"], test_keys: ["video_2"] }];
  await writeFile(join(folder, "leaky.json"), JSON.stringify(leaky));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = ["--no-warnings", resolve("src/cli/main.ts"), "evaluate", "summaries"];
  const child = spawn(process.execPath, [...program, ...words], { cwd: folder });
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

describe("gatefold evaluate summaries", () => {
  test("prints scores and baselines in one table, and scores beside each of them", async () => {
    const { code, stdout, stderr } = await run(".", "--scores", "ours.json");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TVSum: 5 videos, 5 splits\./);
    for (const row of ["ours", "people, leave one out", "random scores", "ridge: position, shot duration"])
      expect(stdout).toMatch(new RegExp(`^\\| ${row} \\| \\.\\d{3} \\[`, "m"));
    expect(stdout).toMatch(/^\| ours − middle of the video \| .* p /m);
    expect(stdout).not.toMatch(/NaN|undefined/);
  });

  test("prints JSON with every video's values", async () => {
    const { code, stdout } = await run(".", "--scores", "ours.json", "--json");
    expect(code).toBe(0);
    const { videos, rows, comparisons } = JSON.parse(stdout);
    expect(videos.toSorted()).toEqual(names.toSorted());
    expect(rows[0]).toMatchObject({ name: "ours", origin: "given" });
    expect(rows[0].perVideo).toHaveLength(5);
    expect(rows[0].mean.rho).toBeGreaterThan(0.5);
    expect(comparisons[0]).toMatchObject({ rows: ["ours", "people, leave one out"], metric: "f1Mean" });
  });

  test.each([
    [["none.h5"], 1, "error: none.h5 can't be read: there is no such file\n"],
    [[".", "--scores", "none.json"], 1, "error: none.json can't be read: there is no such file\n"],
    [[".", "--scores", "short.json"], 1, /^error: short\.json has no scores of video "/],
    [
      [".", "--splits", "leaky.json"],
      1,
      /^error: leaky\.json, split 1: "second" is to be trained on and tested on/,
    ],
    [[".", "--run", "none"], 1, /^error: none is no run of "gatefold train summarize"/],
    [
      [".", "--run", "none", "--splits", "leaky.json"],
      2,
      /'--run <runs...>' cannot be used with option '--splits <file>'/,
    ],
    [[".", "--seed", "x"], 2, /whole number from 0/],
    [[], 2, /missing required argument 'set'/],
  ])("refuses %j", async (words, exit, message) => {
    const { code, stdout, stderr } = await run(...words);
    expect(code).toBe(exit);
    if (typeof message === "string") expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
    expect(stdout).toBe("");
  });
});

/** `gatefold train summarize` from a file to scores, on videos that are made up here. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeEccv16 } from "../src/tasks/summarize/datasets/eccv16-write.ts";
import { openAnnotatedSet } from "../src/tasks/summarize/datasets/open.ts";
import { scoresOfRun } from "../src/tasks/summarize/training/run-scores.ts";
import { annotatedSet } from "./annotated-videos.ts";

const main = resolve("src/cli/main.ts");

let folder: string;
let data: string;
let other: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-train-summaries-"));
  data = join(folder, "videos.h5");
  other = join(folder, "other.h5");
  for (const [path, { videos }] of [
    [data, annotatedSet(6)],
    [other, annotatedSet(4, 8)],
  ] as const)
    await writeEccv16(
      path,
      (async function* () {
        yield* videos;
      })(),
    );
});
afterAll(() => rm(folder, { recursive: true }));

interface Ran {
  code: number;
  out: string;
  err: string;
}

const gatefold = (...args: string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(process.execPath, [main, ...args], (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
const train = (...args: string[]) => gatefold("train", "summarize", ...args);

const small = ["--units", "4", "--width", "4", "--rate", "0.03"];

test("a set becomes a run, whose scores name no video of the training alone", async () => {
  const run = join(folder, "run");
  const { code, out, err } = await train(data, "--model", "dpplstm", "--out", run, "--epochs", "2", ...small);
  expect(err).not.toContain("error");
  expect(code).toBe(0);
  expect(out).toMatch(/validation loss [\d.]+ after epoch \d/);
  expect((await readdir(run)).sort()).toEqual(["model.onnx", "task.json", "training"]);
  expect((await readdir(join(run, "training"))).sort()).toEqual(["importance", "process"]);
  const { videos } = JSON.parse(await readFile(join(run, "task.json"), "utf8"));
  expect([...videos.training, ...videos.validation, ...videos.test].sort()).toEqual(
    Array.from({ length: 6 }, (_, at) => `videos/v${at}`),
  );
  const set = await openAnnotatedSet(data);
  const scores = await scoresOfRun(run, set);
  expect(scores.map(({ length }) => length)).toEqual(set.videos.map(({ picks }) => picks.length));

  const evaluated = await gatefold("evaluate", "summaries", data, "--run", run);
  expect(evaluated).toMatchObject({ code: 0, err: "" });
  expect(evaluated.out).toMatch(new RegExp(`^videos: ${videos.test.length} videos, 1 split\\.`));
  expect(evaluated.out).toMatch(/^\| run \| \.\d{3} \[/m);
});

test.each([
  ["augmented", 8],
  ["transfer", 4],
])("two sets go through the setting %s: %i videos are learned from", async (setting, learned) => {
  const run = join(folder, setting);
  const words = ["--setting", setting, "--model", "vslstm", "--out", run, "--epochs", "6", ...small];
  const { code, err } = await train(data, other, ...words);
  expect(err).not.toContain("error");
  expect(code).toBe(0);
  const { videos } = JSON.parse(await readFile(join(run, "task.json"), "utf8"));
  expect([...videos.training, ...videos.validation]).toHaveLength(learned);
  expect(videos.test.every((name: string) => name.startsWith("videos/"))).toBe(true);
  const { out } = await gatefold("evaluate", "summaries", data, "--run", run, "--json");
  const { rows } = JSON.parse(out);
  expect(rows[0]).toMatchObject({ name: setting, origin: "given" });
  expect(rows[0].mean.rho).toBeGreaterThan(0);
});

test("Ctrl-C leaves a run that the same command finishes", async () => {
  const run = join(folder, "interrupted");
  const args = [data, "--model", "dsn", "--out", run, "--epochs", "200", "--patience", "200", ...small];
  const child = spawn(process.execPath, [main, "train", "summarize", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    if (told.includes("Epoch 2 ") && !child.killed) child.kill("SIGINT"); // a second one would end it at once
  });
  const code = await new Promise((done) => child.on("close", done));
  expect(told).toContain("the same command goes on from here");
  expect(code).toBe(130);
  expect(await readdir(run)).toEqual(["training"]); // no model is there before it is whole
});

test("what makes no sense ends in one sentence and exit code 1, or 2 for wrong usage", async () => {
  const splits = join(folder, "splits.json");
  await writeFile(splits, JSON.stringify([{ train_keys: ["v0", "v1", "v2"], test_keys: ["v3"] }]));
  const run = join(folder, "x");
  const ways: [number, string, string[]][] = [
    [1, "there is no such file", [join(folder, "nowhere"), "--out", run]],
    [1, "needs other sets", [data, "--out", run, "--setting", "transfer"]],
    [1, "splits 0 to 0", [data, "--out", run, "--split", `${splits}#3`]],
    [1, 'no cell "transformer"', [data, "--out", run, "--cell", "transformer"]],
    [1, "only dpplstm can learn from two", [data, "--out", run, "--model", "dsn", "--joint"]],
    [1, "learningRate", [data, "--out", run, "--rate", "0"]],
    [1, "one for each", [data, "--out", run, "--features", "a", "b"]],
    [2, "--out", [data]],
    [2, "0 to 4", [data, "--out", run, "--fold", "9"]],
    [2, "splits.json#0", [data, "--out", run, "--split", "splits.json"]],
    [2, "features, position", [data, "--out", run, "--inputs", "sound"]],
  ];
  const results = await Promise.all(ways.map(([, , args]) => train(...args)));
  results.forEach(({ code, err }, at) => {
    const [expected, message] = ways[at];
    expect(err).toContain(message);
    expect(err).not.toContain("    at "); // no stack
    expect(code).toBe(expected);
  });
  expect(existsSync(run)).toBe(false);
});

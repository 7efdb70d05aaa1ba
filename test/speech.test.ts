/** `gatefold speech` from recordings to scores, on a corpus of tones that is made here. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSpeechRun } from "../src/tasks/speech/run.ts";
import { streamScores } from "../src/tasks/speech/stream-scores.ts";
import { delta } from "../src/transform/delta.ts";
import { lowRank } from "../src/transform/low-rank.ts";
import { random } from "../src/weights/random.ts";

const main = resolve("src/cli/main.ts");
const tones: Readonly<Record<string, number>> = { a: 400, i: 900, s: 3000, ".": 0 };

let folder: string;
let corpus: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-speech-"));
  corpus = join(folder, "corpus");
  await makeCorpus(corpus);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Six speakers who say three sentences of eight tones each. */
async function makeCorpus(path: string): Promise<void> {
  await mkdir(join(path, "wav"), { recursive: true });
  await mkdir(join(path, "lablaut"), { recursive: true });
  const draws = random(7).stream("corpus");
  for (const speaker of ["01", "02", "03", "04", "05", "06"]) {
    for (let sentence = 0; sentence < 3; sentence++) {
      const samples: number[] = [];
      let labels = "signal tones\n#\n";
      for (let phone = 0; phone < 8; phone++) {
        const name = Object.keys(tones)[Math.floor(4 * draws.uniform())];
        const length = 1200 + Math.floor(1200 * draws.uniform());
        for (let n = 0; n < length; n++)
          samples.push(
            8000 * Math.sin((2 * Math.PI * tones[name] * n) / 16_000) + 200 * (draws.uniform() - 0.5),
          );
        labels += `    ${(samples.length / 16_000).toFixed(6)}   -1 ${name}\n`;
      }
      const name = `${speaker}a${sentence}tEs`;
      await writeFile(join(path, "wav", `${name}.wav`), wav(samples));
      await writeFile(join(path, "lablaut", `${name}xx.lablaut`), labels);
    }
  }
}

/** One channel of 16 bits at 16 kHz. */
function wav(samples: readonly number[]): Uint8Array {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + 2 * samples.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(2 * samples.length, 40);
  return Buffer.concat([header, new Uint8Array(Int16Array.from(samples).buffer)]);
}

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

const small = ["--units", "12", "--layers", "2", "--batch", "4"];

describe("a run of gatefold speech", () => {
  let run: string;
  beforeAll(async () => {
    run = join(folder, "run");
    const { code, err } = await gatefold("speech", "train", corpus, "--out", run, "--epochs", "3", ...small);
    expect(err).not.toContain("error");
    expect(code).toBe(0);
  });

  test("has its model and its task in one folder", async () => {
    expect((await readdir(run)).sort()).toEqual(["model.onnx", "task.json", "training"]);
    const task = JSON.parse(await readFile(join(run, "task.json"), "utf8"));
    expect(task.classes).toEqual([".", "a", "i", "s", "other"]);
  });

  test("is scored as a stream, with and without thresholds", async () => {
    const { code, out } = await gatefold("speech", "evaluate", run, corpus);
    expect(code).toBe(0);
    const dense = JSON.parse(out);
    expect(dense.accuracy).toBeGreaterThan(0.3); // four phones
    expect(dense.occupancy).toBe(1);
    const sparse = JSON.parse((await gatefold("speech", "evaluate", run, corpus, "--delta", "0.2")).out);
    expect(sparse.multiplications).toBeLessThan(dense.multiplications);
  });

  test("scores as a stream what it scores over whole sequences, also as a network of low rank", async () => {
    const { model, data, evaluate } = await openSpeechRun(run, corpus);
    for (const one of [model, lowRank(model, { rank: 4 }).model]) {
      const whole = await evaluate(one);
      expect((await streamScores(one, data.test)).accuracy).toBeCloseTo(whole.accuracy, 2);
    }
    const exact = await streamScores(delta(model, { threshold: 0 }), data.test);
    expect(exact.accuracy).toBeCloseTo((await evaluate(model)).accuracy, 2);
  });

  test("made smaller and less busy, is tuned with itself as teacher, and stays a run", async () => {
    const changes = ["compress", run, "--rank", "2", "--delta", "0.1"];
    const [untuned, tuned] = [join(folder, "untuned"), join(folder, "tuned")];
    expect((await gatefold(...changes, "--out", untuned)).code).toBe(0);
    const { code, err } = await gatefold(...changes, "--tune", "6", "--data", corpus, "--out", tuned);
    expect(err).toContain("Epoch 6 of 6");
    expect(code).toBe(0);
    const [before, after] = await Promise.all([untuned, tuned].map((one) => openSpeechRun(one, corpus)));
    expect(after.model.thresholds).toEqual(before.model.thresholds);
    const [lossBefore, lossAfter] = await Promise.all(
      [before, after].map(async ({ model, evaluate }) => (await evaluate(model, "training")).loss),
    );
    expect(lossAfter).toBeLessThan(lossBefore);
  });
});

test("what makes no sense ends in one sentence and exit code 1, or 2 for wrong usage", async () => {
  const ways: [number, string, string[]][] = [
    [1, "there is no folder", ["train", join(folder, "nowhere"), "--out", join(folder, "x")]],
    [1, "splits 0 to 2", ["train", corpus, "--out", join(folder, "x"), "--split", "9"]],
    [1, 'no cell "transformer"', ["train", corpus, "--out", join(folder, "x"), "--cell", "transformer"]],
    [1, 'no run of "gatefold speech"', ["evaluate", folder, corpus]],
    [2, "--out", ["train", corpus]],
    [2, "below 1", ["train", corpus, "--out", join(folder, "x"), "--dropout", "1"]],
  ];
  const results = await Promise.all(ways.map(([, , args]) => gatefold("speech", ...args)));
  results.forEach(({ code, err }, at) => {
    const [expected, message] = ways[at];
    expect(err).toContain(message);
    expect(err).not.toContain("    at "); // no stack
    expect(code).toBe(expected);
  });
  expect(existsSync(join(folder, "x"))).toBe(false);
});

test("Ctrl-C leaves a run that the same command finishes", async () => {
  const run = join(folder, "interrupted");
  const args = ["speech", "train", corpus, "--out", run, "--epochs", "40", ...small];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    if (told.includes("Epoch 2 ") && !child.killed) child.kill("SIGINT"); // a second one would end it at once
  });
  const code = await new Promise((done) => child.on("close", done));
  expect(told).toContain("the same command goes on from here");
  expect(code).toBe(130);
  expect(await readdir(run)).toEqual(["training"]); // no model is there before it is whole
  expect((await gatefold(...args)).code).toBe(0);
  expect((await readdir(run)).sort()).toEqual(["model.onnx", "task.json", "training"]);
});

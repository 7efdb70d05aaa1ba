import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../src/weights/random.ts";

const KILLS = 20;
const program = fileURLToPath(new URL("./train-run.ts", import.meta.url));

let scratch: string;
let whole: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "gatefold-resume-"));
  whole = join(scratch, "whole");
  expect(await train(whole)).toBe(0);
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** A signal, sent so many steps after the beginning and so many milliseconds after that step. */
interface Stop {
  signal: NodeJS.Signals;
  steps: number;
  milliseconds: number;
}

/** Trains in a process of its own; gives its exit code, or the signal that ended it. */
async function train(folder: string, stop?: Stop): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  let steps = -1;
  for await (const points of child.stdout) {
    steps += points.length;
    if (!stop || steps < stop.steps) continue;
    await wait(stop.milliseconds);
    child.kill(stop.signal);
    break;
  }
  const [code, signal] = await exit;
  return signal ?? code;
}

function expectSameNumbers(folder: string): void {
  const read = (from: string, file: string) => readFileSync(join(from, file));
  expect(`${read(folder, "metrics.jsonl")}`).toBe(`${read(whole, "metrics.jsonl")}`);
  expect(read(folder, "model.safetensors").equals(read(whole, "model.safetensors"))).toBe(true);
}

test(`a training killed ${KILLS} times ends with the numbers of one that was not`, async () => {
  const folder = join(scratch, "killed");
  const stream = random(20_000 + KILLS).stream("kills");
  for (let kill = 0; kill < KILLS; kill++) {
    const when = { steps: stream.integer(25), milliseconds: 10 * stream.uniform() };
    expect(await train(folder, { signal: "SIGKILL", ...when })).toBe("SIGKILL");
  }
  expect(await train(folder)).toBe(0);
  expectSameNumbers(folder);
}, 180_000);

test("a training stopped by Ctrl-C saves, exits with 130 and goes on later", async () => {
  const folder = join(scratch, "interrupted");
  expect(await train(folder, { signal: "SIGINT", steps: 40, milliseconds: 0 })).toBe(130);
  const saved = readdirSync(join(folder, "checkpoints")).filter((name) => name.endsWith(".json"));
  const lines = `${readFileSync(join(folder, "metrics.jsonl"))}`.trim().split("\n");
  expect(JSON.parse(lines[lines.length - 1]).step).toBe(Number(saved.sort().at(-1)!.slice(5, 13)));
  expect(await train(folder)).toBe(0);
  expectSameNumbers(folder);
});

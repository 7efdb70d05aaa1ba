import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../src/weights/random.ts";

const KILLS = 20;
const program = fileURLToPath(new URL("./train-run.ts", import.meta.url));

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "gatefold-resume-"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** When to kill: so many steps after the beginning, and so many milliseconds after that step. */
interface Kill {
  steps: number;
  milliseconds: number;
}

/** Trains in a process of its own; gives its exit code, or the signal that ended it. */
async function train(folder: string, kill?: Kill): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  let steps = -1;
  for await (const points of child.stdout) {
    steps += points.length;
    if (!kill || steps < kill.steps) continue;
    await wait(kill.milliseconds);
    child.kill("SIGKILL");
    break;
  }
  const [code, signal] = await exit;
  return signal ?? code;
}

test(`a training killed ${KILLS} times ends with the numbers of one that was not`, async () => {
  const [whole, killed] = [join(scratch, "whole"), join(scratch, "killed")];
  expect(await train(whole)).toBe(0);

  const stream = random(20_000 + KILLS).stream("kills");
  for (let count = 0; count < KILLS; count++) {
    const kill = { steps: stream.integer(25), milliseconds: 10 * stream.uniform() };
    expect(await train(killed, kill)).toBe("SIGKILL");
  }
  expect(await train(killed)).toBe(0);

  const read = (folder: string, file: string) => readFileSync(join(folder, file));
  expect(`${read(killed, "metrics.jsonl")}`).toBe(`${read(whole, "metrics.jsonl")}`);
  expect(read(killed, "model.safetensors").equals(read(whole, "model.safetensors"))).toBe(true);
}, 180_000);

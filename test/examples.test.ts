/** Everything that a reader may copy runs: the examples, and the README's own code, on the built package. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-examples-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function node(words: string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { input, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("examples/own-cell.ts", () => {
  const words = (more: string[]) => [
    "examples/own-cell.ts",
    "--out",
    join(folder, "minimal-gated-unit.onnx"),
    ...more,
  ];
  const errorOf = (stdout: string) => Number(stdout.match(/sequences: ([\d.]+)/)![1]);

  test("learns to add up the marked numbers of a sequence, and exports what it learned", () => {
    const { status, stdout, stderr } = node(words([]));
    expect(stderr).toMatch(/Epoch 8 of 8/);
    expect(status).toBe(0);
    expect(errorOf(stdout)).toBeLessThan(0.01);
    const sums = [...stdout.matchAll(/add up to ([\d.]+), .* says ([\d.]+)/g)];
    expect(sums).toHaveLength(3);
    for (const [, expected, found] of sums)
      expect(Math.abs(Number(found) - Number(expected))).toBeLessThan(0.3);
  });

  test("goes on in its folder where it was stopped, to the same numbers", () => {
    const run = join(folder, "run");
    const whole = node(words(["--epochs", "2"]));
    expect(node(words(["--epochs", "1", "--folder", run])).status).toBe(0);
    const resumed = node(words(["--epochs", "2", "--folder", run]));
    expect(resumed.stdout).toBe(whole.stdout);
    expect(resumed.stderr).not.toMatch(/Epoch 1 of/);
  });

  test("says what is wrong with its options", () => {
    const { status, stderr } = node(words(["--epochs", "many"]));
    expect(status).toBe(1);
    expect(stderr).toMatch(/training.*epochs/);
  });
});

describe("README.md", async () => {
  const readme = await readFile("README.md", "utf8");
  const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);

  test("shows code", () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  test.each(blocks)("code that runs: %#", (code) => {
    const { status, stderr } = node(["--input-type=module-typescript", "-"], code);
    expect(stderr).not.toMatch(/Error/);
    expect(status).toBe(0);
  });
});

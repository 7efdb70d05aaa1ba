/** The small tasks run as their pages say, here far shorter than there, on the built package. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";

function node(words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** The score that a task prints. */
const scoreOf = (stdout: string) =>
  Number(/(?:error|cross-entropy|right|per character) ([\d.e+-]+) \(/.exec(stdout)![1]);

const brief = ["--updates", "3", "--batch", "4", "--units", "6", "--test", "8"];

describe("examples/adding.ts", () => {
  test.each(["lstm", "chrono-lstm", "janet", "min-gru"])("runs with %s, the same every time", (cell) => {
    const words = ["examples/adding.ts", "--cell", cell, "--steps", "12", ...brief];
    const { status, stdout } = node(words);
    expect(status).toBe(0);
    expect(scoreOf(stdout)).toBeGreaterThan(0);
    expect(scoreOf(node(words).stdout)).toBe(scoreOf(stdout));
  });

  test("learns", () => {
    const words = ["--steps", "10", "--updates", "500", "--units", "16", "--rate", "0.01"];
    const { stdout } = node(["examples/adding.ts", ...words]);
    expect(scoreOf(stdout)).toBeLessThan(0.03);
  });

  test("says what is wrong with its options", () => {
    const cell = node(["examples/adding.ts", "--cell", "tape"]);
    expect(cell).toMatchObject({ status: 1, stderr: expect.stringMatching(/no cell "tape".*lstm/) });
    const steps = node(["examples/adding.ts", "--steps", "many"]);
    expect(steps).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/--steps many: must be a number/),
    });
  });
});

describe("examples/copying.ts", () => {
  test("learns at least that blanks come before the symbols", () => {
    const words = ["--steps", "10", "--updates", "200", "--units", "16", "--rate", "0.01"];
    const { status, stdout } = node(["examples/copying.ts", ...words]);
    expect(status).toBe(0);
    expect(scoreOf(stdout)).toBeLessThan(0.8); // of ln 9 = 2.2 at the start
  });
});

const digits = "../shared/data/nowcasting/mnist";
describe.skipIf(!existsSync(digits))(`examples/digits.ts on ${digits}`, () => {
  test.each(["rows", "pixels"])("reads digits by %s", (order) => {
    const words = ["--order", order, "--count", "200", "--epochs", "1", "--units", "6"];
    const { status, stdout } = node(["examples/digits.ts", ...words]);
    expect(status).toBe(0);
    expect(scoreOf(stdout)).toBeGreaterThan(0);
  });
});

const text = "../shared/data/memory/tinyshakespeare.txt";
describe.skipIf(!existsSync(text))(`examples/characters.ts on ${text}`, () => {
  test.each(["lstm", "nested", "sru", "g2"])("learns with %s, at the size that is asked for", (cell) => {
    const words = ["--cell", cell, "--weights", "9000", "--limit", "40000", "--epochs", "8"];
    const { status, stdout } = node(["examples/characters.ts", ...words]);
    expect(status).toBe(0);
    const [, byFrequency] = /by frequency: ([\d.]+)/.exec(stdout)!;
    expect(scoreOf(stdout)).toBeLessThan(Number(byFrequency));
    const [, weights] = /; (\d+) weights/.exec(stdout)!;
    expect(Number(weights)).toBeGreaterThan(8000);
    expect(Number(weights)).toBeLessThanOrEqual(9000);
  });
});

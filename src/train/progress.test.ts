import { describe, expect, test } from "vitest";
import { createProgress, type ProgressStyle } from "./progress.ts";
import { formatDuration, TimeLeft } from "./time-left.ts";

/** A display whose clock stands until it is moved, and what it wrote. */
function display(style: ProgressStyle | undefined, { columns = 80, isTTY = false } = {}) {
  const written: string[] = [];
  const clock = { now: 1000 };
  const stream = { write: (text: string) => written.push(text), columns, isTTY };
  return { progress: createProgress(stream, style, () => clock.now), written, clock };
}

describe("time left", () => {
  test("follows from the pace since the first report, not from what an earlier run did", () => {
    const left = new TimeLeft();
    expect(left.estimate(500, 1000, 0)).toBeUndefined();
    expect(left.estimate(501, 1000, 100)).toBeUndefined();
    expect(left.estimate(600, 1000, 10_000)).toBe(40);
  });

  test.each([
    [0.4, "0 s"],
    [59.6, "1 min"],
    [200, "3 min 20 s"],
    [599, "9 min 59 s"],
    [1234, "21 min"],
    [3599, "1 h"],
    [7500, "2 h 5 min"],
  ])("%d seconds read %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("progress on a terminal", () => {
  test("redraws one line, and leaves it with the time taken when the phase ends", () => {
    const { progress, written, clock } = display(undefined, { isTTY: true });
    progress.report({ phase: "decoding", done: 0, total: 200 });
    clock.now += 10;
    progress.report({ phase: "decoding", done: 1, total: 200 }); // too soon to be worth drawing
    clock.now += 9_990;
    progress.report({ phase: "decoding", done: 50, total: 200, note: "720p" });
    clock.now += 10;
    progress.report({ phase: "decoding", done: 200, total: 200 });
    progress.report({ phase: "training", done: 0 });
    expect(written).toEqual([
      "\r\u001b[Kdecoding 0 % (0 of 200)",
      "\r\u001b[Kdecoding 25 % (50 of 200), 30 s left, 720p",
      "\r\u001b[Kdecoding 100 % (200 of 200), 10 s\n",
      "\r\u001b[Ktraining 0",
    ]);
  });

  test("never writes a line as wide as the terminal, whatever letters it has", () => {
    for (const columns of [10, 11, 40]) {
      const { progress, written } = display("terminal", { columns });
      progress.report({ phase: "読み込み", done: 1, total: 2, note: "とても長いファイル名🎬.mp4" });
      const line = written[0].slice("\r\u001b[K".length);
      expect(line.endsWith("…")).toBe(true);
      const width = [...line].reduce((sum, c) => sum + (c.codePointAt(0)! > 0x2fff ? 2 : 1), 0);
      expect(width).toBeLessThan(columns);
    }
  });

  test("an event stays above the line, which is drawn again", () => {
    const { progress, written } = display("terminal");
    progress.report({ phase: "training", done: 1, total: 2 });
    progress.event({ event: "validation", loss: 1 }, "validation loss 1");
    progress.event({ event: "step" });
    expect(written.slice(1, 3)).toEqual([
      "\r\u001b[Kvalidation loss 1\n",
      "\r\u001b[Ktraining 50 % (1 of 2)",
    ]);
  });
});

describe("progress elsewhere", () => {
  test("is a plain line at the beginning, every ten seconds and at the end", () => {
    const { progress, written, clock } = display(undefined);
    for (let done = 0; done <= 24; done++) {
      progress.report({ phase: "training", done, total: 24 });
      clock.now += 1_000;
    }
    progress.close();
    progress.close();
    expect(written).toEqual([
      "training 0 % (0 of 24)\n",
      "training 41 % (10 of 24), 14 s left\n",
      "training 83 % (20 of 24), 4 s left\n",
      "training 100 % (24 of 24), 24 s\n",
    ]);
  });

  test("as JSON is one object a line", () => {
    const { progress, written, clock } = display("json");
    progress.report({ phase: "training", done: 0, total: 4 });
    clock.now += 1_000;
    progress.report({ phase: "training", done: 1, total: 4, note: "loss 2" });
    progress.event({ event: "saved", step: 1 }, "saved at step 1");
    progress.close();
    expect(written.map((line) => JSON.parse(line))).toEqual([
      { event: "progress", phase: "training", done: 0, total: 4 },
      { event: "progress", phase: "training", done: 1, total: 4, secondsLeft: 3, note: "loss 2" },
      { event: "saved", step: 1 },
    ]);
    expect(written.every((line) => line.endsWith("\n"))).toBe(true);
  });

  test("can be silent", () => {
    const { progress, written } = display("silent");
    progress.report({ phase: "training", done: 0, total: 4 });
    progress.event({ event: "saved" }, "saved");
    progress.close();
    expect(written).toEqual([]);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { readTask, writeTask } from "./task-file.ts";

const schema = z.strictObject({ format: z.literal("made-up"), units: z.int() });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-task-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a task is read as it was written", async () => {
  const task = { format: "made-up" as const, units: 3 };
  await writeTask(folder, task);
  expect(await readTask(folder, schema, "gatefold make up")).toEqual(task);
});

test.each([['{"format":"other","units":3}'], ['{"format":"made-up"}'], ["{"], [""]])(
  "%j is refused, with what to do",
  async (text) => {
    await writeFile(join(folder, "task.json"), text);
    await expect(readTask(folder, schema, "gatefold make up")).rejects.toThrow(
      /task\.json is damaged, or of another task or version: give a run of "gatefold make up"/,
    );
  },
);

test("a folder without a task is no run", async () => {
  await expect(readTask(tmpdir(), schema, "gatefold make up")).rejects.toThrow(
    /is no run of "gatefold make up": it has no task\.json/,
  );
});

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "../../graph/errors.ts";
import { openOutputFolder } from "./output-folder.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gatefold-output-"));
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function writeSummary(aside: string, mark = "new"): Promise<void> {
  await writeFile(join(aside, "summary.json"), JSON.stringify({ format: "gatefold-summary", mark }));
  await mkdir(join(aside, "keyframes"));
  await writeFile(join(aside, "keyframes", "frame-000007.jpg"), mark);
}

async function fillFolder(folder: string, mark?: string): Promise<void> {
  const output = await openOutputFolder(folder);
  await writeSummary(output.aside, mark);
  await output.commit();
  await output.discard();
}

const holds = async (folder: string, mark: string) =>
  JSON.parse(await readFile(join(folder, "summary.json"), "utf8")).mark === mark &&
  (await readFile(join(folder, "keyframes", "frame-000007.jpg"), "utf8")) === mark;

describe("the output folder", () => {
  it("appears whole, with the folders above it", async () => {
    const folder = join(root, "deep", "er", "out");
    const output = await openOutputFolder(folder);
    await writeSummary(output.aside);
    expect(await readdir(join(root, "deep", "er"))).not.toContain("out");
    await output.commit();
    expect(await holds(folder, "new")).toBe(true);
    expect(await readdir(join(root, "deep", "er"))).toEqual(["out"]);
  });

  it("leaves nothing when the work is given up", async () => {
    const output = await openOutputFolder(join(root, "deep", "er", "out"));
    await writeSummary(output.aside);
    await output.discard();
    expect(await readdir(root)).toEqual([]);
  });

  it("may be there and empty", async () => {
    await mkdir(join(root, "out"));
    await fillFolder(join(root, "out"));
    expect((await readdir(join(root, "out"))).sort()).toEqual(["keyframes", "summary.json"]);
  });

  it("replaces an earlier summary, leaving nothing of it", async () => {
    const folder = join(root, "out");
    await fillFolder(folder, "old");
    await writeFile(join(folder, "skim.mp4"), "old");
    await fillFolder(folder, "new");
    expect(await holds(folder, "new")).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["keyframes", "summary.json"]);
  });

  it("keeps an earlier summary when the work is given up", async () => {
    const folder = join(root, "out");
    await fillFolder(folder, "old");
    const output = await openOutputFolder(folder);
    await writeSummary(output.aside);
    await output.discard();
    expect(await holds(folder, "old")).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["keyframes", "summary.json"]);
  });

  it.each([
    [
      "other files",
      async (folder: string) => writeFile(join(folder, "notes.txt"), "mine"),
      /holds other files \(notes.txt\)/,
    ],
    [
      "a skim of someone else",
      async (folder: string) => writeFile(join(folder, "skim.mp4"), "mine"),
      /holds other files/,
    ],
    [
      "a summary and another's pictures",
      async (folder: string) => {
        await rm(folder, { recursive: true });
        await fillFolder(folder);
        await writeFile(join(folder, "keyframes", "holiday.jpg"), "mine");
      },
      /holds other files/,
    ],
  ])("may not hold %s", async (_, prepare, message) => {
    const folder = join(root, "out");
    await mkdir(folder);
    await prepare(folder);
    const before = await readdir(folder);
    await expect(openOutputFolder(folder)).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(before);
  });

  it("may not be a file, nor lie in one", async () => {
    await writeFile(join(root, "file"), "");
    await expect(openOutputFolder(join(root, "file"))).rejects.toThrow(/is a file/);
    await expect(openOutputFolder(join(root, "file", "out"))).rejects.toThrow(/a part of its path is a file/);
  });

  // Permissions bind everyone but root.
  it.skipIf(process.getuid?.() === 0)("must be writable", async () => {
    await mkdir(join(root, "out"));
    await chmod(join(root, "out"), 0o555);
    await expect(openOutputFolder(join(root, "out"))).rejects.toThrow(InputError);
    await expect(openOutputFolder(join(root, "out", "deeper"))).rejects.toThrow(/no permission/);
  });

  it("must be on a disk that takes files", async () => {
    await expect(openOutputFolder("/proc/gatefold/out")).rejects.toThrow(InputError);
  });
});

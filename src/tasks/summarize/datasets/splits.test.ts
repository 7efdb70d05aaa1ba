/** Published splits are read, and those that would leak are refused. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSplits } from "./splits.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-splits-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const videos = [
  { name: "Eiffel Tower", alias: "video_9" },
  { name: "Jumps", alias: "video_12" },
  { name: "-a_b", alias: "video_3" },
];

describe("splits", () => {
  test("in JSON name videos by name, alias, or with other hyphens and underscores", async () => {
    const path = await file("splits.json", [
      { train_keys: ["video_9", "ab"], test_keys: ["video_12"] },
      { train_keys: ["Jumps"], test_keys: ["Eiffel_Tower"], other: 1 },
    ]);
    expect(await readSplits(path, videos)).toEqual([
      { train: ["Eiffel Tower", "-a_b"], test: ["Jumps"] },
      { train: ["Jumps"], test: ["Eiffel Tower"] },
    ]);
  });

  test("in YAML may name the file that a video is in", async () => {
    const yaml =
      "- test_keys:\n  - ../datasets/set.h5/video_2\n  train_keys:\n  - ../datasets/set.h5/video_1\n# end\n";
    const path = await file("splits.yml", yaml);
    expect(await readSplits(path, ["video_1", "video_2"])).toEqual([
      { train: ["video_1"], test: ["video_2"] },
    ]);
  });

  test("of several files need the files with the names", async () => {
    const path = await file("mixed.json", [
      { train_keys: ["d/a.h5/video_1"], test_keys: ["d/b.h5/video_1"] },
    ]);
    expect(await readSplits(path, ["a.h5/video_1", "b.h5/video_1"])).toEqual([
      { train: ["a.h5/video_1"], test: ["b.h5/video_1"] },
    ]);
    await expect(readSplits(path, ["video_1"])).rejects.toThrow(
      /names videos of several files \(a\.h5, b\.h5\)/,
    );
  });
});

describe("a split is refused", () => {
  const names = ["a", "b", "c_d", "c-d"];
  const refused = async (content: string | object, message: RegExp, name = "wrong.json") =>
    await expect(readSplits(await file(name, content), names)).rejects.toThrow(message);

  test("that has a video in both parts", async () => {
    await refused(
      [{ train_keys: ["a", "b"], test_keys: ["b"] }],
      /wrong\.json, split 1: "b" is to be trained on and tested on/,
    );
  });

  test("that names an unknown video, one twice, or one of two", async () => {
    const split = (train_keys: string[], test_keys: string[]) => [{ train_keys, test_keys }];
    await refused(split(["a"], ["x"]), /split 1: there is no video "x" in the data set/);
    await refused(split(["a", "a"], ["b"]), /split 1: "a" is twice in its train part/);
    await refused(split(["a"], ["cd"]), /split 1: "cd" may be "c_d" or "c-d": name it exactly/);
  });

  test("that is something else", async () => {
    await refused("[]", /is no file of splits: it must be a list, each with "train_keys" and "test_keys"/);
    await refused([{ train_keys: ["a"], test_keys: [] }], /is no file of splits/);
    await refused("- test_keys: [a]\n", /wrong\.yml: line 1 is neither/, "wrong.yml");
    await expect(readSplits(join(folder, "absent.json"), [])).rejects.toThrow(/there is no such file/);
  });
});

const published = "../shared/data/video-summaries/splits";

test.skipIf(!existsSync(published))(
  "published splits are read (skipped where ../shared/data is absent)",
  async () => {
    const names = (count: number) => Array.from({ length: count }, (_, at) => `video_${at + 1}`);
    for (const [path, count] of [
      ["PGL-SUM_summe_splits.json", 25],
      ["DSNet_summe.yml", 25],
      ["PGL-SUM_tvsum_splits.json", 50],
      ["DSNet_tvsum.yml", 50],
    ] as const) {
      const splits = await readSplits(join(published, path), names(count));
      expect(splits.map(({ train, test }) => [train.length, test.length])).toEqual(
        Array(5).fill([0.8 * count, 0.2 * count]),
      );
    }
  },
);

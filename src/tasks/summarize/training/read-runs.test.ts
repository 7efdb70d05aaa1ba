import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { annotatedSet } from "../../../../test/annotated-videos.ts";
import { evaluateSummaries } from "../evaluation/evaluate.ts";
import { Judge } from "../evaluation/judge.ts";
import { readRuns } from "./read-runs.ts";
import { recipeOf } from "./recipes.ts";
import { scoresOfRun } from "./run-scores.ts";
import { trainSummaries } from "./train.ts";

const set = annotatedSet(6);
const parts = [
  ["v0", "v1"],
  ["v4", "v3"],
];
let runs: string[];
let general: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-read-runs-"));
  const recipe = { ...recipeOf.vslstm, units: 3, width: 2, epochs: 1 };
  runs = parts.map((_, part) => join(folder, `fold${part}`));
  for (const [part, run] of runs.entries()) {
    const train = set.videos.map(({ name }) => name).filter((name) => !parts[part].includes(name));
    await trainSummaries([set], run, {
      recipe: { ...recipe, seed: part },
      setting: "canonical",
      split: { train, test: parts[part] },
    });
  }
  general = join(folder, "general");
  await trainSummaries([set], general, { recipe, setting: "all" });
});
afterAll(() => rm(folder, { recursive: true }));

test("each run is measured on its own test part, by its own scores", async () => {
  const { candidate, splits } = await readRuns(runs, set);
  expect(splits).toEqual([
    { train: ["v2", "v3", "v4", "v5"], test: ["v0", "v1"] },
    { train: ["v0", "v1", "v2", "v5"], test: ["v3", "v4"] },
  ]);
  const { rows, videos } = evaluateSummaries(set, { candidates: [candidate], splits });
  expect(rows[0].name).toBe("fold0");
  expect(videos.toSorted()).toEqual(["v0", "v1", "v3", "v4"]);
  for (const [at, name] of videos.entries()) {
    const video = set.videos.find((one) => one.name === name)!;
    const [scores] = await scoresOfRun(runs[parts[0].includes(name) ? 0 : 1], set, { videos: [video] });
    expect(rows[0].perVideo[at]).toEqual(new Judge(video).measure(scores));
  }
});

test("a run that tests nothing of the set is refused", async () => {
  const another = { ...set, name: "another" };
  await expect(readRuns([runs[0]], another)).rejects.toThrow(
    /fold0 is not to be tested on another: its test videos are .*\/v0, .*\/v1, …$/,
  );
  await expect(readRuns([general], set)).rejects.toThrow(/it learned from all videos$/);
  await expect(readRuns([join(folder, "none")], set)).rejects.toThrow(/is no run of "gatefold train/);
});

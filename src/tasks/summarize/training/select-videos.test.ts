import { expect, test } from "vitest";
import type { AnnotatedSet } from "../datasets/annotated-video.ts";
import { type Selection, selectVideos } from "./select-videos.ts";

const setOf = (name: string, count: number): AnnotatedSet => ({
  name,
  videos: Array.from({ length: count }, (_, at) => ({
    name: `${at}`,
    frameCount: 30,
    picks: Int32Array.of(0, 15),
    users: [],
  })),
});
const sets = [setOf("tested", 10), setOf("other", 5)];
const split = { train: ["0", "1", "2", "3", "4", "5", "6", "7"], test: ["8", "9"] };
const learned = ({ training, validation }: Selection) => [...training, ...validation].map(({ name }) => name);
const own = split.train.map((name) => `tested/${name}`);
const others = sets[1].videos.map(({ name }) => `other/${name}`);

test.each([
  { setting: "canonical", from: own },
  { setting: "augmented", from: [...own, ...others] },
  { setting: "transfer", from: others },
] as const)(
  "$setting learns from $from.length videos, a fifth of them for validation",
  ({ setting, from }) => {
    const selection = selectVideos(sets, { setting, split, seed: 1 });
    expect(learned(selection).sort()).toEqual([...from].sort());
    expect(selection.validation).toHaveLength(Math.round(from.length / 5));
    expect(selection.test.map(({ name }) => name)).toEqual(["tested/8", "tested/9"]);
  },
);

test("no video of the test is learned from or validated on, whatever the seed", () => {
  for (let seed = 0; seed < 20; seed++) {
    const names = learned(selectVideos(sets, { setting: "augmented", split, seed }));
    expect(names).not.toContain("tested/8");
    expect(names).not.toContain("tested/9");
  }
});

test("all learns from every video of every set, or of a single one, and leaves none to test on", () => {
  const everything = sets.flatMap(({ name, videos }) => videos.map((video) => `${name}/${video.name}`));
  const selection = selectVideos(sets, { setting: "all", seed: 1 });
  expect(learned(selection).sort()).toEqual(everything.sort());
  expect(selection.validation).toHaveLength(3);
  expect(selection.test).toEqual([]);
  expect(learned(selectVideos(sets.slice(0, 1), { setting: "all", seed: 1 }))).toHaveLength(10);
});

test("settings that need other sets, and splits that leave nothing, are refused", () => {
  const choose = (setting: "transfer" | "canonical", train: string[], test: string[]) =>
    selectVideos(sets.slice(0, 1), { setting, split: { train, test }, seed: 1 });
  expect(() => choose("transfer", ["0"], ["1"])).toThrow(/needs other sets/);
  expect(() => choose("canonical", ["0"], ["1"])).toThrow(/1 videos are left to learn from/);
  expect(() => choose("canonical", ["0", "1"], ["none"])).toThrow(/tests no video of tested/);
});

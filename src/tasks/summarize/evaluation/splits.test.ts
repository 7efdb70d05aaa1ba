import { describe, expect, it } from "vitest";
import { checkSplits, folds } from "./splits.ts";

const names = Array.from({ length: 23 }, (_, at) => `video_${at + 1}`);

describe("folds", () => {
  it("test every video once, and never on what they learn from", () => {
    const splits = folds(names, { count: 5, seed: 3 });
    expect(splits.flatMap(({ test }) => test).toSorted()).toEqual(names.toSorted());
    for (const { train, test } of splits) {
      expect([...train, ...test].toSorted()).toEqual(names.toSorted());
      expect([4, 5]).toContain(test.length);
    }
    expect(() => checkSplits(splits, names)).not.toThrow();
  });

  it("depend on names and seed alone", () => {
    expect(folds(names.toReversed(), { seed: 3 })).toEqual(folds(names, { seed: 3 }));
    expect(folds(names, { seed: 4 })).not.toEqual(folds(names, { seed: 3 }));
  });

  it("need a video each", () => {
    expect(() => folds(["a", "b"], { count: 5 })).toThrow("2 videos can't be divided into 5 parts");
  });
});

describe("splits", () => {
  it.each([
    [
      "a video in both parts",
      [{ train: ["video_1", "video_2"], test: ["video_2"] }],
      'split 0 has video "video_2" in both parts',
    ],
    [
      "a video that is not there",
      [{ train: [], test: ["video_99"] }],
      'tests video "video_99", which is not in the set',
    ],
    [
      "a video that is tested twice",
      [{ train: [], test: ["video_1", "video_1"] }],
      'tests video "video_1" twice',
    ],
    ["a test of nothing", [{ train: ["video_1"], test: [] }], "split 0 has no test videos"],
    ["none at all", [], "there are no splits"],
  ])("are refused for %s", (_, splits, message) => {
    expect(() => checkSplits(splits, names)).toThrow(message);
  });
});

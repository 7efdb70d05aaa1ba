import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { random } from "../../../weights/random.ts";
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import { baselines } from "./baselines.ts";
import { type Candidate, type Comparison, evaluateSummaries } from "./evaluate.ts";
import { meanOf } from "./metrics.ts";
import { readScores } from "./read-scores.ts";
import { evaluationTable } from "./write-table.ts";

/** Ten videos of 200 frames in shots of 10; three people rate shots near the middle highly, each with a mood of their own. */
function drawSet(): AnnotatedSet {
  const stream = random(11).stream("people");
  const videos = Array.from({ length: 10 }, (_, at): AnnotatedVideo => {
    const shots = Array.from({ length: 20 }, (_, shot) => ({ start: 10 * shot, end: 10 * shot + 10 }));
    const users = Array.from({ length: 3 }, () => {
      const scores = new Float32Array(200);
      for (const { start, end } of shots)
        scores.fill(Math.round(3 - Math.abs(start - 95) / 50 + 2 * stream.uniform()), start, end);
      return { scores };
    });
    return {
      name: `video_${at + 1}`,
      alias: `Clip ${at + 1}`,
      frameCount: 200,
      picks: Int32Array.from({ length: 40 }, (_, step) => 5 * step),
      shots,
      users,
    };
  });
  return { name: "drawn", videos };
}

const set = drawSet();
const rowsOf = (
  candidates: readonly Candidate[],
  splits?: Parameters<typeof evaluateSummaries>[1]["splits"],
) => evaluateSummaries(set, { candidates, splits, seed: 1 });

describe("evaluating a set", () => {
  const evaluation = rowsOf(baselines(set, 1));
  const row = (name: string) => evaluation.rows.find((one) => one.name.startsWith(name))!;

  it("measures every baseline on every video", () => {
    expect(evaluation.rows.map(({ name }) => name)).toEqual([
      "people, leave one out",
      "mean of the other people",
      "random scores",
      "middle of the video",
      "short shots first",
      "ridge: position",
      "ridge: position, shot duration",
    ]);
    for (const { perVideo, mean } of evaluation.rows) {
      expect(perVideo).toHaveLength(10);
      expect(mean.rho).toBeCloseTo(meanOf(perVideo.map(({ rho }) => rho)), 12);
    }
  });

  it("finds what was put in: the middle is important, random scores know nothing, shots of one length have no order", () => {
    expect(row("middle").mean.rho).toBeGreaterThan(0.4);
    expect(row("ridge").mean.rho).toBeGreaterThan(0.4);
    expect(Math.abs(row("random").mean.rho)).toBeLessThan(0.02);
    expect(row("short").mean.rho).toBe(0);
    const [low, high] = row("middle").interval.rho;
    expect(low).toBeLessThan(row("middle").mean.rho);
    expect(high).toBeGreaterThan(row("middle").mean.rho);
  });

  it("compares rows on the same videos", () => {
    const of = (one: string, other: string) =>
      evaluation.comparisons.find(
        ({ rows, metric }) => metric === "rho" && rows[0].startsWith(one) && rows[1].startsWith(other),
      ) as Comparison;
    expect(of("random", "middle").p).toBe(2 / 2 ** 10); // all ten videos go the same way
    expect(of("random", "middle").difference).toBeCloseTo(
      row("random").mean.rho - row("middle").mean.rho,
      12,
    );
    expect(of("middle", "ridge").p).toBeGreaterThan(0.05);
  });

  it("is the same for the same seed", () => {
    const some = baselines(set, 1).filter(({ name }) => /^random|position$/.test(name));
    expect(rowsOf(some).rows).toEqual([row("random"), row("ridge: position")]);
  });

  it("a mean is the mean of the splits' means, and shows what each split learned from", () => {
    const seen: string[][] = [];
    const flat: Candidate = {
      name: "one for the first split, another for the second",
      origin: "given",
      fit(train, split) {
        seen.push(train.map(({ name }) => name));
        const direction = split === 0 ? 1 : -1;
        return (judge) => judge.measure(judge.meanOpinion.map((opinion) => direction * opinion));
      },
    };
    const splits = [
      { train: ["video_3", "a video of another set"], test: ["video_1", "video_2"] },
      { train: ["video_4"], test: ["video_1"] },
    ];
    const { rows, videos, weights } = rowsOf([flat], splits);
    expect(seen).toEqual([["video_3"], ["video_4"]]);
    expect(videos).toEqual(["video_1", "video_2"]);
    expect(weights).toEqual([0.75, 0.25]);
    expect(rows[0].mean.rhoToMean).toBeCloseTo((1 + -1) / 2, 12);
  });

  it("refuses annotations that don't fit, by video and field", () => {
    const [first, ...others] = set.videos;
    const broken = { ...first, shots: first.shots!.slice(1) };
    const evaluate = () =>
      evaluateSummaries({ name: "drawn", videos: [broken, ...others] }, { candidates: [] });
    expect(evaluate).toThrow('drawn, video "video_1", "shots": frames 0 to 9 are in no shot');
  });

  it("refuses a split with a video in both parts", () => {
    expect(() => rowsOf([], [{ train: ["video_1"], test: ["video_1"] }])).toThrow('"video_1" in both parts');
  });
});

describe("scores from files", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gatefold-scores-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (content: unknown) => {
    const path = join(folder, "ours.json");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return readScores(path, set.videos);
  };
  const steps = Array.from({ length: 40 }, (_, step) => step);
  const all = Object.fromEntries(set.videos.map(({ name }) => [name, steps]));

  it("are measured like a baseline, by names or aliases", async () => {
    const byAlias = Object.fromEntries(set.videos.map(({ alias }) => [alias, steps]));
    const { rows } = rowsOf([await read(all), await read(byAlias)]);
    expect(rows[0].name).toBe("ours");
    expect(rows[1].perVideo).toEqual(rows[0].perVideo);
    const table = evaluationTable(rowsOf([await read(all), ...baselines(set, 1)]));
    expect(table).toContain("| ours − random scores |");
    expect(table).not.toContain("NaN");
  });

  it("may be given for each split", async () => {
    const falling = Object.fromEntries(set.videos.map(({ name }) => [name, steps.toReversed()]));
    const splits = [
      { train: [], test: ["video_1"] },
      { train: [], test: ["video_1"] },
    ];
    const { rows } = rowsOf([await read([all, falling])], splits);
    expect(rows[0].mean.rho).toBeCloseTo(0, 12);
  });

  it.each([
    ["no JSON", "{", /ours\.json is neither JSON nor HDF5/],
    ["no object", 7, /ours\.json: it must be an object of scores by video/],
    ["an empty list", [], /ours\.json is an empty list/],
    ["an unknown video", { video_11: steps }, /ours\.json: there is no video "video_11" in the set/],
    ["a video twice", { ...all, "Clip 1": steps }, /ours\.json: video "video_1" has scores twice/],
    [
      "no list",
      { video_1: { scores: steps } },
      /ours\.json, video "video_1": its scores must be a list of numbers/,
    ],
    [
      "what is no number",
      { video_1: [1, null] },
      /ours\.json, video "video_1": score 1 is null, and must be a finite number/,
    ],
    [
      "another number of scores",
      { ...all, video_3: [1, 2] },
      /ours\.json: video "video_3" has 2 scores: give one for each of its 200 frames, or for each of its 40 steps/,
    ],
    ["a missing video", { video_1: steps }, /ours\.json has no scores of video "video_\d+"/],
    ["too few splits", [all, all], /ours\.json has scores for 2 splits, and there is a split 2/],
  ])("are refused for %s", async (_, content, message) => {
    await expect(async () => rowsOf([await read(content)])).rejects.toThrow(message);
  });

  it("are refused where there is no file", async () => {
    await expect(readScores(join(folder, "none.json"), set.videos)).rejects.toThrow("there is no such file");
  });
});

/** Networks that read shots, on a video whose frames are to be scored. */
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../../../weights/random.ts";
import type { AnnotatedSet } from "../datasets/annotated-video.ts";
import { descriptorWidth } from "../frames/descriptor.ts";
import { histogramWidth, shotHistogram } from "../frames/shot-histogram.ts";
import { recipeOf } from "../training/recipes.ts";
import { scoresOfRun } from "../training/run-scores.ts";
import { trainSummaries } from "../training/train.ts";
import type { ScoringModel } from "./built-in.ts";
import { mixed } from "./mixed.ts";
import { openScorer } from "./score-frames.ts";
import { samplesInOrder, shotsSeen, type VideoToScore } from "./video-to-score.ts";

const descriptors = random(7)
  .stream("descriptors")
  .normals(new Float32Array(12 * descriptorWidth))
  .map(Math.abs);

/** Samples every 10 frames, and shots of which the third is too short to have one. */
const shots = [
  { start: 0, end: 42 },
  { start: 42, end: 81 },
  { start: 81, end: 88 },
  { start: 88, end: 120 },
];
const video: VideoToScore = {
  frames: Int32Array.from({ length: 12 }, (_, k) => 10 * k),
  frameCount: 120,
  features: descriptors,
  descriptors,
  shots,
};
/** Of each shot the sample nearest to its middle: frames 20 (of 21), 60 (of 61.5), 80 (before 81), 100 (of 104). */
const middles = [2, 6, 8, 10];

const histograms = Float32Array.from(
  middles.flatMap((k) => [
    ...shotHistogram(descriptors.subarray(k * descriptorWidth, (k + 1) * descriptorWidth)),
  ]),
);
const asSet: AnnotatedSet = {
  name: "made-up",
  videos: [
    {
      name: "the video",
      frameCount: 120,
      picks: Int32Array.from(shots, ({ start, end }) => (start + end) >> 1),
      features: { data: histograms, width: histogramWidth },
      shots,
      users: [],
      importance: Float32Array.of(0.9, 0.1, 0.4, 0.6),
      keySteps: Uint8Array.of(1, 0, 0, 1),
    },
  ],
};

let run: string;
beforeAll(async () => {
  run = await mkdtemp(join(tmpdir(), "gatefold-shots-seen-"));
  const [one] = asSet.videos;
  const set = { ...asSet, videos: ["a", "b", "c"].map((name) => ({ ...one, name })) };
  await trainSummaries([set], run, {
    recipe: {
      ...recipeOf.dpplstm,
      steps: "shots",
      inputs: ["features", "position", "duration"],
      units: 3,
      width: 3,
      epochs: 1,
    },
    setting: "all",
  });
});
afterAll(() => rm(run, { recursive: true, force: true }));

test("a shot is shown by the sample nearest to its middle, one without samples by the last before it", () => {
  const { features, picks } = shotsSeen(video);
  expect(features).toEqual({ data: histograms, width: histogramWidth });
  expect(Array.from(picks)).toEqual([21, 61, 84, 104]);
});

test("samples come shot by shot in the order given, those at the middles first", () => {
  const shotOf = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 3);
  expect([...samplesInOrder(video, shotOf, Int32Array.of(3, 0, 2, 1))]).toEqual([
    10, 2, 6, 11, 3, 7, 9, 1, 5, 4, 8, 0,
  ]);
});

test("frames have the scores that the run gives their shots, and one score a shot", async () => {
  const scorer = await openScorer(descriptorWidth, { seed: 1, weights: run });
  const { scores, order } = await scorer.score(video);
  await scorer.close();
  const [ofShots] = await scoresOfRun(run, asSet);
  const most = Math.max(1, ...ofShots);
  const shotOf = [0, 0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 3];
  expect(scores).toEqual(Float32Array.from(shotOf, (shot) => ofShots[shot] / most));
  expect(order.toSorted()).toEqual(Int32Array.from(scores.keys()));
  expect(new Set(Array.from(order.subarray(0, 3), (k) => shotOf[k])).size).toBe(3);
});

const byBuiltIn = async (model: ScoringModel) => {
  const scorer = await openScorer(descriptorWidth, { seed: 1, model });
  const result = await scorer.score(video);
  await scorer.close();
  return result;
};

test("vsLSTM, which trained importance alone, orders shots by it", async () => {
  const { scores, order } = await byBuiltIn("vslstm");
  const shotOf = [0, 0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 3];
  const inOrder = [...new Set(Array.from(order, (k) => shotOf[k]))];
  const importance = (shot: number) => scores[shotOf.indexOf(shot)];
  expect(inOrder).toEqual(inOrder.toSorted((a, b) => importance(b) - importance(a)));
});

test("networks joined by + count alike", async () => {
  const [both, one, other] = await Promise.all(
    (["vslstm+dpplstm", "vslstm", "dpplstm"] as const).map(byBuiltIn),
  );
  expect(both).toEqual(mixed([one, other]));
});

test("adapted, the ranking by a fit counts as much as the trained one", async () => {
  const scoresBy = async (adapt: boolean) => {
    const scorer = await openScorer(descriptorWidth, { seed: 1, weights: run, adapt });
    const result = await scorer.score(video);
    await scorer.close();
    return result;
  };
  const [alone, adapted, again] = [await scoresBy(false), await scoresBy(true), await scoresBy(true)];
  expect(again).toEqual(adapted);
  expect(adapted.scores).not.toEqual(alone.scores);
  expect(adapted.scores.every((score) => score >= 0 && score <= 1)).toBe(true);
});

test("a damaged model is named in one sentence", async () => {
  const broken = await mkdtemp(join(tmpdir(), "gatefold-broken-"));
  try {
    await copyFile(join(run, "task.json"), join(broken, "task.json"));
    await writeFile(join(broken, "model.onnx"), "no model");
    await expect(openScorer(descriptorWidth, { seed: 1, weights: broken })).rejects.toThrow(/model\.onnx/);
  } finally {
    await rm(broken, { recursive: true });
  }
});

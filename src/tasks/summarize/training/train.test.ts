import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { annotatedSet, FEATURES } from "../../../../test/annotated-videos.ts";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { ranking, spearman } from "../evaluation/rank-correlation.ts";
import { descriptorWidth } from "../frames/descriptor.ts";
import { openScorer } from "../scoring/score-frames.ts";
import type { ModelName, Recipe } from "../scoring/task-file.ts";
import { recipeOf } from "./recipes.ts";
import { scoresOfRun } from "./run-scores.ts";
import { type TrainSummariesOptions, trainSummaries } from "./train.ts";

const set = annotatedSet(6);
const split = { train: ["v0", "v1", "v2", "v3"], test: ["v4", "v5"] };
const [, , , , first, second] = set.videos;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-summary-training-"));
});
afterAll(() => rm(folder, { recursive: true }));

const small: Partial<Recipe> = {
  units: 6,
  width: 5,
  epochs: 12,
  patience: 20,
  learningRate: 0.03,
  videosPerStep: 2,
};

function train(
  name: string,
  model: ModelName,
  changes: Partial<Recipe> = {},
  options: Partial<TrainSummariesOptions> = {},
) {
  const recipe = { ...recipeOf[model], ...small, ...changes };
  return trainSummaries([set], join(folder, name), { recipe, setting: "canonical", split, ...options });
}

const agreement = (scores: ArrayLike<number>, { importance }: AnnotatedVideo) =>
  spearman(ranking(scores), ranking(importance!));

describe.each([
  { name: "vsLSTM", model: "vslstm", changes: {} },
  { name: "dppLSTM in stages", model: "dpplstm", changes: {} },
  { name: "dppLSTM with both losses at once", model: "dpplstm", changes: { joint: true, cell: "gru" } },
] as const)("$name", ({ name, model, changes }) => {
  test("learns what makes a step important, and tells it of videos of the test", async () => {
    await train(name, model, changes);
    const [inFour, inFive] = await scoresOfRun(join(folder, name), set, { videos: [first, second] });
    expect(agreement(inFour, first)).toBeGreaterThan(0.6);
    expect(agreement(inFive, second)).toBeGreaterThan(0.6);
    for (const decoding of ["importance", "diagonal", "greedy"] as const) {
      const [scores] = await scoresOfRun(join(folder, name), set, { videos: [first], decoding });
      expect(scores).toHaveLength(first.picks.length);
      expect(scores.every(Number.isFinite)).toBe(true);
    }
  });
});

/** Features of which all unimportant steps show the same. */
function varied({ features, importance }: AnnotatedVideo) {
  const { data, width } = features!;
  const isPlain = (at: number) => importance![Math.floor(at / width)] < 0.75;
  return { data: data.map((value, at) => (isPlain(at) ? 1 : 3 * value)), width };
}

test("without labels, reward on videos that were not learned from grows", async () => {
  const rewards: number[] = [];
  const unlabeled = {
    name: "unlabeled",
    videos: set.videos.map((video) => ({
      ...video,
      users: [],
      importance: undefined,
      features: varied(video),
    })),
  };
  await trainSummaries([unlabeled], join(folder, "dsn"), {
    recipe: { ...recipeOf.dsn, ...small, epochs: 25 },
    setting: "canonical",
    split,
    onEvent: (event) => event.event === "epoch" && rewards.push(event.validation!.reward),
  });
  expect(Math.max(...rewards)).toBeGreaterThan(rewards[0]);
});

test("a network over shots gives all steps of a shot the same score", async () => {
  await train("shots", "vslstm", { steps: "shots", inputs: ["features", "duration"], epochs: 2 });
  const [scores] = await scoresOfRun(join(folder, "shots"), set, { videos: [first] });
  expect(scores).toHaveLength(first.picks.length);
  for (let step = 0; step < scores.length; step += 2) expect(scores[step + 1]).toBe(scores[step]);
});

test.each(["dpplstm", "dsn"] as const)(
  "an interrupted training of %s ends with the numbers of one that was not",
  async (model) => {
    const stages = model === "dsn" ? ["reward"] : ["importance", "process"];
    await train(`${model} whole`, model, { epochs: 4 });
    for (const stage of stages) {
      const stop = new AbortController();
      let steps = 0;
      const { reason } = await train(
        `${model} cut`,
        model,
        { epochs: 4 },
        {
          signal: stop.signal,
          onEvent: (event, of) => {
            if (event.event === "step" && of === stage && ++steps === 3) stop.abort(new Error("stopped"));
          },
        },
      );
      expect(reason).toBe("interrupted");
      expect(readdirSync(join(folder, `${model} cut`))).toEqual(["training"]);
    }
    expect((await train(`${model} cut`, model, { epochs: 4 })).reason).toBe("epochs");
    for (const file of [...stages.map((stage) => `training/${stage}/metrics.jsonl`), "model.onnx"]) {
      const read = (run: string) => readFileSync(join(folder, `${model} ${run}`, file));
      expect(read("cut").equals(read("whole")), file).toBe(true);
    }
  },
);

test("a run weighs a video's frames where its features fit, and says why it can't where they don't", async () => {
  await train("fits", "vslstm", { inputs: ["features", "position"], epochs: 1 });
  const run = join(folder, "fits");
  const scorer = await openScorer(FEATURES, { seed: 1, weights: run });
  const { picks: frames, frameCount, shots, features } = first;
  const { scores, order } = await scorer.score({
    frames,
    frameCount,
    shots: shots!,
    features: features!.data,
    descriptors: new Float32Array(frames.length * descriptorWidth),
  });
  await scorer.close();
  const [expected] = await scoresOfRun(run, set, { videos: [first] });
  expect(scores).toEqual(expected);
  expect(order.toSorted()).toEqual(Int32Array.from(scores.keys()));
  await expect(openScorer(347, { seed: 1, weights: run })).rejects.toThrow(
    /features of 4 values, and here there are 347/,
  );
  await expect(openScorer(FEATURES, { seed: 1, weights: folder })).rejects.toThrow(
    /no run of "gatefold train summarize"/,
  );
  await train("by shot", "vslstm", { steps: "shots", epochs: 1 });
  const other = join(folder, "by shot");
  await expect(openScorer(FEATURES, { seed: 1, weights: other })).rejects.toThrow(
    /reads shots by features of 4 values/,
  );
});

test("sets with different features, and another recipe in the same folder, are refused", async () => {
  const narrow = {
    name: "narrow",
    videos: [{ ...first, features: { data: new Float32Array(2 * 28), width: 2 } }],
  };
  await expect(
    trainSummaries([set, narrow], join(folder, "mixed"), {
      recipe: { ...recipeOf.vslstm, ...small },
      setting: "augmented",
      split,
    }),
  ).rejects.toThrow(/have 4 values and those of narrow\/v4 2/);
  await train("same", "vslstm", { epochs: 1 });
  await expect(train("same", "vslstm", { epochs: 1, seed: 2 })).rejects.toThrow(/run with other settings/);
});

test("importance starts at the mean of what is learned from", async () => {
  const low = {
    ...set,
    videos: set.videos.map((one) => ({ ...one, importance: one.importance!.map((y) => y / 5) })),
  };
  const run = join(folder, "start");
  const recipe = { ...recipeOf.vslstm, ...small, units: 64, epochs: 1, learningRate: 1e-9 };
  await trainSummaries([low], run, { recipe, setting: "canonical", split });
  const mean = (numbers: Iterable<number>) =>
    [...numbers].reduce((sum, one, _, { length }) => sum + one / length, 0);
  const told = (await scoresOfRun(run, low)).map(mean);
  const wanted = low.videos.map(({ importance }) => mean(importance));
  expect(mean(told)).toBeCloseTo(mean(wanted), 1); // from a bias of 0 it may be anything from .2 to .8
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gradientError } from "../../../../test/finite-differences.ts";
import { type ArrayTensor, interpret } from "../../../graph/interpret.ts";
import { gradient } from "../../../transform/gradient.ts";
import { initialWeights } from "../../../weights/declare.ts";
import { random } from "../../../weights/random.ts";
import { writeSafetensors } from "../../../weights/safetensors.ts";
import { descriptorWidth } from "../frames/descriptor.ts";
import { rewardGraph } from "./fit-without-labels.ts";
import { scoringGraph, summaryNetwork } from "./network.ts";
import { openScorer, type ScorerOptions } from "./score-frames.ts";

const [frames, width] = [40, 6];

/** Forty frames that look alike, but for four in the middle. */
const features = random(3)
  .stream("features")
  .normals(new Float32Array(frames * width), 1, 0.02);
for (let t = 18; t < 22; t++) for (let i = 0; i < width; i++) features[t * width + i] *= i % 2 === 0 ? -1 : 1;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-scores-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function score(given: Float32Array, options: ScorerOptions, values = width) {
  const scorer = await openScorer(values, options);
  try {
    const count = given.length / values;
    return await scorer.score({
      frames: Int32Array.from({ length: count }, (_, k) => k),
      frameCount: count,
      features: given,
      descriptors: new Float32Array(count * descriptorWidth),
      shots: [{ start: 0, end: count }],
    });
  } finally {
    await scorer.close();
  }
}

/** Weights of a network of 5 units and φ of 4 values, as a file. */
async function weightsFile(
  name: string,
  change: (tensors: Map<string, Float32Array>) => void = () => {},
): Promise<string> {
  const graph = scoringGraph(summaryNetwork({ inputs: width, units: 5, width: 4 }));
  const values = new Map(Object.entries(initialWeights(graph, 1)));
  change(values);
  const shapes = new Map(graph.inputs.map((input) => [input.name, input.shape as number[]]));
  const tensors = [...values].map(
    ([path, data]) => [path, { dtype: "float32", dims: shapes.get(path)!, data }] as const,
  );
  const file = join(folder, name);
  await writeFile(file, writeSafetensors(tensors));
  return file;
}

test("frames unlike the rest become important, and the same seed gives the same scores", async () => {
  const first = await score(features, { seed: 1 });
  const again = await score(features, { seed: 1 });
  expect(again.scores).toEqual(first.scores);
  const mean = (from: number, to: number) =>
    first.scores.slice(from, to).reduce((a, b) => a + b) / (to - from);
  expect(mean(18, 22)).toBeGreaterThan(2 * mean(0, 16));
  expect([...first.order].sort((a, b) => a - b)).toEqual(Array.from({ length: frames }, (_, t) => t));
});

test("a video of one frame has a score", async () => {
  const { scores, order } = await score(features.slice(0, width), { seed: 1 });
  expect(scores).toHaveLength(1);
  expect([...order]).toEqual([0]);
});

test("trained weights give the scores of the network that they are for", async () => {
  const file = await weightsFile("good.safetensors");
  const { scores } = await score(features, { seed: 1, weights: file });
  const other = await score(features, { seed: 2, weights: file });
  expect(other.scores).toEqual(scores); // nothing is drawn
  expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
});

test("weights for other features, that lack a tensor or are no numbers, and no weights at all are refused", async () => {
  const by = (weights: string, values = width) => score(features, { seed: 1, weights }, values);
  const good = await weightsFile("other.safetensors");
  await expect(by(good, 10)).rejects.toThrow(/for features of 6 values, but there are 10/);
  const lacking = await weightsFile("lacking.safetensors", (tensors) =>
    tensors.delete("similarity.hidden.bias"),
  );
  await expect(by(lacking)).rejects.toThrow(/lack "similarity.hidden.bias"/);
  const broken = await weightsFile("broken.safetensors", (tensors) => {
    tensors.get("similarity.hidden.bias")![1] = Number.NaN;
  });
  await expect(by(broken)).rejects.toThrow(/broken.safetensors: "similarity.hidden.bias" holds NaN at \[1\]/);
  await expect(by(join(folder, "none"))).rejects.toThrow(/can't be read/);
});

test("features that are no numbers are named", async () => {
  const broken = features.with(7 * width + 2, Number.NaN);
  await expect(score(broken, { seed: 1 })).rejects.toThrow(/frame 7 hold NaN/);
});

test("the gradient of the fit's loss agrees with finite differences", () => {
  const [time, pieces, episodes] = [3, 2, 3];
  const network = summaryNetwork({ inputs: 3, units: 2, width: 4 });
  const graph = rewardGraph(network);
  const stream = random(5).stream("feeds");
  const normal = (...shape: number[]): ArrayTensor => ({
    shape,
    data: stream.normals(new Float64Array(shape.reduce((a, b) => a * b, 1)), 0, 0.7),
  });
  const weights = graph.inputs.filter(({ role }) => role === "weight");
  const feeds = {
    ...Object.fromEntries(weights.map(({ name, shape }) => [name, normal(...(shape as number[]))])),
    x: normal(time, pieces, 3),
    actions: { shape: [episodes, pieces, time], data: Float64Array.from({ length: 18 }, (_, k) => k % 2) },
    advantages: normal(episodes),
    best: { shape: [2], data: Float64Array.of(1, 3) },
    processWeight: { shape: [], data: Float64Array.of(0.3) },
  };
  const names = weights.map(({ name }) => name);
  expect(Number.isFinite(interpret(graph, feeds).loss.data[0])).toBe(true);
  expect(
    gradientError(gradient(graph, { of: "loss", with: names }), feeds, { of: "loss", with: names }),
  ).toBeLessThan(1e-7);
});

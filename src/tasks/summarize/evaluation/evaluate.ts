/** All that is compared on a set, measured on the same videos in the same way. */
import { random } from "../../../weights/random.ts";
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import { checkTogether, checkVideo, type FieldNames } from "../datasets/check-video.ts";
import { Findings } from "../datasets/findings.ts";
import type { Split } from "../datasets/splits.ts";
import { drawVideos, meanInterval } from "./bootstrap.ts";
import { Judge } from "./judge.ts";
import { type Measured, type Metric, metrics } from "./metrics.ts";
import { drawSigns, signFlipTest } from "./paired-test.ts";
import { checkSplits, folds } from "./splits.ts";

/** Where a row of the table comes from. */
export type Origin = "people" | "untrained" | "without content" | "given";

/** Something to be measured. */
export interface Candidate {
  name: string;
  origin: Origin;
  /**
   * Learns, where it does, from the videos of a split's first part, and gives what measures a video of the second.
   *
   * @param train videos of this set; a split's others are not here.
   * @param split which one, from 0
   */
  fit(train: readonly AnnotatedVideo[], split: number): (judge: Judge) => Measured;
}

export interface Row {
  name: string;
  origin: Origin;
  /** Of each video that is measured on, in the order of `Evaluation.videos`. */
  perVideo: readonly Measured[];
  /** Mean over splits of the mean over their test videos. */
  mean: Measured;
  /** 95 %, by bootstrap over videos. */
  interval: Record<Metric, [number, number]>;
}

/** One row beside another on the same videos. */
export interface Comparison {
  rows: readonly [string, string];
  metric: Metric;
  /** The first row's mean less the second's. */
  difference: number;
  interval: [number, number];
  /** Two-sided, by sign flips over videos. */
  p: number;
}

export interface Evaluation {
  set: string;
  /** All that are measured on. */
  videos: readonly string[];
  /** How much each counts in a mean: the same for all where every video is tested as often. */
  weights: readonly number[];
  splits: number;
  seed: number;
  rows: readonly Row[];
  /** Each pair of rows, of each metric that both have. */
  comparisons: readonly Comparison[];
}

export interface EvaluateOptions {
  candidates: readonly Candidate[];
  /** Five folds that cover every video once, where none are given. */
  splits?: readonly Split[];
  /** Of the folds, the bootstrap and the test. */
  seed?: number;
}

/**
 * Measures candidates on a set. Each learns from the training part of a split and is measured on its test part; a mean is the mean
 * over splits of the mean over their test videos, as the field reports it.
 *
 * @example
 * const { rows } = evaluateSummaries(set, { candidates: baselines(set, 1) });
 * for (const { name, mean, interval } of rows) console.log(name, mean.rho, interval.rho);
 * @throws InputError for annotations or splits that don't fit the set
 */
export function evaluateSummaries(
  set: AnnotatedSet,
  { candidates, splits, seed = 1 }: EvaluateOptions,
): Evaluation {
  const findings = new Findings(set.name, true);
  checkTogether(set.videos, findings);
  for (const video of set.videos) checkVideo(video, fieldNames, findings);
  const names = set.videos.map(({ name }) => name);
  const parts = splits ?? folds(names, { seed });
  checkSplits(parts, names);
  const tested = names.filter((name) => parts.some(({ test }) => test.includes(name)));
  const byName = new Map(set.videos.map((video) => [video.name, video]));
  const judges = new Map(tested.map((name) => [name, new Judge(byName.get(name)!)]));
  const weights = tested.map((name) => parts.reduce((sum, part) => sum + weightOf(name, part, parts), 0));

  const streams = random(seed);
  const draws = drawVideos(tested.length, streams.stream("bootstrap"));
  const rows = candidates.map((candidate) => {
    const perVideo = measureAll(candidate, parts, tested, judges, byName);
    const column = (metric: Metric) => perVideo.map((measured) => measured[metric]);
    return {
      name: candidate.name,
      origin: candidate.origin,
      perVideo,
      mean: eachMetric((metric) => weightedMean(column(metric), weights)),
      interval: eachMetric((metric) => meanInterval(column(metric), weights, draws)),
    };
  });

  const signs = drawSigns(tested.length, streams.stream("signs"));
  const pairs = rows.flatMap((one, at) => rows.slice(at + 1).map((other) => [one, other] as const));
  const comparisons = pairs.flatMap(([one, other]) =>
    metrics.flatMap((metric): Comparison[] => {
      const differences = one.perVideo.map((measured, at) => measured[metric] - other.perVideo[at][metric]);
      if (differences.every(Number.isNaN)) return [];
      return [
        {
          rows: [one.name, other.name],
          metric,
          difference: weightedMean(differences, weights),
          interval: meanInterval(differences, weights, draws),
          p: signFlipTest(
            differences.map((difference, at) => difference * weights[at]),
            signs,
          ),
        },
      ];
    }),
  );
  return { set: set.name, videos: tested, weights, splits: parts.length, seed, rows, comparisons };
}

const fieldNames: FieldNames = {
  frameCount: "frameCount",
  picks: "picks",
  features: "features",
  shots: "shots",
  summary: "summary",
  scores: "scores",
  importance: "importance",
  keySteps: "keySteps",
};

/** What a video counts for in one split. */
function weightOf(name: string, { test }: Split, all: readonly Split[]): number {
  return test.includes(name) ? 1 / (test.length * all.length) : 0;
}

/** Of each tested video; of one that several splits test, the mean over them. */
function measureAll(
  candidate: Candidate,
  splits: readonly Split[],
  tested: readonly string[],
  judges: ReadonlyMap<string, Judge>,
  videos: ReadonlyMap<string, AnnotatedVideo>,
): Measured[] {
  const found = new Map(tested.map((name) => [name, [] as { measured: Measured; weight: number }[]]));
  for (const [at, split] of splits.entries()) {
    const train = split.train.flatMap((name) => videos.get(name) ?? []);
    const measure = candidate.fit(train, at);
    for (const name of split.test) {
      const weight = weightOf(name, split, splits);
      found.get(name)!.push({ measured: measure(judges.get(name)!), weight });
    }
  }
  return tested.map((name) => {
    const times = found.get(name)!;
    const weights = times.map(({ weight }) => weight);
    return eachMetric((metric) =>
      weightedMean(
        times.map(({ measured }) => measured[metric]),
        weights,
      ),
    );
  });
}

/** Of the values that are not NaN. */
function weightedMean(values: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  let weight = 0;
  for (const [at, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    sum += value * weights[at];
    weight += weights[at];
  }
  return sum / weight;
}

function eachMetric<Value>(of: (metric: Metric) => Value): Record<Metric, Value> {
  return Object.fromEntries(metrics.map((metric) => [metric, of(metric)])) as Record<Metric, Value>;
}

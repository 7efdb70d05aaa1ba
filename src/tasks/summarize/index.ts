/** The key moments of a video: `gatefold summarize` as a function, and its parts. */

export type { AnnotatedSet, AnnotatedVideo, FrameRange, UserAnnotation } from "./datasets/annotated-video.ts";
export { writeEccv16 } from "./datasets/eccv16-write.ts";
export { type MakeSetEvents, type MakeSetOptions, makeSet } from "./datasets/make-set.ts";
export { openAnnotatedSet } from "./datasets/open.ts";
export { withShotFeatures } from "./datasets/shot-histograms.ts";
export { readSplits, type Split } from "./datasets/splits.ts";
export { baselines } from "./evaluation/baselines.ts";
export {
  type Candidate,
  type Comparison,
  type EvaluateOptions,
  type Evaluation,
  evaluateSummaries,
  type Origin,
  type Row,
} from "./evaluation/evaluate.ts";
export { Judge } from "./evaluation/judge.ts";
export { frameScores, keyShots } from "./evaluation/key-shots.ts";
export { type Measured, type Metric, metrics } from "./evaluation/metrics.ts";
export { kendall, type Ranking, ranking, spearman } from "./evaluation/rank-correlation.ts";
export { readScores } from "./evaluation/read-scores.ts";
export { folds } from "./evaluation/splits.ts";
export { evaluationTable } from "./evaluation/write-table.ts";
export {
  type Stage,
  type Summarized,
  type SummarizeEvents,
  type SummarizeOptions,
  summarize,
} from "./pipeline.ts";
export { builtInRuns, defaultModel, type ScoringModel, scoringModels } from "./scoring/built-in.ts";
export { type Decoding, decodings } from "./scoring/decode.ts";
export { type NetworkSize, type SummaryNetwork, scoringGraph, summaryNetwork } from "./scoring/network.ts";
export { type InputPart, inputParts } from "./scoring/network-input.ts";
export type { ModelName, Recipe } from "./scoring/task-file.ts";
export { type SegmentOptions, type Segments, segment } from "./shots/kts.ts";
export {
  type Keyframe,
  type Shot,
  type Summary,
  summaryJsonSchema,
  summarySchema,
  summaryVersion,
} from "./summary.ts";
export { readRuns, type TestedRuns } from "./training/read-runs.ts";
export { recipeOf } from "./training/recipes.ts";
export { type RunScoresOptions, scoresOfRun } from "./training/run-scores.ts";
export type { Setting } from "./training/select-videos.ts";
export { type TrainSummariesOptions, trainSummaries } from "./training/train.ts";

/** Layers: functions of sequences that own their weights. */

export { type ApproximateDropoutOptions, approximateDropout, patternsOf } from "./approximate-dropout.ts";
export { type AttentionCall, type AttentionLayer, type AttentionOptions, attention } from "./attention.ts";
export {
  type AttentionScore,
  type AttentionScoreOptions,
  attentionScore,
  dotScore,
  scaledScore,
} from "./attention-scores.ts";
export {
  type AttentiveConvolution,
  type AttentiveConvolutionOptions,
  attentiveConvolution,
} from "./attentive-convolution.ts";
export { type ConvolutionEncoderOptions, convolutionEncoder } from "./convolution-encoder.ts";
export { type Crf, type CrfOptions, crf } from "./crf.ts";
export { type CrfScores, crfDecode, crfDecodeBatch, type DecodeOptions, type TagPath } from "./crf-decode.ts";
export { type DenseOptions, dense } from "./dense.ts";
export { type DppOptions, dppLogLikelihood, dppLogNormalizer } from "./dpp.ts";
export { type DppRows, dppGreedy } from "./dpp-greedy.ts";
export { dropout } from "./dropout.ts";
export { type DropoutPattern, patternFeeds } from "./dropout-patterns.ts";
export { dropoutPeriods } from "./dropout-periods.ts";
export { type L2ScaleOptions, l2Scale } from "./l2-scale.ts";
export type { Layer, LayerCall } from "./layer.ts";
export { layerNormalization } from "./layer-normalization.ts";
export { linearRecurrence } from "./linear-recurrence.ts";
export { type ParallelRecurrentOptions, parallelRecurrent } from "./parallel-recurrent.ts";
export {
  type AttentionPooling,
  attentionPooling,
  hierarchicalPooling,
  lastPooling,
  maximumPooling,
  meanPooling,
} from "./pooling.ts";
export { positions, sinusoidalPositions } from "./positions.ts";
export {
  bidirectional,
  type RecurrentCall,
  type RecurrentLayer,
  type RecurrentOptions,
  recurrent,
  stacked,
} from "./recurrent.ts";
export {
  convertTags,
  type TagConstraint,
  type TagScheme,
  type TagSpan,
  tagConstraint,
  tagIndices,
  tagSchemes,
  tagSet,
  tagSpans,
  tagsOfSpans,
} from "./tag-schemes.ts";
export {
  type TemporalBlockOptions,
  type TemporalStackOptions,
  temporalBlock,
  temporalStack,
} from "./temporal-block.ts";

/** The key moments of a video: `gatefold summarize` as a function, and its parts. */
export { type SegmentOptions, type Segments, segment } from "./kts.ts";
export { type NetworkSize, type SummaryNetwork, scoringGraph, summaryNetwork } from "./network.ts";
export {
  type Stage,
  type Summarized,
  type SummarizeEvents,
  type SummarizeOptions,
  summarize,
} from "./pipeline.ts";
export {
  type Keyframe,
  type Shot,
  type Summary,
  summaryJsonSchema,
  summarySchema,
  summaryVersion,
} from "./summary.ts";

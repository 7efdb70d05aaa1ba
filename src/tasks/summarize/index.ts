/** The key moments of a video: `gatefold summarize` as a function, and its parts. */

export {
  type Stage,
  type Summarized,
  type SummarizeEvents,
  type SummarizeOptions,
  summarize,
} from "./pipeline.ts";
export { type NetworkSize, type SummaryNetwork, scoringGraph, summaryNetwork } from "./scoring/network.ts";
export { type SegmentOptions, type Segments, segment } from "./shots/kts.ts";
export {
  type Keyframe,
  type Shot,
  type Summary,
  summaryJsonSchema,
  summarySchema,
  summaryVersion,
} from "./summary.ts";

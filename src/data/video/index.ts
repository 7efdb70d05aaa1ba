/** Videos: frames with the container's own times, and parts of them cut and joined. */
export { type DecoderChoice, openVideo } from "./open.ts";
export type { Segment, Skim, SkimOptions } from "./skim/skim.ts";
export { writeSkim } from "./skim/write.ts";
export type {
  Picture,
  Rotation,
  SampledFrame,
  SampleOptions,
  Sampling,
  Scan,
  VideoInfo,
  VideoReader,
} from "./video.ts";

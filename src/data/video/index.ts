/** Videos: frames with the container's own times, and parts of them cut and joined. */
export { type Segment, type Skim, type SkimOptions, writeSkim } from "./skim.ts";
export {
  type DecoderChoice,
  openVideo,
  type Picture,
  type Rotation,
  type SampledFrame,
  type SampleOptions,
  type Sampling,
  type Scan,
  type VideoInfo,
  type VideoReader,
} from "./video.ts";

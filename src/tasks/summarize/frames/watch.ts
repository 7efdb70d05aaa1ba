import type { SampledFrame, Scan, VideoInfo, VideoReader } from "../../../data/video/video.ts";
import { Filmstrip } from "../report/filmstrip.ts";
import { descriptorWidth, FrameDescriber } from "./descriptor.ts";
import type { FeatureNetwork } from "./onnx-features.ts";
import { type Quality, quality } from "./quality.ts";

/** What one pass over a video leaves for all that follows. */
export interface Watched {
  info: VideoInfo;
  scan: Scan;
  /** Frame that each sample shows, and its time in seconds: [samples]. */
  frames: Int32Array;
  times: Float64Array;
  /** What is summarized by, [samples, width]: the network's features, or the descriptors themselves. */
  features: Float32Array;
  width: number;
  /** [samples, descriptorWidth] */
  descriptors: Float32Array;
  quality: Quality[];
  /** Evenly spread pictures, for the report. */
  strip: Filmstrip;
}

/** Side of the square pictures, where no network needs others. */
const pictureSize = 224;

export interface WatchOptions {
  fps: number;
  /** Decode only the coded key frames. */
  fast: boolean;
  network?: FeatureNetwork;
  onProgress?: (seconds: number) => void;
  signal?: AbortSignal;
}

/** Decodes the video once. */
export async function watch(reader: VideoReader, options: WatchOptions): Promise<Watched> {
  const { fps, fast, network, onProgress, signal } = options;
  const size = network?.size ?? pictureSize;
  const sampling = reader.sample({ fps, size, keyframesOnly: fast, onProgress, signal });
  const describer = new FrameDescriber();
  const strip = new Filmstrip();
  const samples: Pick<SampledFrame, "index" | "time">[] = [];
  const rows: Float32Array[] = [];
  const qualities: Quality[] = [];
  for await (const { index, time, picture } of sampling.frames) {
    signal?.throwIfAborted();
    const { descriptor, gray } = describer.next(picture);
    samples.push({ index, time });
    rows.push(descriptor);
    qualities.push(quality(gray, picture.width, picture.height));
    strip.add(index, time, picture);
    await network?.add(picture, time);
  }
  const descriptors = new Float32Array(rows.length * descriptorWidth);
  rows.forEach((row, k) => {
    descriptors.set(row, k * descriptorWidth);
  });
  return {
    info: sampling.info(),
    scan: sampling.scan(),
    frames: Int32Array.from(samples, ({ index }) => index),
    times: Float64Array.from(samples, ({ time }) => time),
    ...((await network?.finish()) ?? { features: descriptors, width: descriptorWidth }),
    descriptors,
    quality: qualities,
    strip,
  };
}

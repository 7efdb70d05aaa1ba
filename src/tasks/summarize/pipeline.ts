import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { type DecoderChoice, openVideo, type Picture, type VideoReader } from "../../data/video/video.ts";
import { shotStarts } from "./cuts.ts";
import { appearanceWidth, descriptorWidth } from "./descriptor.ts";
import { scoreFrames } from "./fit.ts";
import { chooseKeyframes } from "./keyframes.ts";
import { segment } from "./kts.ts";
import { openOutputFolder } from "./output-folder.ts";
import { type ReportPicture, renderReport } from "./report.ts";
import { segmentCosts } from "./segment-costs.ts";
import { chooseShots, divideLong, longestSpan, spansFrom } from "./shots.ts";
import { type Keyframe, type Summary, summaryVersion } from "./summary.ts";
import { type Watched, watch } from "./watch.ts";

export interface SummarizeOptions {
  /** Folder for the results. */
  out: string;
  /** Largest part of the video that the skim may have, above 0 and at most 1. */
  share: number;
  /** Frames to look at, a second. */
  fps: number;
  /** Decode only the coded key frames. */
  fast: boolean;
  seed: number;
  maxKeyframes: number;
  /** ONNX file of an image network that makes the features; else the built-in descriptor. */
  features?: string;
  /** Trained weights of the scoring network; else it is fitted to this video. */
  weights?: string;
  decoder: DecoderChoice;
}

/** Parts of the work, in their order. */
export type Stage = "watch" | "score" | "write";

export interface SummarizeEvents {
  /** @param share of the stage that is done, 0 to 1. */
  onProgress?: (stage: Stage, share: number) => void;
  signal?: AbortSignal;
}

export interface Summarized {
  summary: Summary;
  /** Path of the report. */
  report: string;
  /** Seconds that each stage took. */
  timings: Record<Stage, number>;
}

/** Side of the squared pictures that are looked at. */
const pictureSize = 224;

/** Two boundaries nearer than this many seconds are one. */
const shortestShot = 0.5;

/** `vmax` of the segmentation for the built-in descriptor, whose unrelated pictures are about 0.3 apart. */
const descriptorVmax = 0.15;

/**
 * Summarizes a video file into a folder: summary.json, keyframes/, skim.mp4, report.html. The folder appears complete
 * or not at all. Throws InputError for what a user can mend, and the signal's reason when aborted.
 */
export async function summarize(
  file: string,
  options: SummarizeOptions,
  { onProgress, signal }: SummarizeEvents = {},
): Promise<Summarized> {
  const reader = await openVideo(file, { decoder: options.decoder });
  try {
    const folder = await openOutputFolder(options.out);
    try {
      const done = await fill(folder.aside, reader, options, { onProgress, signal });
      await folder.commit();
      return { ...done, report: join(options.out, "report.html") };
    } finally {
      await folder.discard();
    }
  } finally {
    await reader.close();
  }
}

async function fill(
  aside: string,
  reader: VideoReader,
  options: SummarizeOptions,
  { onProgress, signal }: SummarizeEvents,
): Promise<Omit<Summarized, "report">> {
  const clock = stopwatch();
  const watched = await watch(reader, {
    fps: options.fps,
    size: pictureSize,
    fast: options.fast,
    onProgress: (seconds) => onProgress?.("watch", Math.min(1, seconds / (reader.declared.duration || 1))),
    signal,
  });
  clock.lap("watch");
  const { scores, order } = await scoreFrames(
    watched.descriptors,
    { frames: watched.frames.length, width: descriptorWidth },
    {
      seed: options.seed,
      weights: options.weights,
      onProgress: (share) => onProgress?.("score", share),
      signal,
    },
  );
  const shots = findShots(watched, scores, options.share);
  const chosen = chooseKeyframes(
    { ...watched, scores, order, appearance: watched.descriptors, width: descriptorWidth },
    shots,
    options.maxKeyframes,
  );
  clock.lap("score");

  const keyframes: Keyframe[] = chosen.map(({ frame, shot }) => ({
    frame,
    time: watched.scan.times[frame],
    shot,
    file: `keyframes/frame-${String(frame).padStart(6, "0")}.jpg`,
  }));
  const { rotation: _, audio: __, ...video } = watched.info;
  const summary: Summary = {
    format: "gatefold-summary",
    version: summaryVersion,
    video: { ...video, file: reader.declared.file },
    shots,
    keyframes,
    frames: Array.from(watched.times, (time, k) => ({ time, score: scores[k] })),
    settings: {
      share: options.share,
      fps: options.fps,
      fast: options.fast,
      maxKeyframes: options.maxKeyframes,
      features: options.features ?? "built-in",
      weights: options.weights ?? null,
      decoder: reader.decoder,
    },
    seed: options.seed,
    warnings: [...reader.notes],
    versions: { node: process.versions.node },
  };
  await write(aside, reader, summary, watched, (share) => onProgress?.("write", share), signal);
  clock.lap("write");
  return { summary, timings: clock.seconds };
}

function findShots({ frames, scan, info, descriptors }: Watched, scores: Float32Array, share: number) {
  const features = unitRows(descriptors, frames.length, descriptorWidth, appearanceWidth);
  const shape = { frames: frames.length, width: appearanceWidth };
  const { changePoints } = segment(features, shape, { vmax: descriptorVmax });
  const starts = shotStarts({ changePoints, sampleFrames: frames, scan, minimum: shortestShot });
  const budget = Math.max(1, Math.floor(share * info.frames));
  const costs = segmentCosts(features, frames.length, appearanceWidth);
  const spans = divideLong(spansFrom(starts, info.frames), longestSpan(budget, info.fps), {
    costs,
    sampleFrames: frames,
    scan,
  });
  return chooseShots(spans, {
    scores,
    sampleFrames: frames,
    times: scan.times,
    duration: info.duration,
    budget,
  });
}

/** The first `kept` of each row's `width` values, scaled to length 1: the cosine kernel of the segmentation. */
function unitRows(rows: Float32Array, count: number, width: number, kept: number): Float32Array {
  const unit = new Float32Array(count * kept);
  for (let k = 0; k < count; k++) {
    const row = rows.subarray(k * width, k * width + kept);
    const length = Math.hypot(...row) || 1;
    for (let i = 0; i < kept; i++) unit[k * kept + i] = row[i] / length;
  }
  return unit;
}

async function write(
  aside: string,
  reader: VideoReader,
  summary: Summary,
  watched: Watched,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(join(aside, "keyframes"));
  const { width, height } = summary.video;
  const shown: ReportPicture[] = [];
  for await (const { index, time, picture } of reader.pictures(
    summary.keyframes.map(({ frame }) => frame),
    signal,
  )) {
    const keyframe = summary.keyframes[shown.length];
    await jpeg(picture, picture.width, picture.height, 88).then((bytes) =>
      writeFile(join(aside, keyframe.file), bytes),
    );
    const small = await jpeg(picture, Math.min(width, 640), undefined, 72);
    shown.push({ frame: index, time, uri: dataUri(small) });
    onProgress((0.5 * shown.length) / summary.keyframes.length);
  }
  const strip: ReportPicture[] = [];
  for (const { frame, time, picture } of watched.strip.pictures) {
    const small = await jpeg(picture, 160, Math.round((160 * height) / width), 60);
    strip.push({ frame, time, uri: dataUri(small) });
  }
  await writeFile(join(aside, "report.html"), renderReport(summary, { keyframes: shown, strip }));
  await writeFile(join(aside, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  onProgress(1);
}

async function jpeg(
  { data, width, height }: Picture,
  toWidth: number,
  toHeight: number | undefined,
  quality: number,
) {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { fit: "fill" })
    .jpeg({ quality, mozjpeg: true })
    .toBuffer();
}

const dataUri = (bytes: Buffer) => `data:image/jpeg;base64,${bytes.toString("base64")}`;

function stopwatch() {
  const seconds: Record<Stage, number> = { watch: 0, score: 0, write: 0 };
  let last = performance.now();
  return {
    seconds,
    lap(stage: Stage) {
      const now = performance.now();
      seconds[stage] = (now - last) / 1000;
      last = now;
    },
  };
}

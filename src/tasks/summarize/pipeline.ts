import { join } from "node:path";
import { type DecoderChoice, openVideo } from "../../data/video/open.ts";
import type { VideoReader } from "../../data/video/video.ts";
import { InputError } from "../../graph/errors.ts";
import { version } from "../../version.ts";
import { findFeatures } from "./features/find-features.ts";
import { descriptorWidth } from "./frames/descriptor.ts";
import { type FeatureNetwork, openFeatureNetwork } from "./frames/onnx-features.ts";
import { visibility } from "./frames/quality.ts";
import { type Watched, watch } from "./frames/watch.ts";
import { chooseKeyframes } from "./keyframes.ts";
import { type OutputFolder, openOutputFolder } from "./output-folder.ts";
import { writeResults } from "./results.ts";
import { defaultModel, type ScoringModel } from "./scoring/built-in.ts";
import { openScorer, type Scorer } from "./scoring/score-frames.ts";
import { hardCuts } from "./shots/cuts.ts";
import { divideForSkim, findSpans } from "./shots/find-shots.ts";
import { chooseShots } from "./shots/shots.ts";
import { type Keyframe, type Summary, summaryVersion } from "./summary.ts";

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
  /** An image network that makes the features: the name of a known one, or its ONNX file; else the built-in descriptor. */
  features?: string;
  /** Trained weights of the scoring network: a file or a run. Else `model` tells what is used. */
  weights?: string;
  /** What weighs the video's moments: a network fitted to it, or one that the package brings along; else `defaultModel`. */
  model?: ScoringModel;
  /** Also fits a network to the video, and takes the mean of all rankings. */
  adapt?: boolean;
  decoder: DecoderChoice;
  /** Threads of the feature network. Scoring has one, for another number would change its last digits. */
  threads: number;
}

/** With nothing left open of what weighs. */
type Chosen = SummarizeOptions & { model: ScoringModel };

/** Parts of the work, in their order. */
export type Stage = "watch" | "score" | "write";

export interface SummarizeEvents {
  /** @param done of `total`: seconds watched; percent; files written. */
  onProgress?: (stage: Stage, done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface Summarized {
  summary: Summary;
  /** Path of the report. */
  report: string;
  /** Seconds that each stage took. */
  timings: Record<Stage, number>;
}

/** Most pictures to look at: their features and sums must fit in memory. */
const mostSamples = 100_000;

/**
 * Summarizes a video file into a folder: summary.json, keyframes/, skim.mp4, report.html. They appear complete
 * or not at all. Throws InputError for what a user can mend, and the signal's reason when aborted.
 */
export async function summarize(
  file: string,
  given: SummarizeOptions,
  events: SummarizeEvents = {},
): Promise<Summarized> {
  const options: Chosen = { ...given, model: given.model ?? defaultModel(given.features) };
  const { features, weights, model } = options;
  const reader = await openVideo(file, { decoder: options.decoder });
  let network: FeatureNetwork | undefined;
  let scorer: Promise<Scorer> | undefined;
  const scorerFor = (width: number) => {
    scorer ??= openScorer(width, options);
    return scorer;
  };
  let folder: OutputFolder | undefined;
  try {
    checkLength(reader, options);
    if (features !== undefined) network = await openNetwork(features, options.threads);
    // What is wrong with the weights shall show before the video is decoded; a fit gets ready meanwhile.
    else if (weights !== undefined || model !== "fit") await scorerFor(descriptorWidth);
    else scorerFor(descriptorWidth).catch(() => {});
    folder = await openOutputFolder(options.out);
    return await fill(folder, file, { reader, network, scorerFor }, options, events);
  } finally {
    await folder?.discard();
    await (await scorer?.catch(() => undefined))?.close();
    await network?.close();
    await reader.close();
  }
}

async function openNetwork(features: string, threads: number): Promise<FeatureNetwork> {
  const { file, settings } = await findFeatures(features);
  return openFeatureNetwork(file, threads, settings);
}

function checkLength({ declared }: VideoReader, { fps, fast }: SummarizeOptions): void {
  const samples = Math.ceil(declared.duration * fps);
  if (fast || samples <= mostSamples) return;
  throw new InputError(
    `${declared.file} at ${fps} frames a second gives ${samples} pictures to look at, too many to hold at once: ` +
      `choose --fps ${Math.floor((100 * mostSamples) / declared.duration) / 100} or less.`,
  );
}

/** What a summary is made by. */
interface Means {
  reader: VideoReader;
  network: FeatureNetwork | undefined;
  scorerFor: (width: number) => Promise<Scorer>;
}

async function fill(
  folder: OutputFolder,
  file: string,
  means: Means,
  options: Chosen,
  events: SummarizeEvents,
): Promise<Summarized> {
  const { reader } = means;
  const clock = stopwatch();
  const watched = await watchAll(means, options, events);
  clock.lap("watch");
  const summary = await compose(file, means, watched, options, events);
  clock.lap("score");
  await writeResults(folder.aside, summary, {
    reader,
    strip: watched.strip.pictures,
    onProgress: (done, total) => events.onProgress?.("write", done, total),
    signal: events.signal,
  });
  await folder.commit();
  clock.lap("write");
  return { summary, report: join(options.out, "report.html"), timings: clock.seconds };
}

function watchAll(
  { reader, network }: Means,
  { fps, fast }: SummarizeOptions,
  { onProgress, signal }: SummarizeEvents,
): Promise<Watched> {
  const { duration } = reader.declared;
  return watch(reader, {
    fps,
    fast,
    network,
    onProgress: (seconds) => onProgress?.("watch", Math.min(seconds, duration), duration),
    signal,
  });
}

async function compose(
  file: string,
  { reader, scorerFor }: Means,
  watched: Watched,
  options: Chosen,
  { onProgress, signal }: SummarizeEvents,
): Promise<Summary> {
  const { share, fps, fast, seed, maxKeyframes, features, weights } = options;
  const model = weights === undefined ? options.model : null;
  const { info, scan, times, frames: sampleFrames } = watched;
  const { width, height, duration, codec } = info;
  const scorer = await scorerFor(watched.width);
  const cuts = hardCuts(scan);
  const budget = Math.max(1, Math.floor(share * info.frames));
  const spans = divideForSkim(watched, findSpans(watched, cuts), budget);
  const { scores: judged, order } = await scorer.score(
    { ...watched, frameCount: info.frames, shots: spans },
    { onProgress: (done) => onProgress?.("score", Math.round(100 * done), 100), signal },
  );
  await scorer.close(); // Writing needs the memory.
  const scores = judged.map((score, k) => score * visibility(watched.quality[k]));
  const shots = chooseShots(spans, { scores, sampleFrames, times: scan.times, duration, budget });
  const candidates = {
    ...watched,
    scores,
    order,
    cuts: cuts.map(({ frame }) => frame),
    descriptor: (k: number) => rowOf(watched.descriptors, k, descriptorWidth),
  };
  const keyframes: Keyframe[] = chooseKeyframes(candidates, shots, maxKeyframes).map(({ frame, shot }) => ({
    frame,
    time: scan.times[frame],
    shot,
    file: `keyframes/frame-${String(frame).padStart(6, "0")}.jpg`,
  }));
  return {
    format: "gatefold-summary",
    version: summaryVersion,
    video: { file, width, height, duration, frames: info.frames, fps: info.fps, codec },
    shots,
    keyframes,
    frames: Array.from(times, (time, k) => ({ time, score: scores[k] })),
    settings: {
      share,
      fps,
      fast,
      maxKeyframes,
      features: features ?? "built-in",
      model,
      weights: weights ?? null,
      adapted: model !== "fit" && (options.adapt ?? false),
      decoder: reader.decoder,
    },
    seed,
    warnings: [...reader.notes],
    versions: { gatefold: version, node: process.versions.node },
  };
}

function rowOf(rows: Float32Array, k: number, width: number): Float32Array {
  return rows.subarray(k * width, (k + 1) * width);
}

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

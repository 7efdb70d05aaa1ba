/** Shots and their color histograms as published with ILS-SUMM (Shemer, Rotman & Shimkin, ICPR 2020). */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readArchive } from "../../../data/archive.ts";
import { readNpy } from "../../../data/npy.ts";
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedSet, AnnotatedVideo, FrameRange } from "./annotated-video.ts";
import { checkVideo, type FieldNames } from "./check-video.ts";
import type { Findings } from "./findings.ts";
import { findVideo } from "./video-names.ts";

const files = { durations: "shots_durations.npy", features: "shots_features.npy" };

const fieldNames: FieldNames = {
  frameCount: files.durations,
  picks: files.durations,
  features: files.features,
  shots: files.durations,
  summary: "",
  scores: "",
  importance: "",
  keySteps: "",
};

/** A video's shots may be counted by another decoder than its annotations: by so many frames. */
const NEAR = 3;

/** The files of a folder's folders, or of a zip file, as "video/file". */
export type Pieces = ReadonlyMap<string, Uint8Array>;

/** Pieces of a zip file whose folders are videos; undefined where it holds other things. */
export function piecesOfZip(bytes: Uint8Array, source: string): Pieces | undefined {
  const pieces = new Map<string, Uint8Array>();
  for (const [path, content] of readArchive(bytes, source)) {
    const [video, file] = path.split("/").slice(-2);
    if (Object.values(files).includes(file)) pieces.set(`${video}/${file}`, content);
  }
  return pieces.size > 0 ? pieces : undefined;
}

/** Pieces of a folder whose folders are videos; undefined where it holds other things. */
export async function piecesOfFolder(
  folder: string,
  folders: readonly string[],
): Promise<Pieces | undefined> {
  const pieces = new Map<string, Uint8Array>();
  for (const video of folders) {
    const names = await readdir(join(folder, video));
    for (const file of Object.values(files))
      if (names.includes(file)) pieces.set(`${video}/${file}`, await readFile(join(folder, video, file)));
  }
  return pieces.size > 0 ? pieces : undefined;
}

/** One step a shot, which shows the shot's first frame; features are histograms of 32 bins a channel. */
export function readShotHistograms(pieces: Pieces, findings: Findings): AnnotatedVideo[] {
  const names = [...new Set([...pieces.keys()].map((path) => path.split("/")[0]))].sort();
  return names.flatMap((name) => {
    const array = (file: string) => {
      const bytes = pieces.get(`${name}/${file}`);
      if (bytes) return readNpy(bytes, `${name}/${file}`);
      findings.wrong("it is missing", { video: name, field: file });
      return undefined;
    };
    const durations = array(files.durations);
    const features = array(files.features);
    if (!durations || !features) return [];
    const shots: FrameRange[] = [];
    for (const duration of durations.data) {
      const start = shots.at(-1)?.end ?? 0;
      shots.push({ start, end: start + duration });
    }
    const video: AnnotatedVideo = {
      name,
      frameCount: shots.at(-1)?.end ?? 0,
      picks: Int32Array.from(shots, ({ start }) => start),
      features: { data: Float32Array.from(features.data), width: features.dims[1] ?? 0 },
      shots,
      users: [],
    };
    checkVideo(video, fieldNames, findings);
    return [video];
  });
}

/**
 * A set with the features of another, such as shots' histograms: annotated videos get its steps. Videos are matched by their
 * names; spaces, hyphens and underscores may differ. A step's importance becomes the mean over its frames. The set's own shots
 * stay, since summaries are measured by them.
 *
 * @throws InputError where a video has no features, two may be meant, or frames differ by more than a few
 */
export function withShotFeatures(set: AnnotatedSet, features: AnnotatedSet): AnnotatedSet {
  return { name: set.name, videos: set.videos.map((video) => withFeaturesOf(video, set.name, features)) };
}

function withFeaturesOf(video: AnnotatedVideo, set: string, features: AnnotatedSet): AnnotatedVideo {
  const found = [video.name, video.alias]
    .flatMap((name) => (name === undefined ? [] : (findVideo(name, features.videos, features.name) ?? [])))
    .at(0);
  const place = `${set}, video "${video.name}"`;
  if (!found?.features) throw new InputError(`${place}: ${features.name} has no features of it`);
  if (Math.abs(found.frameCount - video.frameCount) > NEAR)
    throw new InputError(
      `${place}: it has ${video.frameCount} frames, and in ${features.name} ${found.frameCount}`,
    );
  const { keySteps: _, importance, ...rest } = video;
  return {
    ...rest,
    picks: found.picks,
    features: found.features,
    shots: video.shots ?? found.shots,
    ...(importance && { importance: overSteps(video, importance, found.picks) }),
  };
}

/** The mean over each step's frames, each worth what the old step is that it follows. */
function overSteps(
  { picks, frameCount }: AnnotatedVideo,
  importance: Float32Array,
  next: Int32Array,
): Float32Array {
  const worth = new Float64Array(frameCount);
  importance.forEach((value, step) => {
    worth.fill(value, step === 0 ? 0 : picks[step], picks[step + 1] ?? frameCount);
  });
  return Float32Array.from(next, (start, step) => {
    const frames = worth.subarray(start, next[step + 1] ?? frameCount);
    return frames.reduce((sum, value) => sum + value, 0) / frames.length;
  });
}

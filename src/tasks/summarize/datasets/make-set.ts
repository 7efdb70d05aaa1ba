/** Makes a data set of videos: features, shots and what users said, in one file. */
import { mkdir, readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { type DecoderChoice, openVideo } from "../../../data/video/open.ts";
import { InputError, unreadable } from "../../../graph/errors.ts";
import { version } from "../../../version.ts";
import { openFeatureNetwork, settingsFile } from "../frames/onnx-features.ts";
import { type Watched, watch } from "../frames/watch.ts";
import { hardCuts } from "../shots/cuts.ts";
import { findSpans } from "../shots/find-shots.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";
import { writeEccv16 } from "./eccv16-write.ts";
import { type Part, readPart, writePart } from "./part.ts";
import { matchRatings, type Ratings, rated, readRatings } from "./ratings.ts";

export interface MakeSetOptions {
  /** File to write. */
  out: string;
  /** Frames to look at, a second. */
  fps: number;
  /** ONNX file of an image network that makes the features; else the built-in descriptor. */
  features?: string;
  /** CSV file of what users said. */
  ratings?: string;
  decoder: DecoderChoice;
  /** Threads of the feature network. */
  threads: number;
}

export interface MakeSetEvents {
  /** @param done seconds of the video's `total` */
  onProgress?: (video: string, done: number, total: number) => void;
  /** A video was looked at now, or before. */
  onVideo?: (video: string, place: number, wasDone: boolean) => void;
  signal?: AbortSignal;
}

/** Where parts are kept until the file is whole. */
export const partsFolder = (out: string): string => `${out}.parts`;

/**
 * Looks at videos and writes a file in the layout of `eccv16_dataset_*.h5`, in which they are video_1, video_2, … in
 * their order and `video_name` is the file's name without its ending. What was done of it stays in a folder beside, OUT.parts,
 * until the file is whole: a second run goes on from there.
 *
 * @returns the videos by their files' names, without their features
 * @throws InputError for what a user can mend, and the signal's reason when aborted
 */
export async function makeSet(
  files: readonly string[],
  options: MakeSetOptions,
  events: MakeSetEvents = {},
): Promise<AnnotatedVideo[]> {
  const names = namesOf(files);
  const ratings = options.ratings === undefined ? undefined : await openRatings(options.ratings);
  const matched = ratings && matchRatings(ratings, names);
  const made = await Promise.all(files.map((file) => makingOf(file, options)));
  const folder = partsFolder(options.out);
  await makeFolder(folder, options.out);
  const pathOf = (at: number) => join(folder, `${names[at]}.safetensors`);
  const finishedVideo = async (at: number): Promise<AnnotatedVideo | undefined> => {
    const part = await readPart(pathOf(at), names[at], made[at]);
    const inTable = matched?.get(names[at]);
    return part && ratings && inTable !== undefined
      ? rated(part.video, part.times, ratings, inTable)
      : part?.video;
  };
  try {
    const done = await Promise.all(names.map(async (_, at) => (await finishedVideo(at)) !== undefined));
    // What can't be opened shows before hours are spent on the others.
    for (const [at, file] of files.entries())
      if (!done[at]) await (await openVideo(file, { decoder: options.decoder })).close();
    for (const [at, file] of files.entries()) {
      if (!done[at]) {
        await writePart(pathOf(at), await look(file, names[at], options, events), made[at]);
        await finishedVideo(at); // what is wrong with its ratings shows before the next is looked at
      }
      events.onVideo?.(names[at], at, done[at]);
    }
    const finished: AnnotatedVideo[] = [];
    async function* all() {
      for (const at of files.keys()) {
        const video = (await finishedVideo(at)) as AnnotatedVideo;
        const { features: _, ...rest } = video;
        finished.push(rest);
        yield { ...video, name: `video_${at + 1}`, alias: names[at] };
      }
    }
    await writeEccv16(options.out, all());
    for (const name of await readdir(folder))
      if (/\.safetensors(\.partial)?$/.test(name)) await rm(join(folder, name));
    return finished;
  } finally {
    await rmdir(folder).catch(() => undefined); // it stays where there is something in it
  }
}

async function makeFolder(folder: string, out: string): Promise<void> {
  if (
    await stat(out).then(
      (status) => status.isDirectory(),
      () => false,
    )
  )
    throw new InputError(`${out} can't be written: it is a folder`);
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return;
    const reason = error.code === "ENOENT" ? "there is no such folder" : error.message;
    throw new InputError(`${out} can't be written: ${reason}`);
  });
}

function namesOf(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file, extname(file)));
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice < 0) return names;
  const first = files[names.indexOf(names[twice])];
  throw new InputError(
    `${first} and ${files[twice]} would both be called "${names[twice]}": rename one of them`,
  );
}

async function openRatings(path: string): Promise<Ratings> {
  const text = await readFile(path, "utf8").catch(unreadable(path));
  return readRatings(text, path);
}

/** What a part depends on: the video and the network, as they are now, and how the video is looked at. */
async function makingOf(file: string, { fps, features, decoder }: MakeSetOptions): Promise<string> {
  const marks = [await markOf(file)];
  if (features !== undefined)
    marks.push(await markOf(features), await markOf(settingsFile(features)).catch(() => "none"));
  return JSON.stringify({ version, marks, fps, decoder });
}

/** What changes when a file does. */
async function markOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path).catch(unreadable(path));
  return `${resolve(path)} ${size} ${mtimeMs}`;
}

async function look(
  file: string,
  name: string,
  options: MakeSetOptions,
  events: MakeSetEvents,
): Promise<Part> {
  const reader = await openVideo(file, { decoder: options.decoder });
  try {
    const network =
      options.features === undefined
        ? undefined
        : await openFeatureNetwork(options.features, options.threads);
    try {
      const { duration } = reader.declared;
      const watched = await watch(reader, {
        fps: options.fps,
        fast: false,
        network,
        onProgress: (seconds) => events.onProgress?.(name, Math.min(seconds, duration), duration),
        signal: events.signal,
      });
      return partOf(name, watched);
    } finally {
      await network?.close();
    }
  } finally {
    await reader.close();
  }
}

function partOf(name: string, watched: Watched): Part {
  const { frames, features, width, scan, info } = watched;
  const { spans } = findSpans(watched, hardCuts(scan));
  // A frame that is shown for long is looked at several times, and is one step.
  const kept = [...frames.keys()].filter((k) => k === 0 || frames[k] > frames[k - 1]);
  const rows = new Float32Array(kept.length * width);
  kept.forEach((k, step) => {
    rows.set(features.subarray(k * width, (k + 1) * width), step * width);
  });
  const video: AnnotatedVideo = {
    name,
    frameCount: info.frames,
    rate: info.fps,
    picks: Int32Array.from(kept, (k) => frames[k]),
    features: { data: rows, width },
    shots: spans,
    users: [],
  };
  return { video, times: scan.times };
}

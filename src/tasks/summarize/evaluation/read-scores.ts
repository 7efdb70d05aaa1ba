/** Scores that another program gave to the videos of a set. */
import { readFile, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { isHdf5, readHdf5 } from "../../../data/hdf5/read.ts";
import { InputError, named, unreadable } from "../../../graph/errors.ts";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { findVideo } from "../datasets/video-names.ts";
import type { Candidate } from "./evaluate.ts";

/** More than scores of all frames of all sets come to. */
const largest = 400_000_000;

/** Of each video, by its name in the set, [frames] or [steps]. */
type Scores = ReadonlyMap<string, Float64Array>;

/**
 * Reads scores of a set's videos, one for each frame or one for each step. JSON: {"VIDEO": [score, …], …}, or a list of such
 * objects, one for each split, where what was trained differs from split to split. HDF5: a dataset a video. Videos go by name or
 * alias.
 *
 * @param videos of the set
 * @returns what is measured beside the baselines, under the file's name
 * @throws InputError that names file, video and field
 */
export async function readScores(path: string, videos: readonly AnnotatedVideo[]): Promise<Candidate> {
  const { size } = await stat(path).catch(unreadable(path));
  if (size > largest) throw new InputError(`${path} has ${size} bytes: scores of videos are far smaller`);
  const bytes = await readFile(path).catch(unreadable(path));
  const parts = isHdf5(bytes) ? [fromHdf5(bytes, path, videos)] : fromJson(bytes, path, videos);
  return {
    name: basename(path, extname(path)),
    origin: "given",
    fit(_, split) {
      const scores = parts.length === 1 ? parts[0] : parts[split];
      if (!scores)
        throw new InputError(`${path} has scores for ${parts.length} splits, and there is a split ${split}`);
      return (judge) => {
        const { name } = judge.video;
        const given = scores.get(name);
        if (!given)
          throw new InputError(
            `${path} has no scores of video "${name}"${parts.length > 1 ? `, which split ${split} tests` : ""}`,
          );
        return named(path, () => judge.measure(given));
      };
    },
  };
}

function fromJson(bytes: Uint8Array, path: string, videos: readonly AnnotatedVideo[]): Scores[] {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new InputError(`${path} is neither JSON nor HDF5: ${(cause as Error).message}`, { cause });
  }
  const parts = Array.isArray(content) ? content : [content];
  if (parts.length === 0)
    throw new InputError(`${path} is an empty list: give an object of scores for each split`);
  return parts.map((part: unknown, at) => {
    const place = parts.length > 1 ? `${path}, split ${at}` : path;
    if (typeof part !== "object" || part === null || Array.isArray(part))
      throw new InputError(`${place}: it must be an object of scores by video: {"VIDEO": [0.5, …], …}`);
    return gather(
      Object.entries(part).map(([video, scores]) => [video, listOf(scores, `${place}, video "${video}"`)]),
      place,
      videos,
    );
  });
}

function listOf(scores: unknown, place: string): number[] {
  if (!Array.isArray(scores)) throw new InputError(`${place}: its scores must be a list of numbers`);
  return scores;
}

function fromHdf5(bytes: Uint8Array, path: string, videos: readonly AnnotatedVideo[]): Scores {
  const { arrays } = readHdf5(bytes, path);
  if (arrays.size === 0)
    throw new InputError(
      `${path} has no datasets of numbers at its root: give one for each video, under its name`,
    );
  const lists = [...arrays].map(([video, { dims, data }]): [string, ArrayLike<unknown>] => {
    if (dims.filter((size) => size > 1).length > 1)
      throw new InputError(
        `${path}, video "${video}": its scores are ${dims.join(" × ")}, and must be a list`,
      );
    return [video, data as ArrayLike<unknown>];
  });
  return gather(lists, path, videos);
}

function gather(
  lists: readonly (readonly [string, ArrayLike<unknown>])[],
  place: string,
  videos: readonly AnnotatedVideo[],
): Scores {
  const gathered = new Map<string, Float64Array>();
  for (const [key, scores] of lists) {
    const video = findVideo(key, videos, place);
    if (!video) throw new InputError(`${place}: there is no video "${key}" in the set`);
    if (gathered.has(video.name)) throw new InputError(`${place}: video "${video.name}" has scores twice`);
    gathered.set(video.name, finite(scores, `${place}, video "${key}"`));
  }
  return gathered;
}

function finite(scores: ArrayLike<unknown>, place: string): Float64Array {
  return Float64Array.from({ length: scores.length }, (_, at) => {
    const score = scores[at];
    if (typeof score === "number" && Number.isFinite(score)) return score;
    throw new InputError(
      `${place}: score ${at} is ${JSON.stringify(score) ?? String(score)}, and must be a finite number`,
    );
  });
}

/** Shots of a data set's videos in a file of their own, shots.json. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { InputError } from "../../../graph/errors.ts";
import type { FrameRange } from "./annotated-video.ts";

const boundaries = z.array(z.int().min(0)).min(1);

/** By other names of the videos, where `names` gives those; or one list a video, in the data set's own order. */
const schema = z.looseObject({
  names: z.record(z.string(), z.string()).optional(),
  shots: z.union([z.record(z.string(), boundaries), z.array(boundaries)]),
});

export interface ShotsFile {
  /** Another name of a video, where the file has one. */
  aliasOf(name: string): string | undefined;
  /** The shots of the video of this name, and at this place in the data set. */
  shotsOf(name: string, place: number): FrameRange[] | undefined;
}

/**
 * Reads shots.json, `{"shots": {NAME: [end, …]}, "names": {OTHER NAME: NAME}}` or `{"shots": [[end, …], …]}`: of each shot the
 * frame after its last one; a 0 at the beginning is passed over.
 *
 * @returns undefined where there is no such file
 * @throws InputError where it is something else
 */
export async function readShotsFile(path: string): Promise<ShotsFile | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new InputError(`${path} can't be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  const { names = {}, shots } = parse(text, path);
  const listed = new Map(Array.isArray(shots) ? [] : Object.entries(shots));
  const aliases = new Map(Object.entries(names));
  return {
    aliasOf: (name) => aliases.get(name),
    shotsOf(name, place) {
      const ends = Array.isArray(shots)
        ? shots[place]
        : (listed.get(name) ?? listed.get(aliases.get(name) ?? ""));
      return ends && asRanges(ends[0] === 0 ? ends.slice(1) : ends);
    },
  };
}

function parse(text: string, path: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason =
      cause instanceof z.ZodError
        ? `${cause.issues[0].path.join(".")}: ${cause.issues[0].message}`
        : (cause as Error).message;
    throw new InputError(`${path} is no file of shots: ${reason}`, { cause });
  }
}

const asRanges = (ends: readonly number[]): FrameRange[] =>
  ends.map((end, at) => ({ start: ends[at - 1] ?? 0, end }));

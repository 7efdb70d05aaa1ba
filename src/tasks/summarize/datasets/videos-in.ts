import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../../graph/errors.ts";

const videoFile = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|wmv|m2?ts)$/i;

export const isVideoFile = (name: string): boolean => videoFile.test(name);

/** Files as they are given; a folder stands for the videos in it, in the order of their names, numbers by their size. */
export async function videosIn(paths: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (status) => status.isDirectory(),
      () => false,
    );
    if (!isFolder) {
      all.push(path); // whether it is a video shows when it is opened
      continue;
    }
    const names = (await readdir(path)).filter(isVideoFile);
    if (names.length === 0) throw new InputError(`${path} has no videos in it (mp4, mov, mkv, webm, …)`);
    names.sort(new Intl.Collator("en", { numeric: true }).compare);
    all.push(...names.map((name) => join(path, name)));
  }
  return all;
}

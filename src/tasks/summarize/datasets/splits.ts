/** Which videos are to train on and which to test on, from files that go round with published systems. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { z } from "zod";
import { InputError, unreadable } from "../../../graph/errors.ts";
import { findVideo, type NamedVideo } from "./video-names.ts";

/** Names of videos. */
export interface Split {
  train: string[];
  test: string[];
}

const one = z.looseObject({ train_keys: z.array(z.string()).min(1), test_keys: z.array(z.string()).min(1) });
const schema = z.union([z.array(one).min(1), one.transform((split) => [split])]);

/**
 * Reads a split file: JSON or YAML, a list of `train_keys` and `test_keys`. A key is a video's name or alias, or
 * FILE.h5/NAME with any folders before; where keys name several files, videos must be given as "FILE.h5/NAME" too.
 *
 * ```ts
 * const set = await openAnnotatedSet("eccv16_dataset_summe_google_pool5.h5");
 * const [{ train, test }] = await readSplits("summe_splits.json", set.videos);
 * ```
 *
 * @returns the splits, with videos by their own names
 * @throws InputError where it is no such file, names an unknown video, or has a video to train on as well as to test on
 */
export async function readSplits(path: string, videos: readonly (string | NamedVideo)[]): Promise<Split[]> {
  const text = await readFile(path, "utf8").catch(unreadable(path));
  const splits = parse(text, path);
  const known = videos.map((video): NamedVideo => (typeof video === "string" ? { name: video } : video));
  const nameOf = resolver(path, splits, known);
  return splits.map(({ train_keys, test_keys }, at) => {
    const place = `${path}, split ${at + 1}`;
    const [train, test] = [train_keys, test_keys].map((keys) => keys.map((key) => nameOf(key, place)));
    for (const [part, names] of Object.entries({ train, test })) {
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined) throw new InputError(`${place}: "${twice}" is twice in its ${part} part`);
    }
    const leaked = test.find((name) => train.includes(name));
    if (leaked !== undefined)
      throw new InputError(
        `${place}: "${leaked}" is to be trained on and tested on: take it out of one of the two`,
      );
    return { train, test };
  });
}

function parse(text: string, path: string): z.infer<typeof one>[] {
  const isYaml = [".yml", ".yaml"].includes(extname(path).toLowerCase());
  try {
    return schema.parse(isYaml ? readYaml(text) : JSON.parse(text));
  } catch (cause) {
    if (cause instanceof InputError) throw new InputError(`${path}: ${cause.message}`, { cause });
    throw new InputError(
      `${path} is no file of splits: it must be a list, each with "train_keys" and "test_keys", lists of videos`,
      { cause },
    );
  }
}

/** The YAML of split files: a list of lists of names, and nothing else. */
function readYaml(text: string): Record<string, string[]>[] {
  const splits: Record<string, string[]>[] = [];
  let keys: string[] | undefined;
  text.split(/\r?\n/).forEach((line, at) => {
    if (/^\s*(#.*)?$|^---\s*$/.test(line)) return;
    const [, begins, part] = /^(-\s|\s)\s*(\w+):\s*$/.exec(line) ?? [];
    const [, key] = /^\s+-\s+(.+?)\s*$/.exec(line) ?? [];
    if (part !== undefined) {
      if (begins.startsWith("-")) splits.push({});
      const split = splits.at(-1);
      keys = [];
      if (split) split[part] = keys;
    } else if (key !== undefined && keys) keys.push(key.replace(/^(["'])(.*)\1$/, "$2"));
    else throw new InputError(`line ${at + 1} is neither "train_keys:", "test_keys:" nor "- VIDEO"`);
  });
  return splits;
}

/** Folders don't tell videos apart, files do. */
const inFile = (key: string) => key.split("/").slice(-2).join("/");
const fileOf = (key: string) => (key.includes("/") ? inFile(key).split("/")[0] : "");

function resolver(path: string, splits: readonly z.infer<typeof one>[], videos: readonly NamedVideo[]) {
  const keys = splits.flatMap(({ train_keys, test_keys }) => [...train_keys, ...test_keys]);
  const files = [...new Set(keys.map(fileOf))];
  const isQualified = videos.some(({ name }) => name.includes("/"));
  if (files.length > 1 && !isQualified)
    throw new InputError(
      `${path} names videos of several files (${files.join(", ")}), whose names may be the same: give the videos of all of them, as FILE/NAME`,
    );
  return (key: string, place: string): string => {
    const wanted = isQualified ? inFile(key) : (key.split("/").at(-1) as string);
    const found = videos.find(({ name }) => name === key) ?? findVideo(wanted, videos, place);
    if (found) return found.name;
    throw new InputError(`${place}: there is no video "${key}" in the data set`);
  };
}

/** Opens a data set, whatever it is: what a path holds is told by its content. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { isZip } from "../../../data/archive.ts";
import { isHdf5, readHdf5 } from "../../../data/hdf5/read.ts";
import { isMatlab, readMatlab } from "../../../data/matlab/read.ts";
import { InputError, unreadable } from "../../../graph/errors.ts";
import type { AnnotatedSet, AnnotatedVideo } from "./annotated-video.ts";
import { checkTogether } from "./check-video.ts";
import { isEccv16, readEccv16 } from "./eccv16.ts";
import { Findings } from "./findings.ts";
import { isKeyframeFolder, readKeyframeFolders } from "./keyframe-folders.ts";
import { oracleIn, readOracle } from "./oracle.ts";
import { piecesOfFolder, piecesOfZip, readShotHistograms } from "./shot-histograms.ts";
import { readSumme } from "./summe.ts";
import { isTvsumTable, readTvsumMatlab, readTvsumTable } from "./tvsum.ts";
import { isVideoFile } from "./videos-in.ts";

/** A data set as it was found. */
export interface Inspected {
  /** What kind of file or folder it is, in words. */
  form: string;
  set: AnnotatedSet;
  findings: Findings;
}

interface Found {
  form: string;
  /** The data set's own name, where its form tells. */
  name?: string;
  videos: AnnotatedVideo[];
}

const readable =
  "it can be an HDF5 file of features and annotations (eccv16_dataset_*.h5), SumMe's folder of .mat files, TVSum's " +
  "ydata-tvsum50.mat or ydata-tvsum50-anno.tsv, folders of users' key frames, or shots' histograms";

/**
 * Opens videos that people annotated: features, shots and what users said, as far as the file or folder has them.
 *
 * ```ts
 * const set = await openAnnotatedSet("eccv16_dataset_tvsum_google_pool5.h5");
 * console.log(set.videos[0].features?.width); // 1024
 * ```
 *
 * @throws InputError that names file, video and field: for what can't be read, and for the first thing that is wrong
 */
export async function openAnnotatedSet(path: string): Promise<AnnotatedSet> {
  return (await read(path, new Findings(path, true))).set;
}

/**
 * Opens it as far as possible, and gathers all that is wrong or noteworthy.
 *
 * @throws InputError where nothing of it can be read
 */
export async function inspectAnnotatedSet(path: string): Promise<Inspected> {
  return read(path, new Findings(path, false));
}

async function read(path: string, findings: Findings): Promise<Inspected> {
  const status = await stat(path).catch(unreadable(path));
  const found = await (status.isDirectory() ? fromFolder(path, findings) : fromFile(path, findings));
  checkTogether(found.videos, findings);
  const name = found.name ?? basename(path, extname(path));
  return { form: found.form, set: { name, videos: found.videos }, findings };
}

async function fromFile(path: string, findings: Findings): Promise<Found> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path} can't be read: ${error.message}`);
  });
  if (isMatlab(bytes)) return fromMatlab(path, bytes, findings);
  if (isHdf5(bytes)) {
    const root = readHdf5(bytes, path);
    if (isEccv16(root))
      return { form: "HDF5 file of features and annotations", videos: readEccv16(root, findings) };
    const groups = [...root.groups.keys()].slice(0, 5).join(", ");
    throw new InputError(
      `${path} is an HDF5 file, but its groups (${groups || "none"}) hold no "features", "picks" or "n_frames": ${readable}`,
    );
  }
  if (isZip(bytes)) {
    const pieces = piecesOfZip(bytes, path);
    if (pieces) return { form: "shots' histograms", videos: readShotHistograms(pieces, findings) };
    throw new InputError(
      `${path} is a zip file that holds no shots_features.npy: unpack it, and give its folder`,
    );
  }
  const text = new TextDecoder().decode(bytes.subarray(0, 100_000_000));
  if (isTvsumTable(text))
    return {
      form: "TVSum's table of ratings",
      name: "TVSum",
      videos: await readTvsumTable(path, text, findings),
    };
  if (extname(path).toLowerCase() === ".csv")
    throw new InputError(
      `${path} holds ratings alone: gatefold data VIDEOS --ratings ${path} --out set.h5 puts videos to them`,
    );
  throw new InputError(`${path} is no data set that can be read: ${readable}`);
}

async function fromMatlab(path: string, bytes: Uint8Array, findings: Findings): Promise<Found> {
  const variables = readMatlab(bytes, path);
  const all = variables.get("tvsum50");
  if (all?.kind === "structures")
    return { form: "TVSum's MATLAB file", name: "TVSum", videos: await readTvsumMatlab(path, all, findings) };
  if (variables.has("user_score"))
    throw new InputError(`${path} is one video of SumMe: give the folder that it is in`);
  const oracle = oracleIn(variables);
  if (oracle) return { form: "key frames to learn", videos: readOracle(oracle, findings) };
  throw new InputError(
    `${path} is a MATLAB file of ${[...variables.keys()].join(", ") || "nothing"}: ${readable}`,
  );
}

async function fromFolder(path: string, findings: Findings): Promise<Found> {
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
  const byNumber = new Intl.Collator("en", { numeric: true }).compare;
  const namesOf = (isWanted: (entry: (typeof entries)[number]) => boolean) =>
    entries
      .filter(isWanted)
      .map(({ name }) => name)
      .sort(byNumber);
  const files = namesOf((entry) => entry.isFile());
  const folders = namesOf((entry) => entry.isDirectory());
  const tvsum = files.find((name) => /^ydata-tvsum50(\.mat|-anno\.tsv)$/.test(name));
  if (tvsum) return fromFile(join(path, tvsum), findings);
  const matlab = namesOf((entry) => entry.isFile() && /\.mat$/i.test(entry.name)).sort();
  if (matlab.length > 0)
    return { form: "SumMe's folder", name: "SumMe", videos: await readSumme(path, matlab, findings) };
  if (folders.includes("GT")) return fromFolder(join(path, "GT"), findings);
  if (await isKeyframeFolder(path, folders))
    return {
      form: "folders of users' key frames",
      videos: await readKeyframeFolders(path, folders, findings),
    };
  const pieces = await piecesOfFolder(path, folders);
  if (pieces) return { form: "shots' histograms", videos: readShotHistograms(pieces, findings) };
  if (files.some(isVideoFile))
    throw new InputError(
      `${path} is a folder of videos: gatefold data ${path} --out set.h5 makes a data set of them`,
    );
  throw new InputError(`${path} is a folder in which there is no data set that can be read: ${readable}`);
}

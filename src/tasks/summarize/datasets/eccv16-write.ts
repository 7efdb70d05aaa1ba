/** Writes features and annotations in the layout that eccv16.ts reads, for programs over h5py. */
import { rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Group } from "h5wasm/node";
import { InputError } from "../../../graph/errors.ts";
import { giveName, PARTIAL } from "../../../train/write-aside.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";

/**
 * Writes a file of videos, one after the other; it has its name only when it is whole. A video's group is called by its
 * name, its alias becomes `video_name`.
 *
 * @throws InputError where the file can't be written
 */
export async function writeEccv16(path: string, videos: AsyncIterable<AnnotatedVideo>): Promise<void> {
  const aside = resolve(path + PARTIAL);
  await writeFile(aside, "").catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path} can't be written: ${error.message}`);
  });
  const hdf5 = await import("h5wasm/node");
  await hdf5.ready;
  try {
    const file = new hdf5.File(aside, "w");
    try {
      for await (const video of videos) writeVideo(file.create_group(video.name), video);
    } finally {
      file.close();
    }
    await giveName(path);
  } finally {
    await rm(aside, { force: true });
  }
}

function writeVideo(group: Group, video: AnnotatedVideo): void {
  const { alias, frameCount, rate, picks, features, shots, users, importance, keySteps } = video;
  const whole = (name: string, data: ArrayLike<number>, shape: number[]) =>
    group.create_dataset({ name, data: Int32Array.from(data), shape, dtype: "<i" });
  const real = (name: string, data: ArrayLike<number>, shape: number[]) =>
    group.create_dataset({ name, data: Float32Array.from(data), shape, dtype: "<f" });
  whole("n_frames", [frameCount], []);
  whole("n_steps", [picks.length], []);
  whole("picks", picks, [picks.length]);
  if (rate !== undefined)
    group.create_dataset({ name: "fps", data: Float64Array.of(rate), shape: [], dtype: "<d" });
  if (alias !== undefined) group.create_dataset({ name: "video_name", data: alias });
  if (features) real("features", features.data, [picks.length, features.width]);
  if (shots) {
    const points = shots.flatMap(({ start, end }) => [start, end - 1]);
    whole("change_points", points, [shots.length, 2]);
    whole(
      "n_frame_per_seg",
      shots.map(({ start, end }) => end - start),
      [shots.length],
    );
  }
  if (importance) real("gtscore", importance, [picks.length]);
  if (keySteps) real("gtsummary", keySteps, [picks.length]);
  // A user without one of the two leaves it out for all: rows must be there for everybody.
  for (const [name, rows] of [
    ["user_summary", users.map(({ summary }) => summary)],
    ["user_scores", users.map(({ scores }) => scores)],
  ] as const) {
    if (rows.length === 0 || !rows.every((row) => row !== undefined)) continue;
    const data = new Float32Array(rows.length * frameCount);
    rows.forEach((row, user) => {
      data.set(row, user * frameCount);
    });
    const chunks = [1, frameCount];
    group.create_dataset({
      name,
      data,
      shape: [rows.length, frameCount],
      dtype: "<f",
      chunks,
      compression: 4,
    });
  }
}

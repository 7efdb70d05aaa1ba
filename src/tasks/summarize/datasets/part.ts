/** What is kept of a video until all are done, so that nothing is done twice. */
import { readFile } from "node:fs/promises";
import { writeAside } from "../../../train/write-aside.ts";
import { readSafetensors, writeSafetensors } from "../../../weights/safetensors.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";

/** A video that was looked at. */
export interface Part {
  video: AnnotatedVideo;
  /** Seconds at which each frame is shown, [frames]. */
  times: Float64Array;
}

/** @param made what it was made from and how: a part of another making is not used */
export async function writePart(path: string, { video, times }: Part, made: string): Promise<void> {
  const { frameCount, rate = 0, picks, features, shots = [] } = video;
  const { data = new Float32Array(), width = 0 } = features ?? {};
  const ends = Int32Array.from(shots, ({ end }) => end);
  const bytes = writeSafetensors(
    [
      ["times", { dtype: "float64", dims: [times.length], data: times }],
      ["features", { dtype: "float32", dims: [picks.length, width], data }],
      ["picks", { dtype: "int32", dims: [picks.length], data: picks }],
      ["ends", { dtype: "int32", dims: [ends.length], data: ends }],
    ],
    { made, frameCount: `${frameCount}`, rate: `${rate}` },
  );
  await writeAside(path, bytes);
}

/** @returns undefined where there is none that is whole and of the same making */
export async function readPart(path: string, name: string, made: string): Promise<Part | undefined> {
  const file = await readFile(path)
    .then((bytes) => readSafetensors(bytes, path))
    .catch(() => undefined);
  if (!file) return undefined;
  const { tensors, metadata } = file;
  const [times, features, picks, ends] = ["times", "features", "picks", "ends"].map((key) =>
    tensors.get(key),
  );
  if (metadata.get("made") !== made || times?.dtype !== "float64" || features?.dtype !== "float32")
    return undefined;
  if (picks?.dtype !== "int32" || ends?.dtype !== "int32") return undefined;
  const shots = Array.from(ends.data, (end, at) => ({ start: ends.data[at - 1] ?? 0, end }));
  const rate = Number(metadata.get("rate"));
  const video: AnnotatedVideo = {
    name,
    frameCount: Number(metadata.get("frameCount")),
    rate,
    picks: picks.data,
    features: { data: features.data, width: features.dims[1] },
    shots,
    users: [],
  };
  return { video, times: times.data };
}

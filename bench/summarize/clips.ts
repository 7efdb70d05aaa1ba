/** Long videos for the benchmark, made by repeating short ones. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const videos = join(import.meta.dirname, "../../../shared/data/videos");

export interface Clip {
  name: string;
  /** The short video. */
  source: string;
  /** Options by which ffmpeg changes it before it is repeated. */
  change?: readonly string[];
  seconds: number;
}

const cartoon = join(videos, "bbb_480p_30s.mp4");
const x264 = ["-vf", "scale=1280:720", "-c:v", "libx264", "-preset", "medium", "-crf", "23", "-c:a", "copy"];

export const clips: readonly Clip[] = [
  { name: "480p", source: cartoon, seconds: 30 },
  { name: "720p", source: cartoon, change: x264, seconds: 30 },
  { name: "720p 4:4:4", source: join(videos, "imageio_cockatoo.mp4"), seconds: 14 },
].filter(({ source }) => existsSync(source));

/** Writes the clip, repeated until it lasts about `minutes`, into a folder; gives the file. */
export function repeatClip(clip: Clip, minutes: number, folder: string): string {
  const ffmpeg = (...args: string[]) => execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
  let { source } = clip;
  if (clip.change !== undefined) {
    source = join(folder, `${clip.name}.mp4`);
    if (!existsSync(source)) ffmpeg("-i", clip.source, ...clip.change, source);
  }
  const file = join(folder, `${clip.name} ${minutes} min.mp4`.replaceAll(/[ :]/g, "-"));
  const times = Math.round((minutes * 60) / clip.seconds);
  ffmpeg("-stream_loop", String(times - 1), "-i", source, "-c", "copy", file);
  return file;
}

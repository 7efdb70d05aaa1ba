import { access, constants, stat } from "node:fs/promises";
import { InputError } from "../../graph/errors.ts";
import type { VideoReader } from "./video.ts";

export type DecoderChoice = "auto" | "ffmpeg" | "webcodecs";

/**
 * Opens a video file. `auto` takes the system's ffmpeg where it and ffprobe are installed, else the npm decoder.
 * Throws InputError, naming the file, for whatever can't be read as a video.
 */
export async function openVideo(
  file: string,
  options: { decoder?: DecoderChoice } = {},
): Promise<VideoReader> {
  await checkFile(file);
  const { openWithFfmpeg, ffmpegVersion } = await import("./ffmpeg/reader.ts");
  const choice = options.decoder ?? "auto";
  const installed = choice !== "webcodecs" && (await ffmpegVersion()) !== undefined;
  if (installed) return openWithFfmpeg(file);
  if (choice === "ffmpeg") {
    throw new InputError(
      "Can't decode by ffmpeg: ffmpeg and ffprobe aren't both installed; install them or choose webcodecs.",
    );
  }
  const { openWithWebCodecs } = await import("./webcodecs/reader.ts");
  return openWithWebCodecs(file);
}

async function checkFile(file: string): Promise<void> {
  const refuse = (reason: string) => new InputError(`Can't read the video ${file}: ${reason}.`);
  const status = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === "ENOENT" ? "there is no such file" : error.message);
  });
  if (status.isDirectory()) throw refuse("it is a directory");
  if (!status.isFile()) throw refuse("it is no regular file");
  if (status.size === 0) throw refuse("it is empty");
  await access(file, constants.R_OK).catch(() => {
    throw refuse("you may not read it");
  });
}

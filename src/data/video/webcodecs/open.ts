/** Opens a file with mediabunny and finds its picture track. */

import { extname } from "node:path";
import type { Input, InputVideoTrack } from "mediabunny";
import { InputError } from "../../../graph/errors.ts";
import { nearlySquare } from "../aspect.ts";
import { beginsLikeMp4, cutBeforeIndex } from "../mp4-start.ts";
import type { Rotation, VideoInfo } from "../video.ts";
import { keepAlive, loadMediabunny } from "./load.ts";
import { PictureTrack } from "./track.ts";

/** Throws InputError for whatever mediabunny finds no pictures in that the npm decoder knows. */
export async function openTrack(file: string): Promise<PictureTrack> {
  const mediabunny = await loadMediabunny();
  const alive = keepAlive();
  const input = new mediabunny.Input({
    formats: mediabunny.ALL_FORMATS,
    source: new mediabunny.FilePathSource(file),
  });
  try {
    const track = await findTrack(input, file);
    return new PictureTrack(mediabunny, input, track, await describe(input, track, file));
  } catch (error) {
    input.dispose();
    throw error instanceof InputError ? error : unreadable(file, error as Error);
  } finally {
    alive.release();
  }
}

async function findTrack(input: Input, file: string): Promise<InputVideoTrack> {
  const track = await input.getPrimaryVideoTrack();
  if (track === null) {
    if ((await input.getTracks()).length === 0 && (await beginsLikeMp4(file))) throw cutBeforeIndex(file);
    throw new InputError(`Can't summarize ${file}: it has no picture track that the npm decoder knows.`);
  }
  if (!(await track.canDecode())) {
    const codec = (await track.getCodec()) ?? (await track.getInternalCodecId()) ?? "unknown";
    throw new InputError(
      `Can't decode ${file}: the npm decoder doesn't know its codec (${codec}); with ffmpeg installed it might be read.`,
    );
  }
  if (((await track.getColorSpace()).matrix as string) === "rgb") {
    throw new InputError(
      `Can't decode ${file}: the npm decoder can't decode RGB colors; ffmpeg, once installed, can.`,
    );
  }
  return track;
}

async function describe(input: Input, track: InputVideoTrack, file: string): Promise<VideoInfo> {
  const first = Math.max(0, await track.getFirstTimestamp());
  const duration = Math.max(0, (await track.computeDuration()) - first);
  const { averagePacketRate } = await track.computePacketStats(200);
  const codec = (await track.getCodec()) ?? "";
  return {
    file,
    ...(await sizeOf(track)),
    duration,
    frames: Math.round(duration * averagePacketRate),
    fps: averagePacketRate,
    codec: codec === "avc" ? "h264" : codec,
    rotation: (await track.getRotation()) as Rotation,
    audio: (await input.getPrimaryAudioTrack()) !== null,
  };
}

/** The size at which a track is shown: turned upright, with square pixels. */
export async function sizeOf(track: InputVideoTrack): Promise<{ width: number; height: number }> {
  const coded = [await track.getCodedWidth(), await track.getCodedHeight()];
  const turned = (await track.getRotation()) % 180 !== 0;
  const [width, height] = turned ? coded.reverse() : coded;
  const shown = { width: await track.getDisplayWidth(), height: await track.getDisplayHeight() };
  return nearlySquare((shown.width / width) * (height / shown.height)) ? { width, height } : shown;
}

function unreadable(file: string, error: Error): InputError {
  const own = [".mp4", ".mov", ".mkv", ".webm", ".m4v"].includes(extname(file).toLowerCase());
  const hint = own ? "" : "; with ffmpeg installed it might be read";
  return new InputError(`Can't read ${file}: it is no mp4, mov, mkv or webm video${hint} (${error.message})`);
}

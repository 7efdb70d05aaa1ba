/** What ffprobe tells of a video file before anything is decoded. */

import { InputError } from "../../../graph/errors.ts";
import { nearlySquare } from "../aspect.ts";
import { type ColorMatrix, colorMatrix } from "../color.ts";
import { beginsLikeMp4, cutBeforeIndex } from "../mp4-start.ts";
import type { Rotation, VideoInfo } from "../video.ts";
import { asFile, runToEnd } from "./process.ts";

export interface Probe {
  info: VideoInfo;
  /** Number of the picture track in the file. */
  stream: number;
  /** Number of the first sound track, if any. */
  audioStream: number | undefined;
  /** Seconds a tick of the picture track's clock. */
  timeBase: { numerator: number; denominator: number };
  /** The file's own first instant, to which ffmpeg's seeking refers, in seconds. */
  start: number;
  /** When the first frame is shown, on the same clock. */
  firstFrame: number;
  matrix: ColorMatrix;
  fullRange: boolean;
}

interface Stream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  color_range?: string;
  color_space?: string;
  pix_fmt?: string;
  time_base?: string;
  avg_frame_rate?: string;
  r_frame_rate?: string;
  start_time?: string;
  duration?: string;
  nb_frames?: string;
  disposition?: { attached_pic?: number };
  tags?: Record<string, string>;
  side_data_list?: { rotation?: number }[];
}

/** Throws InputError where ffprobe finds no picture track it knows. */
export async function probe(file: string): Promise<Probe> {
  const { output, errors } = await runToEnd("ffprobe", [
    ...["-v", "error", "-show_streams", "-show_entries", "format=start_time,duration", "-of", "json"],
    asFile(file),
  ]);
  const { streams = [], format } = JSON.parse(output || "{}") as {
    streams?: Stream[];
    format?: { start_time?: string; duration?: string };
  };
  if (format === undefined) throw await unreadable(file, errors);
  const stream = streams.find((s) => s.codec_type === "video" && s.disposition?.attached_pic !== 1);
  if (stream === undefined) throw new InputError(`Can't summarize ${file}: it has no picture track.`);
  if (!stream.width || !stream.height || !stream.codec_name || stream.codec_name === "unknown") {
    throw new InputError(`Can't decode ${file}: ffmpeg doesn't know the codec of its picture track.`);
  }
  const [numerator, denominator] = (stream.time_base ?? "1/1000").split("/").map(Number);
  const audio = streams.find((s) => s.codec_type === "audio" && s.codec_name !== undefined);
  return {
    info: describe(file, stream, format.duration, audio !== undefined),
    stream: stream.index,
    audioStream: audio?.index,
    timeBase: { numerator, denominator },
    start: Number(format.start_time) || 0,
    firstFrame: Number(stream.start_time) || Number(format.start_time) || 0,
    matrix: colorMatrix(stream.color_space, stream.width, stream.height),
    fullRange: stream.color_range === "pc" || (stream.pix_fmt?.startsWith("yuvj") ?? false),
  };
}

/**
 * All shown frames' times in ascending order, in ticks of the track's clock, read from the file's packets without
 * decoding them.
 */
export async function packetTimes({ info, stream }: Probe): Promise<Float64Array> {
  const { output } = await runToEnd("ffprobe", [
    ...[
      "-v",
      "error",
      "-select_streams",
      String(stream),
      "-show_entries",
      "packet=pts,dts,flags",
      "-of",
      "csv=p=0",
    ],
    asFile(info.file),
  ]);
  const times: number[] = [];
  for (const line of output.split("\n")) {
    const [shown, decoded, flags] = line.split(",");
    if (flags === undefined || flags.includes("D")) continue;
    const time = shown === "N/A" ? decoded : shown;
    if (time !== "N/A") times.push(Number(time));
  }
  if (times.length === 0) throw new InputError(`Can't read ${info.file}: its picture track is empty.`);
  return Float64Array.from(times).sort();
}

function describe(file: string, stream: Stream, fileDuration: string | undefined, audio: boolean): VideoInfo {
  const rotation = rotationOf(stream);
  const [across, down] = squarePixels(stream.width!, stream.height!, stream.sample_aspect_ratio);
  const duration = Number(stream.duration) || clockTime(stream.tags?.DURATION) || Number(fileDuration) || 0;
  const fps = ratio(stream.avg_frame_rate) || ratio(stream.r_frame_rate) || 0;
  return {
    file,
    width: rotation % 180 === 0 ? across : down,
    height: rotation % 180 === 0 ? down : across,
    duration,
    frames: Number(stream.nb_frames) || Math.round(duration * fps),
    fps,
    codec: stream.codec_name!,
    rotation,
    audio,
  };
}

async function unreadable(file: string, errors: string): Promise<InputError> {
  if (/moov atom not found/.test(errors) && (await beginsLikeMp4(file))) return cutBeforeIndex(file);
  const lastLine = errors.trim().split("\n").at(-1) ?? "";
  const reason = lastLine.replace(`${asFile(file)}: `, "");
  return new InputError(
    `Can't read ${file}: it is no video that ffmpeg knows${reason ? ` (${reason})` : ""}.`,
  );
}

/** The display matrix turns counterclockwise, ours is clockwise. */
function rotationOf(stream: Stream): Rotation {
  const degrees = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation;
  const clockwise = degrees === undefined ? Number(stream.tags?.rotate ?? 0) : -degrees;
  return ((((Math.round(clockwise / 90) * 90) % 360) + 360) % 360) as Rotation;
}

/** Size with square pixels: the side that is too short is stretched. */
export function squarePixels(width: number, height: number, aspect: string | undefined): [number, number] {
  const [across, down] = (aspect ?? "1:1").split(":").map(Number);
  if (!across || !down || nearlySquare(across / down)) return [width, height];
  return across > down
    ? [Math.round((width * across) / down), height]
    : [width, Math.round((height * down) / across)];
}

function ratio(text: string | undefined): number {
  const [over, under] = (text ?? "").split("/").map(Number);
  return over && under ? over / under : 0;
}

/** Seconds of a Matroska duration such as 00:01:02.500000000. */
function clockTime(text: string | undefined): number {
  const parts = /^(\d+):(\d+):([\d.]+)$/.exec(text ?? "");
  return parts === null ? 0 : Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]);
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { Segment } from "../../data/video/skim/skim.ts";
import { writeSkim } from "../../data/video/skim/write.ts";
import type { Picture, VideoReader } from "../../data/video/video.ts";
import type { StripPicture } from "./report/filmstrip.ts";
import { type ReportPicture, renderReport } from "./report/report.ts";
import type { Shot, Summary } from "./summary.ts";

/** Width of the report's pictures in pixels. */
const momentWidth = 640;
const stripWidth = 176;

export interface ResultsOptions {
  reader: VideoReader;
  strip: readonly StripPicture[];
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Writes keyframes/, skim.mp4, report.html and summary.json into a folder. What turns out on the way, such as sound that
 * can't be copied, is added to the summary's warnings.
 */
export async function writeResults(folder: string, summary: Summary, options: ResultsOptions): Promise<void> {
  const { strip, onProgress, signal } = options;
  const segments = joined(summary.shots.filter(({ selected }) => selected));
  const total = summary.keyframes.length + segments.length + 1;
  let done = 0;
  const onWritten = () => onProgress?.(++done, total);
  const both = [
    writeKeyframes(folder, summary, options, onWritten),
    writeSkim({
      source: summary.video.file,
      segments,
      file: join(folder, "skim.mp4"),
      decoder: options.reader.decoder,
      onPart: onWritten,
      signal,
    }),
  ] as const;
  // Where one fails, the other must have ended before the folder is taken away.
  await Promise.allSettled(both);
  const [keyframes, { notes }] = await Promise.all(both);
  summary.warnings.push(...notes);
  const small: ReportPicture[] = [];
  for (const { frame, time, picture } of strip) {
    small.push({ frame, time, uri: await reportPicture(picture, summary, stripWidth) });
  }
  signal?.throwIfAborted();
  await writeFile(join(folder, "report.html"), renderReport(summary, { keyframes, strip: small }));
  await writeFile(join(folder, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  onWritten();
}

/** Writes the key frames at the video's size; gives them smaller, for the report. */
async function writeKeyframes(
  folder: string,
  summary: Summary,
  { reader, signal }: ResultsOptions,
  onWritten: () => void,
): Promise<ReportPicture[]> {
  await mkdir(join(folder, "keyframes"));
  const moments: ReportPicture[] = [];
  const frames = summary.keyframes.map(({ frame }) => frame);
  for await (const { index, time, picture } of reader.pictures(frames, signal)) {
    const { file } = summary.keyframes[moments.length];
    await writeFile(join(folder, file), await jpeg(picture, picture.width, picture.height, 90));
    moments.push({ frame: index, time, uri: await reportPicture(picture, summary, momentWidth) });
    onWritten();
  }
  return moments;
}

/** Neighbors become one segment: a seam between them could only be heard as a fault. */
function joined(shots: readonly Shot[]): Segment[] {
  const segments: Segment[] = [];
  for (const { startFrame, endFrame, startTime, endTime } of shots) {
    const last = segments.at(-1);
    if (last?.endFrame === startFrame) Object.assign(last, { endFrame, endTime });
    else segments.push({ startFrame, endFrame, startTime, endTime });
  }
  return segments;
}

/** A JPEG of at most this width, in the video's proportions, as a data URI. */
async function reportPicture(picture: Picture, { video }: Summary, most: number): Promise<string> {
  const width = Math.min(video.width, most);
  const height = Math.max(1, Math.round((width * video.height) / video.width));
  return `data:image/jpeg;base64,${(await jpeg(picture, width, height, 68)).toString("base64")}`;
}

function jpeg(picture: Picture, width: number, height: number, quality: number): Promise<Buffer> {
  return sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .resize(width, height, { fit: "fill" })
    .jpeg({ quality, mozjpeg: true })
    .toBuffer();
}

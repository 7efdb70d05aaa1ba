/**
 * Skims by the system's ffmpeg: parts are copied as they are coded, or else encoded by themselves, several at a time,
 * their sound in one piece beside them; then all is joined as it is.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../../../graph/errors.ts";
import { type Probe, probe } from "../ffmpeg/probe.ts";
import { asFile, passthrough, runToEnd } from "../ffmpeg/process.ts";
import { codedParts } from "./coded-parts.ts";
import { copyParts } from "./copy.ts";
import { framesOf, type Segment, type Skim, type SkimOptions, skimSize } from "./skim.ts";

let encoder: Promise<boolean> | undefined;

/** Whether the installed ffmpeg can encode H.264: some builds leave it out. */
export function hasEncoder(): Promise<boolean> {
  encoder ??= runToEnd("ffmpeg", ["-v", "error", "-encoders"]).then(({ output }) =>
    /\blibx264\b/.test(output),
  );
  return encoder;
}

/** Throws InputError where ffmpeg can't decode or encode a part, and the signal's reason when aborted. */
export async function skimWithFfmpeg(options: SkimOptions): Promise<Skim> {
  const { source, segments, file, signal } = options;
  const probed = await probe(source);
  const folder = await mkdtemp(join(tmpdir(), "gatefold-skim-"));
  try {
    const sound = join(folder, "sound.m4a");
    const heard = probed.audioStream === undefined ? [] : ["-i", sound];
    let seen: string[] = [];
    const jobs: Job[] = heard.map(() => (stop) => run(soundArguments(probed, segments, sound), source, stop));
    jobs.push(async (stop) => {
      const working = { ...options, signal: stop };
      seen = (await copied(working, folder)) ?? (await encoded(working, probed, folder));
    });
    await together(jobs, signal);
    const joined = [...seen, ...heard, "-c", "copy", "-movflags", "+faststart", "-y", asFile(file)];
    await run(joined, source, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return checked(file, framesOf(segments));
}

/** Copies all segments as they are coded, where that can be; gives what ffmpeg reads them by. */
async function copied(options: SkimOptions, folder: string): Promise<string[] | undefined> {
  const coded = await codedParts(options.source, options.segments);
  if (coded === undefined) return undefined;
  const file = join(folder, "pictures.mp4");
  try {
    await copyParts(coded, { ...options, file });
  } finally {
    coded.dispose();
  }
  return ["-i", file];
}

/** Encodes each segment; gives what ffmpeg reads them all by. */
async function encoded(
  { source, segments, onPart, signal }: SkimOptions,
  probed: Probe,
  folder: string,
): Promise<string[]> {
  const parts = segments.map((_, i) => join(folder, `part${i}.nut`));
  const threads = Math.max(1, Math.round(availableParallelism() / segments.length));
  const jobs = segments.map((segment, i) => async (stop: AbortSignal) => {
    await run(await pictureArguments(probed, segment, parts[i], threads), source, stop);
    onPart?.();
  });
  await together(jobs, signal);
  const list = join(folder, "parts.txt");
  await writeFile(list, joinList(parts, segments));
  return ["-f", "concat", "-safe", "0", "-i", list];
}

type Job = (stop: AbortSignal) => Promise<void>;

/** Works through jobs in their order, as many at a time as there are cores; the first that fails stops the others. */
async function together(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
  const failure = new AbortController();
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const waiting = jobs.values();
  const worker = async () => {
    for (const job of waiting) await job(stop);
  };
  const workers = Array.from({ length: availableParallelism() }, () =>
    worker().catch((error) => {
      failure.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  stop.throwIfAborted();
}

async function run(args: string[], source: string, signal: AbortSignal | undefined): Promise<void> {
  const { code, errors } = await runToEnd("ffmpeg", ["-nostdin", "-v", "error", ...args], signal);
  if (code !== 0)
    throw new InputError(`Can't cut ${source}: ${errors.trim().split("\n").at(-1) ?? "ffmpeg failed"}.`);
}

/**
 * Times are rounded on their way through ffmpeg, in seconds: frames are taken from this much before the first one's time,
 * and looked for from this much after it, lest the key frame at that time be missed and decoding begin at the one before.
 */
const slack = 0.0004;

/** Encodes a segment's pictures. They keep their distances in time, from 0. */
async function pictureArguments(
  { info, stream, timeBase, firstFrame, start }: Probe,
  { startTime, endTime }: Segment,
  file: string,
  threads: number,
): Promise<string[]> {
  const from = firstFrame + startTime;
  const { width, height } = skimSize(info.width, info.height);
  const within = `trim=start=${(from - slack).toFixed(6)}:end=${(firstFrame + endTime - slack).toFixed(6)}`;
  const upright = `setpts=PTS-STARTPTS,scale=${width}:${height},setsar=1,format=yuv420p`;
  return [
    ...["-copyts", "-noaccurate_seek", "-ss", Math.max(0, from - start + slack).toFixed(6)],
    ...["-i", asFile(info.file), "-filter_complex", `[0:${stream}]${within},${upright}[picture]`],
    ...["-map", "[picture]", "-c:v", "libx264", "-preset", "superfast", "-crf", "22", "-bf", "0"],
    ...["-threads", String(threads), "-enc_time_base", `${timeBase.numerator}:${timeBase.denominator}`],
    ...[...(await passthrough()), "-y", asFile(file)],
  ];
}

/** Encodes all segments' sound as one: where there is none, silence, so that each part's is as long as its pictures. */
function soundArguments(
  { info, audioStream, firstFrame, start }: Probe,
  segments: readonly Segment[],
  file: string,
): string[] {
  const inputs = segments.flatMap(({ startTime, endTime }) => [
    ...["-ss", Math.max(0, firstFrame - start + startTime).toFixed(6)],
    ...["-t", (endTime - startTime).toFixed(6), "-i", asFile(info.file)],
  ]);
  const parts = segments.map(
    ({ startTime, endTime }, i) =>
      `[${i}:${audioStream}]aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo[heard${i}];` +
      `anullsrc=r=48000:cl=stereo,atrim=duration=${endTime - startTime}[silence${i}];` +
      `[silence${i}][heard${i}]amix=inputs=2:duration=first:normalize=0[part${i}]`,
  );
  const all = segments.map((_, i) => `[part${i}]`).join("");
  const graph = `${parts.join(";")};${all}concat=n=${segments.length}:v=0:a=1[sound]`;
  const encoding = [
    "-map",
    "[sound]",
    "-c:a",
    "aac",
    "-aac_coder",
    "fast",
    "-b:a",
    "128k",
    "-y",
    asFile(file),
  ];
  return [...inputs, "-filter_complex", graph, ...encoding];
}

/** Tells ffmpeg's concat demuxer where each part begins, since a part doesn't know how long its last frame lasts. */
function joinList(parts: readonly string[], segments: readonly Segment[]): string {
  const lines = parts.map((part, i) => {
    const length = segments[i].endTime - segments[i].startTime;
    return `file '${part.replaceAll("'", "'\\''")}'\nduration ${length.toFixed(6)}\n`;
  });
  return `ffconcat version 1.0\n${lines.join("")}`;
}

async function checked(file: string, expected: number): Promise<Skim> {
  const counting = ["-v", "error", "-select_streams", "v:0", "-count_packets"];
  const { output } = await runToEnd("ffprobe", [
    ...[...counting, "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"],
    asFile(file),
  ]);
  const frames = Number.parseInt(output, 10);
  const notes = frames === expected ? [] : [`The skim has ${frames} pictures instead of ${expected}.`];
  return { frames, notes };
}

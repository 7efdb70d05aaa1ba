/** Skims by the system's ffmpeg: each part is encoded by itself, then the parts are joined as they are. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../../../graph/errors.ts";
import { type Probe, probe } from "../ffmpeg/probe.ts";
import { asFile, passthrough, runToEnd } from "../ffmpeg/process.ts";
import { framesOf, type Segment, type Skim, type SkimOptions, skimSize } from "./skim.ts";

let encoder: Promise<boolean> | undefined;

/** Whether the installed ffmpeg can encode H.264: some builds leave it out. */
export function hasEncoder(): Promise<boolean> {
  encoder ??= runToEnd("ffmpeg", ["-v", "error", "-encoders"]).then(({ output }) =>
    /\blibx264\b/.test(output),
  );
  return encoder;
}

export async function skimWithFfmpeg(options: SkimOptions): Promise<Skim> {
  const { source, segments, file, signal } = options;
  const probed = await probe(source);
  const folder = await mkdtemp(join(tmpdir(), "gatefold-skim-"));
  try {
    const parts = segments.map((_, i) => join(folder, `part${i}.nut`));
    for (const [i, segment] of segments.entries()) {
      await run(await partArguments(probed, segment, parts[i]), source, signal);
    }
    const list = join(folder, "parts.txt");
    await writeFile(list, joinList(parts, segments));
    const sound = probed.info.audio ? ["-c:a", "aac", "-b:a", "128k"] : [];
    const joined = ["-f", "concat", "-safe", "0", "-i", list, "-c:v", "copy", ...sound];
    await run([...joined, "-movflags", "+faststart", "-y", asFile(file)], source, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return checked(file, framesOf(segments));
}

async function run(args: string[], source: string, signal: AbortSignal | undefined): Promise<void> {
  const { code, errors } = await runToEnd("ffmpeg", ["-nostdin", "-v", "error", ...args], signal);
  if (code !== 0)
    throw new InputError(`Can't cut ${source}: ${errors.trim().split("\n").at(-1) ?? "ffmpeg failed"}.`);
}

/** Frames begin at their exact times: looking this much earlier, in seconds, finds them whatever is rounded. */
const early = 0.0004;

async function partArguments(probed: Probe, segment: Segment, file: string): Promise<string[]> {
  const { info, stream, audioStream, timeBase, firstFrame, start } = probed;
  const from = firstFrame - start + segment.startTime - early;
  const length = segment.endTime - segment.startTime;
  const { width, height } = skimSize(info.width, info.height);
  const pictures = `[0:${stream}]setpts=PTS-STARTPTS,scale=${width}:${height},setsar=1,format=yuv420p[picture]`;
  // Sound lies over silence of the exact length, so that each part's sound is as long as its pictures.
  const sound =
    audioStream === undefined
      ? ""
      : `;[0:${audioStream}]aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo[heard];` +
        `anullsrc=r=48000:cl=stereo,atrim=duration=${length}[silence];` +
        "[silence][heard]amix=inputs=2:duration=first:normalize=0[sound]";
  return [
    ...(from > 0 ? ["-ss", from.toFixed(6)] : []),
    ...[
      "-t",
      length.toFixed(6),
      "-i",
      asFile(info.file),
      "-filter_complex",
      pictures + sound,
      "-map",
      "[picture]",
    ],
    ...["-c:v", "libx264", "-preset", "superfast", "-crf", "22", "-bf", "0"],
    ...["-enc_time_base", `${timeBase.numerator}:${timeBase.denominator}`, ...(await passthrough())],
    ...(sound === "" ? [] : ["-map", "[sound]", "-c:a", "pcm_s16le"]),
    ...["-y", asFile(file)],
  ];
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
  const counting = [
    "-v",
    "error",
    "-select_streams",
    "v:0",
    "-count_packets",
    "-show_entries",
    "stream=nb_read_packets",
  ];
  const { output } = await runToEnd("ffprobe", [...counting, "-of", "csv=p=0", asFile(file)]);
  const frames = Number.parseInt(output, 10);
  const notes = frames === expected ? [] : [`The skim has ${frames} pictures instead of ${expected}.`];
  return { frames, notes };
}

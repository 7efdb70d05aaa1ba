/**
 * Summarizing by both decoders, beside the time in which ffmpeg merely decodes and scales the same video. `part` is
 * what is timed, as a process of its own: "decode" (frames, times and changes alone) or the command; `ratio` is its
 * time ÷ ffmpeg's, taken in turn, medians, `cpuRatio` the same of processor time; memory is that of the process and all that it starts.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ffmpegVersion } from "../src/data/video/ffmpeg/reader.ts";
import { type BenchOptions, type Line, median, rounded } from "./measure.ts";
import { type Clip, clips, repeatClip } from "./summarize/clips.ts";
import { type MeasuredRun, measuredRun } from "./summarize/measured-run.ts";

const decode = join(import.meta.dirname, "summarize/decode.ts");
/** As users have it: built. */
const command = join(import.meta.dirname, "../dist/cli/main.js");

interface Case {
  clip: Clip;
  minutes: number;
  decoder: "ffmpeg" | "webcodecs";
  part: "decode" | "decode fast" | "summarize" | "summarize --fast";
  repeats: number;
}

/** The last lengths only show that memory doesn't grow. */
const lengths = [
  { minutes: 5, repeats: 3 },
  { minutes: 120, repeats: 1 },
];

export async function* run({ only = "" }: BenchOptions): AsyncIterable<Line> {
  if (clips.length === 0) throw new Error("The videos to measure with are missing: ../shared/data/videos.");
  if (!existsSync(command))
    throw new Error("This benchmark measures the built command: npm run build first.");
  if ((await ffmpegVersion()) === undefined)
    throw new Error("This benchmark needs ffmpeg and ffprobe installed.");
  const folder = mkdtempSync(join(tmpdir(), "gatefold-bench-"));
  try {
    for (const { clip, length } of clips.flatMap((clip) => lengths.map((length) => ({ clip, length })))) {
      const cases = casesOf(clip, length).filter((one) => nameOf(one).includes(only));
      if (cases.length === 0) continue;
      const file = repeatClip(clip, length.minutes, folder);
      for (const one of cases) yield await measure(one, file, folder);
      rmSync(file);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function casesOf(clip: Clip, length: { minutes: number; repeats: number }): Case[] {
  if (length.minutes > 5 && clip.name !== "480p") return [];
  const parts = ["decode", "decode fast", "summarize", "summarize --fast"] as const;
  return parts.flatMap((part) =>
    (["ffmpeg", "webcodecs"] as const).map((decoder) => ({ clip, part, decoder, ...length })),
  );
}

function nameOf({ clip, minutes, decoder, part }: Case): string {
  return `${clip.name}, ${minutes} min, ${decoder}, ${part}`;
}

async function measure(one: Case, file: string, folder: string): Promise<Line> {
  const ours: MeasuredRun[] = [];
  const peer: MeasuredRun[] = [];
  for (let i = 0; i < one.repeats; i++) {
    ours.push(await measuredRun(process.execPath, argumentsOf(one, file, folder)));
    peer.push(await measuredRun("ffmpeg", merelyDecode(file)));
  }
  const seconds = median(ours.map((run) => run.seconds));
  const ffmpegSeconds = median(peer.map((run) => run.seconds));
  const last = ours.at(-1)!;
  return {
    case: nameOf(one),
    secondsPerSecond: rounded((one.minutes * 60) / seconds),
    seconds: rounded(seconds),
    ffmpegSeconds: rounded(ffmpegSeconds),
    ratio: rounded(seconds / ffmpegSeconds),
    cpuRatio: cpuRatio(ours, peer),
    peakMB: last.peakMB,
    earlyMB: last.earlyMB,
    lateMB: last.lateMB,
    repeats: one.repeats,
  };
}

/** Of processor time, which says more on a machine that is busy otherwise. */
function cpuRatio(ours: readonly MeasuredRun[], peer: readonly MeasuredRun[]): number | undefined {
  const [one, other] = [ours, peer].map((runs) => median(runs.map((run) => run.cpuSeconds ?? Number.NaN)));
  return Number.isNaN(one / other) ? undefined : rounded(one / other);
}

function argumentsOf({ part, decoder }: Case, file: string, folder: string): string[] {
  if (part === "decode") return [decode, file, decoder];
  if (part === "decode fast") return [decode, file, decoder, "fast"];
  const out = join(mkdtempSync(join(folder, "out-")), "summary");
  const fast = part === "summarize --fast" ? ["--fast"] : [];
  return [command, "summarize", file, "--out", out, "--decoder", decoder, "--json", ...fast];
}

function merelyDecode(file: string): string[] {
  return ["-nostdin", "-v", "error", "-i", file, "-an", "-vf", "fps=2,scale=224:224", "-f", "null", "-"];
}

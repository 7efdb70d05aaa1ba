import { basename, extname } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Stage, SummarizeOptions } from "../tasks/summarize/pipeline.ts";
import { clock } from "../tasks/summarize/report/words.ts";
import { defaultModel, scoringModels } from "../tasks/summarize/scoring/built-in.ts";
import type { Summary } from "../tasks/summarize/summary.ts";
import { endInterrupted } from "./interrupted.ts";
import { parseFrameRate } from "./numbers.ts";

interface Flags extends Omit<SummarizeOptions, "out" | "fast"> {
  out?: string;
  fast?: boolean;
  json?: boolean;
}

/** `gatefold summarize VIDEO`. */
export function summarizeCommand(): Command {
  return new Command("summarize")
    .summary("find the key moments of a video")
    .description(
      "Finds the key moments of a video: its shots, their importance, key frames,\n" +
        "a short skim and a report page. Nothing leaves this machine.",
    )
    .argument("<video>", "video file (mp4, mov, mkv, webm; whatever ffmpeg reads, where it is installed)")
    .option("-o, --out <folder>", "folder for the results (default: VIDEO-summary, here)")
    .option("--share <part>", "most of the video that the skim may have, 0 to 1", parseShare, 0.15)
    .option("--max-keyframes <count>", "most key frames", parseCount, 12)
    .option("--fps <rate>", "frames to look at, a second", parseFrameRate, 2)
    .option("--fast", "decode only the coded key frames: rougher, many times faster")
    .option(
      "--features <network>",
      "image network that describes frames: a name that\n`gatefold features` lists, or FILE.onnx (FILE.json\nbeside it tells its input)",
    )
    .option(
      "--weights <file>",
      "trained weights, or a run of `gatefold train\nsummarize`, instead of a model of --model",
    )
    .addOption(
      new Option(
        "--model <name>",
        `what weighs moments: trained networks, or one fit to\nthis video alone (default: ${defaultModel(undefined)}; with\n--features fit)`,
      )
        .choices(scoringModels)
        .conflicts("weights"),
    )
    .option("--adapt", "mix what trained networks say with a fit to this video")
    .option("--seed <number>", "seed of all random choices", parseSeed, 1)
    .addOption(
      new Option("--decoder <name>", "what decodes").choices(["auto", "ffmpeg", "webcodecs"]).default("auto"),
    )
    .option("--threads <count>", "threads of the feature network", parseCount, 1)
    .option("--json", "print summary.json on stdout, and nothing else")
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold summarize talk.mp4
  $ gatefold summarize talk.mp4 --out key-moments --share 0.05
  $ gatefold summarize lecture.mkv --fast --json | jq '.keyframes[].time'
`,
    )
    .action(run);
}

/** What each stage counts. */
const phases: Record<Stage, string> = {
  watch: "watching the video, seconds",
  score: "weighing its moments",
  write: "writing key frames and skim",
};

async function run(video: string, flags: Flags): Promise<void> {
  const { summarize } = await import("../tasks/summarize/pipeline.ts");
  const { watchInterrupt } = await import("../train/interrupt.ts");
  const { createProgress } = await import("../train/progress.ts");
  const progress = createProgress(process.stderr, flags.json ? "silent" : undefined);
  const interrupt = watchInterrupt();
  const options = {
    ...flags,
    fast: flags.fast ?? false,
    out: flags.out ?? `${basename(video, extname(video))}-summary`,
  };
  try {
    const { summary, report } = await summarize(video, options, {
      signal: interrupt.signal,
      onProgress: (stage, done, total) =>
        progress.report({ phase: phases[stage], done: Math.round(done), total: Math.round(total) }),
    });
    progress.close();
    for (const warning of summary.warnings) process.stderr.write(`Note: ${warning}\n`);
    if (flags.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    else process.stdout.write(`${inWords(summary)}\n${report}\n`);
  } catch (error) {
    progress.close();
    if (!interrupt.signal.aborted) throw error;
    endInterrupted("nothing was written");
  } finally {
    interrupt[Symbol.dispose]();
  }
}

function inWords({ video, shots, keyframes }: Summary): string {
  const kept = shots.filter(({ selected }) => selected);
  const skim = kept.reduce((sum, { startTime, endTime }) => sum + endTime - startTime, 0);
  return (
    `${shots.length} shots, ${kept.length} of them in the skim ` +
    `(${clock(skim)} of ${clock(video.duration)}), key frames: ${keyframes.length}`
  );
}

function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Give a number above 0 and at most 1, such as 0.15.");
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number of 1 or more.");
}

function parseSeed(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
  throw new InvalidArgumentError("Give a whole number from 0 to 4294967295.");
}

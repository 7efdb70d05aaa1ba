import { Command } from "commander";
import { parsePositive, parseThreshold } from "./numbers.ts";
import type { StreamedRun, StreamFlags } from "./open-stream.ts";

/** `gatefold stream RUN INPUT`. */
export function streamCommand(): Command {
  return withStreamOptions(new Command("stream"))
    .summary("run a model step by step over a file")
    .description(
      "Runs a model over a file, one step after the other, and prints what it puts out:\n" +
        "a row of numbers a step. A summary goes to stderr.",
    )
    .option("--json", "print a JSON object a step")
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold stream phones speech.wav
  $ gatefold stream detector sound.wav --hop 512 --json
  $ gatefold stream sensors readings.csv --delta 0.05 > outputs.csv
`,
    )
    .action(run);
}

/** What stream and profile have in common. */
export function withStreamOptions(command: Command): Command {
  return command
    .argument("<run>", "folder of a run, or a model's file")
    .argument("<input>", "frames: .csv, .txt, .npy (a row a step), .wav")
    .option(
      "--delta <threshold>",
      "numbers that change by less are not passed on (0: only those that change)",
      parseThreshold,
    )
    .option("--int8", "weights in 8 bits")
    .option("--hop <samples>", "for models over raw sound: samples from frame to frame", parsePositive);
}

async function run(
  path: string,
  input: string,
  { json, ...flags }: StreamFlags & { json?: boolean },
): Promise<void> {
  const { openStream } = await import("./open-stream.ts");
  const { frames, names, push }: StreamedRun = await openStream(path, input, flags);
  const start = performance.now();
  let lines: string[] = [];
  const write = () => {
    if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
    lines = [];
  };
  for (const [step, frame] of frames.entries()) {
    const outputs = push(frame);
    if (!json && step === 0) lines.push(columnsOf(outputs, names));
    lines.push(
      json ? jsonLine(step, outputs) : names.flatMap((name) => [...outputs[name]].map(short)).join(","),
    );
    if (lines.length >= 1000) write();
  }
  write();
  const each = ((performance.now() - start) * 1000) / Math.max(1, frames.length);
  process.stderr.write(`${frames.length} steps, ${each.toFixed(1)} µs each with printing\n`);
}

/** "y" for a single number, "y.0,y.1" for several. */
function columnsOf(outputs: Record<string, Float32Array>, names: readonly string[]): string {
  return names
    .flatMap((name) =>
      outputs[name].length === 1 ? name : [...outputs[name].keys()].map((at) => `${name}.${at}`),
    )
    .join(",");
}

const jsonLine = (step: number, outputs: Record<string, Float32Array>): string =>
  JSON.stringify({
    step,
    ...Object.fromEntries(Object.entries(outputs).map(([name, data]) => [name, [...data].map(Number)])),
  });

/** As many digits as a float32 has. */
const short = (value: number): string => `${Number(value.toPrecision(8))}`;

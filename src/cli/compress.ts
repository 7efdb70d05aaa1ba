import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { InputError } from "../graph/errors.ts";
import type { LowRankReport } from "../transform/low-rank-report.ts";
import { endInterrupted } from "./interrupted.ts";
import { parseEnergy, parsePositive, parseThreshold } from "./numbers.ts";

interface Flags {
  out: string;
  energy?: number;
  rank?: number;
  delta?: number;
  tune?: number;
  data?: string;
  hop?: number;
  json?: boolean;
}

/** `gatefold compress RUN`. */
export function compressCommand(): Command {
  return new Command("compress")
    .summary("make a model smaller by joint low rank, and less busy by delta thresholds")
    .description(
      "Gives every recurrent output one projection that all its readers share (joint low rank), sets\n" +
        "thresholds below which changes are not passed on (delta), and tunes what is left.",
    )
    .argument("<run>", "folder of a run, or a model's file")
    .requiredOption("-o, --out <run>", "folder for the smaller run")
    .option("--energy <share>", "keep the least ranks with this share of Σσ², 0 to 1", parseEnergy)
    .option("--rank <count>", "keep this rank everywhere", parsePositive)
    .option("--delta <threshold>", "pass on only numbers that change by as much", parseThreshold)
    .option("--tune <epochs>", "train what is left for so many epochs", parsePositive)
    .option(
      "--data <path>",
      "what to tune on: the data set of the run's task,\nor frames (.csv, .npy, .wav) on which the smaller model is to do as the whole one",
    )
    .option("--hop <samples>", "for models over raw sound: samples from frame to frame", parsePositive)
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold compress phones --energy 0.9 --out phones-small
  $ gatefold compress phones --energy 0.8 --tune 5 --data emodb --out phones-small
  $ gatefold compress detector --rank 32 --delta 0.05 --tune 3 --data sound.wav --out detector-small
`,
    )
    .action(run);
}

async function run(path: string, flags: Flags): Promise<void> {
  const { out, energy, rank, delta: threshold, tune: epochs, data, hop, json } = flags;
  if (energy === undefined && rank === undefined && threshold === undefined)
    throw new InputError("nothing to do: give --energy or --rank, --delta, or both");
  if ((epochs === undefined) !== (data === undefined))
    throw new InputError("--tune and --data go together: how long to tune, and on what");
  const { openModel, saveModel } = await import("../models/file.ts");
  const { lowRank } = await import("../transform/low-rank.ts");
  const { delta } = await import("../transform/delta.ts");
  const { tuneRun } = await import("./tune-run.ts");
  const whole = await openModel(path);
  const smaller =
    energy === undefined && rank === undefined
      ? undefined
      : lowRank(whole, { energy, rank, forDelta: threshold !== undefined });
  const model = smaller?.model ?? whole;
  const sparse = threshold === undefined ? model : delta(model, { threshold });
  const tuned =
    epochs === undefined ? sparse : await tuneRun(sparse, { run: path, whole, epochs, data: data!, hop });
  if (!tuned) {
    endInterrupted("nothing was written");
    return;
  }
  await saveModel(out, tuned);
  await keepTask(path, out);
  const report = { lowRank: smaller?.report, thresholds: tuned.thresholds };
  process.stdout.write(`${json ? JSON.stringify(report, plainArrays, 2) : inLines(report)}\n`);
}

/** What the run was trained for stays with what is made from it. */
async function keepTask(from: string, to: string): Promise<void> {
  await copyFile(join(from, "task.json"), join(to, "task.json")).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
  });
}

const plainArrays = (_: string, value: unknown) => (value instanceof Float64Array ? [...value] : value);

function inLines({
  lowRank,
  thresholds,
}: {
  lowRank?: LowRankReport;
  thresholds?: Readonly<Record<string, number>>;
}): string {
  const lines: string[] = [];
  for (const { path, units, rank, energy, left, parameters } of lowRank?.layers ?? [])
    lines.push(
      left
        ? `${path}: left whole: ${left}`
        : `${path}: rank ${rank} of ${units}, ${(100 * energy).toFixed(1)} % of the energy, ${change(parameters)} parameters`,
    );
  if (lowRank)
    lines.push(
      `parameters: ${change(lowRank.parameters)}`,
      `multiplications a step: ${change(lowRank.multiplications)}`,
    );
  const passed = Object.entries(thresholds ?? {});
  if (passed.length > 0)
    lines.push(`thresholds: ${passed.map(([path, value]) => `${path} ${value}`).join(", ")}`);
  return lines.join("\n");
}

const change = ({ before, after }: { before: number; after: number }): string =>
  `${before.toLocaleString("en-US")} → ${after.toLocaleString("en-US")} (${((100 * after) / before).toFixed(1)} %)`;

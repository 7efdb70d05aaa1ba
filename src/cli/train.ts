import { Command, InvalidArgumentError, Option } from "commander";
import type { InputPart } from "../tasks/summarize/scoring/network-input.ts";
import type { ModelName, Recipe } from "../tasks/summarize/scoring/task-file.ts";
import type { Part } from "../tasks/summarize/training/compare.ts";
import type { Setting } from "../tasks/summarize/training/select-videos.ts";
import { endInterrupted } from "./interrupted.ts";
import { parsePositive, parseThreshold, parseWhole } from "./numbers.ts";

/** `gatefold train summarize`. */
export function trainCommand(): Command {
  return new Command("train")
    .summary("train a summary network on videos that people annotated")
    .description("Trains networks for tasks.")
    .addCommand(summarizeCommand())
    .addCommand(compareCommand())
    .helpCommand(false);
}

const testedSettings: Setting[] = ["canonical", "augmented", "transfer"];
const settings: Setting[] = [...testedSettings, "all"];
const models: ModelName[] = ["vslstm", "dpplstm", "dsn"];
const rows: Part[] = ["vslstm", "dpplstm", "dpplstm-joint", "dsn", "fit"];
const parts: InputPart[] = ["features", "position", "duration", "likeness"];

interface NetworkFlags {
  steps?: Recipe["steps"];
  inputs?: InputPart[];
  cell?: string;
  units?: number;
  width?: number;
  epochs?: number;
  patience?: number;
  rate?: number;
  batch?: number;
  weightDecay?: number;
  threads: number;
}

/** What both commands ask of the network. */
function withNetworkOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--steps <what>", "what a step is: a frame picked, or a shot").choices(["picks", "shots"]),
    )
    .option("--inputs <parts>", `what a step's input has: ${parts.join(", ")}`, parseParts)
    .option("--cell <name>", "the encoder's cell, such as gru, sru or janet (default: lstm)")
    .option("--units <count>", "units in each direction", parsePositive)
    .option("--width <count>", "width of φ", parsePositive)
    .option("--epochs <count>", "most epochs, of each stage", parsePositive)
    .option("--patience <count>", "epochs without a better validation that are borne", parsePositive)
    .option("--rate <number>", "Adam's learning rate", parseThreshold)
    .option("--batch <videos>", "videos whose gradients are averaged for a step", parsePositive)
    .option("--weight-decay <number>", "how strongly matrices are drawn to 0", parseThreshold)
    .option("--threads <count>", "threads of the runtime", parsePositive, 1);
}

/** The recipe's fields that the flags change. */
function changesOf(flags: NetworkFlags): Partial<Recipe> {
  const { steps, inputs, cell, units, width, epochs, patience, rate, batch, weightDecay } = flags;
  const all = {
    ...{ steps, inputs, cell, units, width, epochs, patience, weightDecay },
    learningRate: rate,
    videosPerStep: batch,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

interface TrainFlags extends NetworkFlags {
  out: string;
  model: ModelName;
  joint?: boolean;
  features?: string[];
  setting: Setting;
  split?: { file: string; number: number };
  fold: number;
  seed: number;
}

function summarizeCommand(): Command {
  const command = new Command("summarize")
    .summary("train a network that weighs the frames of videos")
    .description(
      "Trains a network that weighs the frames of videos: vsLSTM or dppLSTM from\n" +
        "what people said of them, DR-DSN without. SET is a data set, such as an\n" +
        "eccv16_dataset_*.h5 file; the first is the one that is tested on. The same\n" +
        "command again goes on where it was interrupted.",
    )
    .argument("<set...>", "data sets")
    .requiredOption("-o, --out <run>", "folder for the run")
    .addOption(new Option("--model <name>", "what it learns by").choices(models).default("vslstm"))
    .option("--joint", "dpplstm: both losses at once, instead of one stage after the other")
    .option("--features <sets...>", "shots' features for sets that have none, in the order of the sets")
    .addOption(new Option("--setting <name>", "what is learned from").choices(settings).default("canonical"))
    .option("--split <file#k>", "split k, from 0, of a file of splits", parseSplit)
    .option("--fold <k>", "part k, 0 to 4, of five is the test, where no split is given", parseFold, 0)
    .option("--seed <number>", "seed of all random choices", parseWhole, 1);
  return withNetworkOptions(command).action(train);
}

interface CompareFlags extends NetworkFlags {
  out: string;
  features?: string[];
  setting: Setting;
  models: Part[][];
  seeds: number;
}

function compareCommand(): Command {
  const command = new Command("summarize-table")
    .summary("compare such networks with people, chance, and no picture at all")
    .description(
      "Trains networks on five folds of the first SET and measures them beside\n" +
        "people, chance and scores that look at no picture. What is finished is not\n" +
        "done again; prints the table and writes table.json.",
    )
    .argument("<set...>", "data sets")
    .requiredOption("-o, --out <folder>", "folder for the runs and the table")
    .addOption(
      new Option(
        "--models <names>",
        `rows, with commas between: ${rows.join(", ")} (to\neach video), or several with +, by their mean ranks`,
      )
        .argParser(parseModels)
        .default(
          rows.filter((part) => part !== "fit").map((part) => [part]),
          "all but fit",
        ),
    )
    .option("--features <sets...>", "shots' features for sets that have none, in the order of the sets")
    .addOption(
      new Option("--setting <name>", "what is learned from").choices(testedSettings).default("canonical"),
    )
    .option("--seeds <count>", "seeds 1 to this, of each fold", parsePositive, 3);
  return withNetworkOptions(command).action(table);
}

async function train(sets: string[], flags: TrainFlags): Promise<void> {
  const { recipeOf } = await import("../tasks/summarize/training/recipes.ts");
  const { trainSummaries } = await import("../tasks/summarize/training/train.ts");
  const { openSets, splitOf } = await import("../tasks/summarize/training/open-sets.ts");
  const { watchInterrupt } = await import("../train/interrupt.ts");
  const { createProgress } = await import("../train/progress.ts");
  const { showTraining } = await import("../train/training-progress.ts");
  const { out, model, joint = false, features, setting, seed, threads } = flags;
  const recipe = { ...recipeOf[model], ...changesOf(flags), joint, seed };
  using interrupt = watchInterrupt();
  const opened = await openSets(sets, features);
  const split = setting === "all" ? undefined : await splitOf(opened[0], flags);
  const show = showTraining(createProgress(process.stderr));
  const { reason, best } = await trainSummaries(opened, out, {
    recipe,
    setting,
    split,
    threads,
    signal: interrupt.signal,
    onEvent: show,
  });
  if (reason === "interrupted") {
    endInterrupted("the same command goes on from here");
    return;
  }
  const scores = Object.entries(best?.validation ?? {}).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  process.stdout.write(`${out}: validation ${scores.join(", ")} after epoch ${best?.epoch}\n`);
}

async function table(sets: string[], flags: CompareFlags): Promise<void> {
  const { join } = await import("node:path");
  const { openSets } = await import("../tasks/summarize/training/open-sets.ts");
  const { compareNetworks } = await import("../tasks/summarize/training/compare.ts");
  const { evaluationTable } = await import("../tasks/summarize/evaluation/write-table.ts");
  const { watchInterrupt } = await import("../train/interrupt.ts");
  const { writeAside } = await import("../train/write-aside.ts");
  const { out, features, setting, seeds, threads } = flags;
  using interrupt = watchInterrupt();
  const opened = await openSets(sets, features);
  const evaluation = await compareNetworks(opened, out, {
    models: flags.models,
    changes: changesOf(flags),
    setting,
    seeds,
    threads,
    signal: interrupt.signal,
    onProgress: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  if (!evaluation) {
    endInterrupted("the same command goes on from here");
    return;
  }
  await writeAside(join(out, "table.json"), `${JSON.stringify(evaluation, null, 2)}\n`);
  process.stdout.write(evaluationTable(evaluation));
}

function parseParts(text: string): InputPart[] {
  const given = text.split(",").map((part) => part.trim());
  const known = given.filter((part): part is InputPart => parts.some((one) => one === part));
  if (known.length === given.length) return known;
  throw new InvalidArgumentError(`Give some of ${parts.join(", ")}, with commas between.`);
}

function parseModels(text: string): Part[][] {
  const given = text.split(",").map((model) => model.split("+").map((name) => name.trim()));
  const isPart = (name: string): name is Part => rows.some((one) => one === name);
  const known = given.map((names) => names.filter(isPart));
  if (known.flat().length === given.flat().length) return known;
  throw new InvalidArgumentError(`Give some of ${rows.join(", ")}, with commas or + between.`);
}

function parseSplit(text: string): { file: string; number: number } {
  const [, file, number] = /^(.+)#(\d{1,4})$/.exec(text) ?? [];
  if (file) return { file, number: Number(number) };
  throw new InvalidArgumentError("Give a file and a number from 0, such as splits.json#0.");
}

function parseFold(text: string): number {
  if (/^[0-4]$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number from 0 to 4.");
}

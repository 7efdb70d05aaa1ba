import { Command, InvalidArgumentError, Option } from "commander";
import type { SpeechTask } from "../tasks/speech/corpus/settings.ts";
import type { Recipe } from "../tasks/speech/task-file.ts";
import { endInterrupted } from "./interrupted.ts";
import { parsePositive, parseThreshold, parseWhole } from "./numbers.ts";

/** `gatefold speech train|evaluate|table`. */
export function speechCommand(): Command {
  return new Command("speech")
    .summary("train acoustic models, and measure what compressing them costs")
    .description(
      "Acoustic models over 40 log-mel bands: phones frame by frame, or spoken digits. DATA is the folder\n" +
        "of a corpus: wav/ and lablaut/ for phones, recordings/ for digits.",
    )
    .addCommand(trainCommand())
    .addCommand(evaluateCommand())
    .addCommand(tableCommand())
    .helpCommand(false);
}

const taskOption = () =>
  new Option("--task <name>", "what is to be told").choices(["phones", "digits"]).default("phones");

interface TrainFlags {
  out: string;
  task: SpeechTask;
  split: number;
  seed: number;
  cell?: string;
  layers?: number;
  units?: number;
  dropout?: number;
  dropoutPattern?: Recipe["dropoutPattern"];
  epochs?: number;
  batch?: number;
  rate?: number;
  threads: number;
}

function trainCommand(): Command {
  return new Command("train")
    .description("Trains a network; the same command again goes on where it was interrupted.")
    .argument("<data>", "folder of the corpus")
    .requiredOption("-o, --out <run>", "folder for the run")
    .addOption(taskOption())
    .option("--split <number>", "which division by speakers, from 0", parseWhole, 0)
    .option("--seed <number>", "seed of all random choices", parseWhole, 1)
    .option("--cell <name>", "its cell by name, such as gru, sru, janet or g2 (default: lstm)")
    .option("--layers <count>", "layers over one another", parsePositive)
    .option("--units <count>", "units a layer", parsePositive)
    .option("--dropout <rate>", "of what goes from layer to layer, 0 to 1", parseRate)
    .addOption(
      new Option("--dropout-pattern <name>", "how it is drawn: row and tile are approximate").choices([
        "plain",
        "row",
        "tile",
      ]),
    )
    .option("--epochs <count>", "how often all is heard", parsePositive)
    .option("--batch <count>", "utterances a step", parsePositive)
    .option("--rate <number>", "learning rate at its highest", parseThreshold)
    .option("--threads <count>", "threads of the runtime", parsePositive, 1)
    .action(train);
}

function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("Streams the test part through a run's model, frame by frame, and prints JSON.")
    .argument("<run>", "folder of a run")
    .argument("<data>", "folder of the corpus")
    .option("--delta <threshold>", "pass on only numbers that change by as much", parseThreshold)
    .option("--int8", "keep weights as int8")
    .action(evaluate);
}

function tableCommand(): Command {
  return new Command("table")
    .description(
      "Trains, compresses, tunes and scores networks in every way. What is finished is not done again;\n" +
        "prints the table and writes table.json and table.md.",
    )
    .argument("<data>", "folder of the corpus")
    .requiredOption("-o, --out <folder>", "folder for the runs and the table")
    .addOption(taskOption())
    .option("--runs <count>", "how often: run k is on split k with seed k + 1", parsePositive, 3)
    .option("--times", "measure the times of the first run again")
    .option("--epochs <count>", "fewer epochs, for a quick look", parsePositive)
    .action(table);
}

async function train(data: string, flags: TrainFlags): Promise<void> {
  const { trainSpeech } = await import("../tasks/speech/train.ts");
  const { corpusOf, recipeOf } = await import("../tasks/speech/recipes.ts");
  const { watchInterrupt } = await import("../train/interrupt.ts");
  const { createProgress } = await import("../train/progress.ts");
  const { showTraining } = await import("../train/training-progress.ts");
  const { out, task, split, seed, threads, rate } = flags;
  const { cell, layers, units, dropout, dropoutPattern, epochs, batch } = flags;
  const chosen = { cell, layers, units, dropout, dropoutPattern, epochs, batch, learningRate: rate };
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  using interrupt = watchInterrupt();
  const { reason, best } = await trainSpeech(data, out, {
    corpus: { ...corpusOf[task], split },
    recipe: { ...recipeOf[task], ...given, seed },
    threads,
    signal: interrupt.signal,
    onEvent: showTraining(createProgress(process.stderr)),
  });
  if (reason === "interrupted") {
    endInterrupted("the same command goes on from here");
    return;
  }
  process.stdout.write(
    `${out}: validation accuracy ${best?.validation.accuracy.toFixed(4)} after epoch ${best?.epoch}\n`,
  );
}

async function evaluate(
  run: string,
  data: string,
  { delta: threshold, int8 }: { delta?: number; int8?: boolean },
): Promise<void> {
  const { openSpeechRun } = await import("../tasks/speech/run.ts");
  const { streamScores } = await import("../tasks/speech/stream-scores.ts");
  const { delta } = await import("../transform/delta.ts");
  const { model, data: corpus } = await openSpeechRun(run, data);
  const scores = await streamScores(
    threshold === undefined ? model : delta(model, { threshold }),
    corpus.test,
    { weights: int8 ? "int8" : "float32" },
  );
  process.stdout.write(`${JSON.stringify(scores, null, 2)}\n`);
}

interface TableFlags {
  out: string;
  task: SpeechTask;
  runs: number;
  times?: boolean;
  epochs?: number;
}

async function table(data: string, { out, times, ...flags }: TableFlags): Promise<void> {
  const { join } = await import("node:path");
  const { fillTable } = await import("../tasks/speech/table/fill-table.ts");
  const { markdownTable, summarizeRows } = await import("../tasks/speech/table/write-table.ts");
  const { watchInterrupt } = await import("../train/interrupt.ts");
  const { writeAside } = await import("../train/write-aside.ts");
  using interrupt = watchInterrupt();
  const rows = await fillTable(data, out, {
    ...flags,
    timesAnew: times,
    signal: interrupt.signal,
    onProgress: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  if (interrupt.signal.aborted) {
    endInterrupted("the same command goes on from here");
    return;
  }
  const summaries = summarizeRows(rows);
  await writeAside(join(out, "table.json"), `${JSON.stringify({ rows, summaries }, null, 2)}\n`);
  await writeAside(join(out, "table.md"), `${markdownTable(summaries)}\n`);
  process.stdout.write(`${markdownTable(summaries)}\n`);
}

function parseRate(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("Give a number of at least 0 and below 1, such as 0.5.");
}

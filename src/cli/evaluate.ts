import { Command, Option } from "commander";
import { parseWhole } from "./numbers.ts";

interface Flags {
  scores: string[];
  run?: string[];
  features?: string;
  splits?: string;
  seed: number;
  json?: boolean;
}

/** `gatefold evaluate summaries SET`. */
export function evaluateCommand(): Command {
  return new Command("evaluate")
    .summary("measure scores of videos beside people and baselines")
    .description("Measures what was learned, or what others computed, beside baselines.")
    .addCommand(summariesCommand())
    .helpCommand(false);
}

function summariesCommand(): Command {
  return new Command("summaries")
    .summary("F1 and rank correlations of video summaries")
    .description(
      "Measures scores of a set's videos as SumMe and TVSum are measured: F1 of the summaries that\n" +
        "they lead to, Kendall's τ and Spearman's ρ, beside people, chance, and scores that look at\n" +
        "no picture; with intervals over videos, and paired tests. SET is what `gatefold data check` reads.",
    )
    .argument("<set>", "file or folder of annotated videos")
    .option(
      "--scores <files...>",
      "scores to measure: JSON {VIDEO: [a score a frame or step]},\nor a list of such, one a split; or HDF5, a dataset a video",
      [],
    )
    .addOption(
      new Option(
        "--run <runs...>",
        "runs of `gatefold train summarize` to measure, each on its\ntest part: those of five folds together are one row",
      ).conflicts("splits"),
    )
    .option("--features <set>", "shots' features for a set that has none")
    .option("--splits <file>", "published splits (default: five folds that test\nevery video once)")
    .option("--seed <number>", "of folds, random scores, intervals and tests", parseWhole, 1)
    .option("--json", "print JSON, with every video's values")
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold evaluate summaries ydata-tvsum50.mat
  $ gatefold evaluate summaries SumMe/GT --scores ours.json theirs.json
  $ gatefold evaluate summaries set.h5 --scores ours.json --splits splits.json
  $ gatefold evaluate summaries set.h5 --run fold0 fold1 fold2 fold3 fold4
`,
    )
    .action(summaries);
}

async function summaries(path: string, flags: Flags): Promise<void> {
  const { readSplits } = await import("../tasks/summarize/datasets/splits.ts");
  const { baselines } = await import("../tasks/summarize/evaluation/baselines.ts");
  const { evaluateSummaries } = await import("../tasks/summarize/evaluation/evaluate.ts");
  const { readScores } = await import("../tasks/summarize/evaluation/read-scores.ts");
  const { evaluationTable } = await import("../tasks/summarize/evaluation/write-table.ts");
  const { openSets } = await import("../tasks/summarize/training/open-sets.ts");
  const { readRuns } = await import("../tasks/summarize/training/read-runs.ts");
  const { scores, run, features, splits, seed, json } = flags;
  const [set] = await openSets([path], features === undefined ? [] : [features]);
  const trained = run && (await readRuns(run, set));
  const given = await Promise.all(scores.map((file) => readScores(file, set.videos)));
  const evaluation = evaluateSummaries(set, {
    candidates: [...(trained ? [trained.candidate] : []), ...given, ...baselines(set, seed)],
    splits: splits === undefined ? trained?.splits : await readSplits(splits, set.videos),
    seed,
  });
  process.stdout.write(json ? `${JSON.stringify(evaluation, null, 2)}\n` : evaluationTable(evaluation));
}

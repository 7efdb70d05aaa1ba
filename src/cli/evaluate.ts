import { Command } from "commander";
import { parseWhole } from "./numbers.ts";

interface Flags {
  scores: string[];
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
`,
    )
    .action(summaries);
}

async function summaries(path: string, { scores, splits, seed, json }: Flags): Promise<void> {
  const { openAnnotatedSet } = await import("../tasks/summarize/datasets/open.ts");
  const { readSplits } = await import("../tasks/summarize/datasets/splits.ts");
  const { baselines } = await import("../tasks/summarize/evaluation/baselines.ts");
  const { evaluateSummaries } = await import("../tasks/summarize/evaluation/evaluate.ts");
  const { readScores } = await import("../tasks/summarize/evaluation/read-scores.ts");
  const { evaluationTable } = await import("../tasks/summarize/evaluation/write-table.ts");
  const set = await openAnnotatedSet(path);
  const given = await Promise.all(scores.map((file) => readScores(file, set.videos)));
  const evaluation = evaluateSummaries(set, {
    candidates: [...given, ...baselines(set, seed)],
    splits: splits === undefined ? undefined : await readSplits(splits, set.videos),
    seed,
  });
  process.stdout.write(json ? `${JSON.stringify(evaluation, null, 2)}\n` : evaluationTable(evaluation));
}

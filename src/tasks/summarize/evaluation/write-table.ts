/** The table in words, as Markdown. */
import type { Comparison, Evaluation, Row } from "./evaluate.ts";
import { type Metric, metrics } from "./metrics.ts";

const titles: Record<Metric, string> = {
  f1Mean: "F1 mean",
  f1Max: "F1 max",
  tau: "τ",
  rho: "ρ",
  tauToMean: "τ with mean",
  rhoToMean: "ρ with mean",
};

/** What is tested between rows. */
const tested: readonly Metric[] = ["f1Mean", "f1Max", "tau", "rho"];

/**
 * All rows with their intervals; then what was given, each beside every other row, with differences and p.
 *
 * @param evaluation from `evaluateSummaries`
 */
export function evaluationTable(evaluation: Evaluation): string {
  const { set, videos, splits, rows, comparisons } = evaluation;
  const parts = [
    `${set}: ${videos.length} videos, ${splits === 1 ? "1 split" : `${splits} splits`}. Mean [95 % interval over videos].${reportedBy(set)}`,
    markdown(
      ["", ...metrics.map((metric) => titles[metric])],
      rows.map((row) => [row.name, ...metrics.map((metric) => cell(row, metric))]),
    ),
  ];
  const given = new Set(rows.filter(({ origin }) => origin === "given").map(({ name }) => name));
  if (given.size > 0) {
    const pairs = rows
      .flatMap((one, at) => rows.slice(at + 1).map((other) => [one.name, other.name]))
      .filter((pair) => pair.some((name) => given.has(name)));
    parts.push(
      "Differences [95 % interval] and p: two-sided, paired, by sign flips over videos; of many tests some are below .05 by chance.",
      markdown(
        ["", ...tested.map((metric) => titles[metric])],
        pairs.map(([one, other]) => [
          `${one} − ${other}`,
          ...tested.map((metric) => difference(comparisons, one, other, metric)),
        ]),
      ),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

/** Which of the two F1 the field reports, where it is known. */
function reportedBy(set: string): string {
  if (/tvsum/i.test(set)) return " TVSum is reported by F1 mean.";
  if (/summe/i.test(set)) return " SumMe is reported by F1 max.";
  return "";
}

function cell({ mean, interval }: Row, metric: Metric): string {
  return Number.isNaN(mean[metric]) ? "–" : `${number(mean[metric])} ${range(interval[metric])}`;
}

function difference(comparisons: readonly Comparison[], one: string, other: string, metric: Metric): string {
  const found = comparisons.find(
    ({ rows, metric: of }) => of === metric && rows[0] === one && rows[1] === other,
  );
  if (!found) return "–";
  const sign = found.difference < 0 ? "" : "+";
  return `${sign}${number(found.difference)} ${range(found.interval)}, p ${chance(found.p)}`;
}

const range = ([low, high]: readonly [number, number]) => `[${number(low)}, ${number(high)}]`;

const chance = (p: number) => (p < 0.0001 ? "< .0001" : p.toFixed(4).replace(/^0/, ""));

/** Three digits, no zero before the point, a minus where it is below 0. */
function number(value: number): string {
  const digits = Math.abs(value).toFixed(3).replace(/^0/, "");
  return value < 0 && digits !== ".000" ? `−${digits}` : digits;
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

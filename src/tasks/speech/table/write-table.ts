/** The table in words: Markdown for people, JSON for programs. */
import type { TableRow } from "./fill-table.ts";

export interface RowSummary {
  name: string;
  cells: number;
  /** Means over runs; `spread` is the standard deviation of the accuracies. */
  accuracy: number;
  spread: number;
  /**
   * The mean over runs of how much is lost, as a part of what a dense network has that was tuned as long; only of runs
   * that both have. Below 0 where nothing is lost.
   */
  loss?: number;
  /** The same, of what the dense network has as it was trained. */
  lossToTrained?: number;
  parameters: number;
  /** A second of speech. */
  multiplications: number;
  occupancy: number;
  /** A step of the first run's network. */
  microseconds: number;
}

/** Means over the cells of each row that has some. */
export function summarizeRows(rows: readonly TableRow[]): RowSummary[] {
  return rows
    .filter(({ cells }) => cells.length > 0)
    .map((row) => {
      const { cells } = row;
      const mean = (of: (cell: TableRow["cells"][number]) => number) => average(cells.map(of));
      const accuracy = mean((cell) => cell.accuracy);
      return {
        name: nameOf(row),
        cells: cells.length,
        accuracy,
        spread: Math.sqrt(
          cells.reduce((sum, cell) => sum + (cell.accuracy - accuracy) ** 2, 0) /
            Math.max(1, cells.length - 1),
        ),
        loss: lossOf(row, rows, row.tuned),
        lossToTrained: lossOf(row, rows, 0),
        parameters: mean((cell) => cell.parameters),
        multiplications: mean((cell) => cell.multiplications),
        occupancy: mean((cell) => cell.occupancy),
        microseconds: cells[0].microseconds,
      };
    });
}

/** Run by run against the dense network of the same kind, as it was trained or tuned as long. */
function lossOf(row: TableRow, rows: readonly TableRow[], epochs: number): number | undefined {
  const dense = rows.find(
    ({ network, energy, threshold, tuned }) =>
      network === row.network && energy === undefined && threshold === undefined && tuned === epochs,
  );
  const pairs = row.cells.flatMap((cell) => {
    const other = dense?.cells.find(({ split, seed }) => split === cell.split && seed === cell.seed);
    return other ? [1 - cell.accuracy / other.accuracy] : [];
  });
  return pairs.length > 0 ? average(pairs) : undefined;
}

const networks = { lstm: "LSTM", g2: "G2-LSTM", row: "LSTM, approximate dropout" } as const;

function nameOf({ network, energy, threshold, tuned }: TableRow): string {
  const parts: string[] = [networks[network]];
  if (energy !== undefined) parts.push(`τ ${energy}`);
  if (threshold !== undefined) parts.push(`Θ ${threshold}`);
  if (energy === undefined && threshold === undefined && network !== "row") parts.push("dense");
  if (tuned > 0) parts.push(tuned === 1 ? "tuned" : `tuned for ${tuned} epochs`);
  return parts.join(", ");
}

/** A Markdown table; the first row is what parameters and multiplications are shares of. */
export function markdownTable(summaries: readonly RowSummary[]): string {
  const [first] = summaries;
  const lines = summaries.map((row) => {
    const cells = [
      row.name,
      `${thousands(row.parameters)} k (${percent(row.parameters / first.parameters)})`,
      `${(row.multiplications / 1e6).toFixed(1)} M (÷ ${(first.multiplications / row.multiplications).toFixed(1)})`,
      `${row.microseconds.toFixed(0)} µs`,
      `${row.accuracy.toFixed(3)} ± ${row.spread.toFixed(3)}`,
      ...[row.loss, row.lossToTrained].map((loss) => (loss === undefined ? "" : signedPercent(loss))),
      `${row.cells}`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "| network | parameters | multiplications a second | time a step | test accuracy | relative loss | to the dense as trained | runs |",
    "|---|---|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const thousands = (count: number) => Math.round(count / 1000).toLocaleString("en-US");
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
const signedPercent = (share: number) => {
  const size = Math.abs(100 * share).toFixed(1);
  return `${share < 0 && size !== "0.0" ? "−" : ""}${size} %`;
};

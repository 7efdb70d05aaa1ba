import { describe, expect, test } from "vitest";
import { cellName, treatments } from "./cells.ts";
import type { TableRow } from "./fill-table.ts";
import { markdownTable, summarizeRows } from "./write-table.ts";

const scores = (accuracy: number, parameters = 1000) => ({
  accuracy,
  parameters,
  multiplications: 100 * parameters,
  occupancy: 1,
  microseconds: 5,
});
const runs = (...accuracies: number[]) =>
  accuracies.map((accuracy, split) => ({ split, seed: split + 1, ...scores(accuracy) }));

describe("the table", () => {
  test("compares run with run, tuned with tuned, and each network with its own kind", () => {
    const rows: TableRow[] = [
      { network: "lstm", tuned: false, cells: runs(0.8, 0.5) },
      { network: "lstm", tuned: true, cells: runs(0.9) },
      { network: "lstm", energy: 0.5, tuned: false, cells: runs(0.4, 0.5) },
      { network: "lstm", energy: 0.5, tuned: true, cells: runs(0.9, 0.3) },
      { network: "g2", tuned: false, cells: runs(0.4) },
      { network: "g2", threshold: 0.1, tuned: false, cells: runs(0.3) },
    ];
    const losses = summarizeRows(rows).map(({ loss }) => loss);
    const toTrained = summarizeRows(rows).map(({ lossToTrained }) => lossToTrained);
    expect(toTrained[1]).toBeCloseTo(-0.125, 12);
    // Halved in the first run and the same in the second; the second run of the tuned row has nothing beside it.
    [0, 0, 0.25, 0, 0, 0.25].forEach((wanted, row) => {
      expect(losses[row]).toBeCloseTo(wanted, 12);
    });
  });

  test("gives means and the deviation between runs, and leaves out what has none", () => {
    const [row, ...others] = summarizeRows([
      { network: "lstm", tuned: false, cells: runs(0.6, 0.7, 0.8) },
      { network: "lstm", tuned: true, cells: [] },
    ]);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ name: "LSTM, dense", cells: 3, parameters: 1000 });
    expect(row.accuracy).toBeCloseTo(0.7, 12);
    expect(row.spread).toBeCloseTo(0.1, 12);
  });

  test("is written with shares of the first row", () => {
    const lines = markdownTable(
      summarizeRows([
        { network: "lstm", tuned: false, cells: runs(0.5) },
        {
          network: "lstm",
          energy: 0.6,
          threshold: 0.1,
          tuned: true,
          cells: [{ split: 0, seed: 1, ...scores(0.5, 400) }],
        },
      ]),
    ).split("\n");
    expect(lines[3]).toBe(
      "| LSTM, τ 0.6, Θ 0.1, tuned | 0 k (40 %) | 0.0 M (÷ 2.5) | 5 µs | 0.500 ± 0.000 |  | 0.0 % | 1 |",
    );
  });

  test.each(["phones", "digits"] as const)(
    "of %s has each cell once, what it begins from before it",
    (task) => {
      const names = treatments(task).map((treatment) => cellName({ ...treatment, split: 0, seed: 1 }));
      expect(new Set(names).size).toBe(names.length);
      for (const network of ["lstm", "g2"])
        expect(names.findIndex((name) => name.startsWith(network))).toBe(
          names.indexOf(`${network}-split0-seed1`),
        );
    },
  );
});

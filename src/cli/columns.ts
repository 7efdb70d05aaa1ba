/** Cells as lines of text: columns of one width, each to the left or to the right. */
export function inColumns(rows: readonly (readonly string[])[], isLeft: (column: number) => boolean): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))),
  );
  return lines.map((cells) => cells.join("  ").trimEnd()).join("\n");
}

/** Reads tables of text: comma-separated values with a line of names first (RFC 4180). */
import { InputError } from "../graph/errors.ts";

export interface CsvRow {
  /** Line of the file where it begins, from 1. */
  line: number;
  /** By the names of the columns. */
  cells: ReadonlyMap<string, string>;
}

export interface Csv {
  columns: readonly string[];
  rows: readonly CsvRow[];
}

/**
 * Reads rows by their columns' names. Cells may stand in quotation marks, where a doubled one stands for one; empty lines are
 * passed over.
 *
 * @param source names the file in messages
 * @throws InputError that names the line which has another number of cells, or quotation marks that don't end
 */
export function readCsv(text: string, source: string): Csv {
  const [first, ...rest] = records(text.replace(/^\uFEFF/, ""), source);
  if (!first) throw new InputError(`${source}: there is nothing in it`);
  const columns = first.cells.map((name) => name.trim());
  const rows = rest.map(({ line, cells }) => {
    if (cells.length !== columns.length)
      throw new InputError(
        `${source}, line ${line}: it has ${cells.length} cells, and the first line ${columns.length}`,
      );
    return { line, cells: new Map(columns.map((name, at) => [name, cells[at]])) };
  });
  return { columns, rows };
}

/** A cell up to the comma or line end after it; in quotation marks these belong to it. */
const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y;

function records(text: string, source: string): { line: number; cells: string[] }[] {
  const found: { line: number; cells: string[] }[] = [];
  let line = 1;
  let begun = 1;
  let cells: string[] = [];
  cell.lastIndex = 0;
  while (cell.lastIndex < text.length || cells.length > 0) {
    const match = cell.exec(text);
    if (!match)
      throw new InputError(`${source}, line ${line}: a quotation mark is not where a cell begins or ends`);
    const [, content, end] = match;
    cells.push(content.startsWith('"') ? content.slice(1, -1).replaceAll('""', '"') : content);
    line += (content.match(/\n/g)?.length ?? 0) + Number(end.includes("\n"));
    if (end === ",") continue;
    if (cells.length > 1 || cells[0].trim() !== "") found.push({ line: begun, cells });
    cells = [];
    begun = line;
  }
  return found;
}

/** Reads tables of numbers as text: a line a row, numbers apart by commas, semicolons or white space. */
import { InputError } from "../graph/errors.ts";

export interface NumberTable {
  rows: number;
  columns: number;
  /** Row by row. */
  data: Float64Array;
}

/**
 * Reads rows of numbers. Empty lines and lines that begin with # are passed over, and so is a first line without any number:
 * the names of the columns.
 *
 * @param name what messages call the file.
 * @throws InputError that names the line which holds something else, or another number of numbers
 */
export function readNumberTable(text: string, name: string): NumberTable {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const filled = lines.filter(({ line }) => line !== "" && !line.startsWith("#"));
  const cells = filled.map(({ line, number }) => ({ number, cells: line.split(/\s*[,;]\s*|\s+/) }));
  if (cells[0]?.cells.every((cell) => !isNumber(cell))) cells.shift();
  if (cells.length === 0) throw new InputError(`${name}: there is no line of numbers in it`);
  const columns = cells[0].cells.length;
  const data = cells.flatMap(({ number, cells }) => {
    if (cells.length !== columns)
      throw new InputError(
        `${name}, line ${number}: it has ${cells.length} numbers, and the lines before have ${columns}`,
      );
    return cells.map((cell) => {
      if (!isNumber(cell))
        throw new InputError(`${name}, line ${number}: "${cell.slice(0, 40)}" is no number`);
      return Number(cell);
    });
  });
  return { rows: cells.length, columns, data: Float64Array.from(data) };
}

const isNumber = (cell: string) => cell !== "" && Number.isFinite(Number(cell));

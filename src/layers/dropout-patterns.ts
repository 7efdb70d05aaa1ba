/**
 * Regular patterns of dropout (Song et al., DATE 2019): of units, or of tiles of a weight, one in `period` is kept, from
 * an offset on. What is kept can be gathered into a small dense product.
 */
import { type Tensor, tensor } from "../runtime/tensor.ts";

interface Drawn {
  /** What the pattern's inputs of a graph are named after. */
  name: string;
  rate: number;
  periods: readonly number[];
  /** Of each period. */
  probabilities: readonly number[];
}

/** Keeps units i with (i − offset) mod period = 0. */
export interface RowPattern extends Drawn {
  kind: "row";
  units: number;
}

/**
 * Keeps the tiles of a weight whose row r and column c, counted in tiles, have (r + c − offset) mod period = 0. Along a row
 * and along a column of tiles, one in `period` is kept, so that no output loses all its inputs. All periods divide both
 * numbers of tiles.
 */
export interface TilePattern extends Drawn {
  kind: "tile";
  rows: number;
  columns: number;
}

export type DropoutPattern = RowPattern | TilePattern;

/** What a graph is fed with for one draw of a pattern. */
export type PatternFeeds = Record<string, Tensor>;

/** Random numbers at rest, as all noise is outside training: nothing is dropped then. */
const rest = 0.5;

/** The names of what `patternFeeds` gives. */
export function patternInputs({ name, kind }: DropoutPattern): string[] {
  const own = kind === "row" ? ["kept"] : ["rows", "columns", "order"];
  return [...own, "scale"].map((input) => `${name}.${input}`);
}

/**
 * One draw of a pattern: the indices of what is kept, and the scale that keeps expectations, 1 / (1 − rate).
 *
 * - row: `kept` int32 [units kept].
 * - tile: a tile's row belongs to one of `period` classes, and all rows of a class keep the same columns. `rows` int32
 *   [period, rows of a class] and `columns` int32 [period, columns kept by it]; `order` int32 [columns], the place of each
 *   column among them all.
 *
 * @param draws two uniform numbers in [0, 1), for the period and the offset; both 0.5 keep all
 */
export function patternFeeds(pattern: DropoutPattern, draws: ArrayLike<number>): PatternFeeds {
  const resting = draws[0] === rest && draws[1] === rest;
  const period = resting ? 1 : drawnPeriod(pattern, draws[0]);
  const offset = Math.floor(draws[1] * period);
  const { name, rate } = pattern;
  const scale = tensor([resting ? 1 : 1 / (1 - rate)], []);
  const indices =
    pattern.kind === "row" ? keptUnits(pattern, period, offset) : keptTiles(pattern, period, offset);
  return Object.fromEntries(
    Object.entries({ ...indices, scale }).map(([input, value]) => [`${name}.${input}`, value]),
  );
}

/** The period whose share of 0 to 1 a uniform number lies in. */
function drawnPeriod({ periods, probabilities }: Drawn, draw: number): number {
  let left = draw;
  for (const [at, probability] of probabilities.entries()) {
    left -= probability;
    if (left < 0) return periods[at];
  }
  return periods[periods.length - 1];
}

function keptUnits({ units }: RowPattern, period: number, offset: number): PatternFeeds {
  const kept = every(period, offset, units);
  return { kept: tensor(kept, [kept.length], "int32") };
}

function keptTiles({ rows, columns }: TilePattern, period: number, offset: number): PatternFeeds {
  const classes = Array.from({ length: period }, (_, at) => at);
  const rowsOf = classes.flatMap((first) => every(period, first, rows));
  const columnsOf = classes.flatMap((first) => every(period, (offset - first + period) % period, columns));
  const order = new Int32Array(columns);
  columnsOf.forEach((column, place) => {
    order[column] = place;
  });
  return {
    rows: tensor(rowsOf, [period, rows / period], "int32"),
    columns: tensor(columnsOf, [period, columns / period], "int32"),
    order: tensor(order, [columns], "int32"),
  };
}

/** first, first + step, … below a limit. */
function every(step: number, first: number, limit: number): number[] {
  return Array.from({ length: Math.ceil((limit - first) / step) }, (_, k) => first + k * step);
}

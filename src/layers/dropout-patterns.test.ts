import { describe, expect, test } from "vitest";
import { random } from "../weights/random.ts";
import { type DropoutPattern, patternFeeds, patternInputs } from "./dropout-patterns.ts";
import { dropoutPeriods } from "./dropout-periods.ts";

function rowPattern(rate: number, units = 20): DropoutPattern {
  const periods = [1, 2, 3, 4, 5, 6, 7, 8];
  return { kind: "row", name: "p", units, rate, periods, probabilities: [...dropoutPeriods(rate, periods)] };
}

function tilePattern(rate: number): DropoutPattern {
  const periods = [1, 2, 4];
  const probabilities = [...dropoutPeriods(rate, periods)];
  return { kind: "tile", name: "p", rows: 4, columns: 8, rate, periods, probabilities };
}

/** 1 for each unit that is kept, or for each tile, row by row. */
function mask(pattern: DropoutPattern, draws: readonly number[]): Float64Array {
  const feeds = patternFeeds(pattern, draws);
  if (pattern.kind === "row") {
    const kept = new Float64Array(pattern.units);
    for (const unit of feeds["p.kept"].data) kept[unit] += 1;
    return kept;
  }
  const kept = new Float64Array(pattern.rows * pattern.columns);
  const [rows, columns] = [feeds["p.rows"], feeds["p.columns"]];
  const [period, high] = rows.dims;
  const wide = columns.dims[1];
  for (let one = 0; one < period; one++)
    for (const row of rows.data.subarray(one * high, (one + 1) * high))
      for (const column of columns.data.subarray(one * wide, (one + 1) * wide))
        kept[row * pattern.columns + column] += 1;
  return kept;
}

/** Every period with every offset, and how likely it is. */
function allDraws({ periods, probabilities }: DropoutPattern) {
  let below = 0;
  return periods.flatMap((period, at) => {
    const draw = below + probabilities[at] / 2;
    below += probabilities[at];
    return Array.from({ length: period }, (_, offset) => ({
      period,
      offset,
      draws: [draw, (offset + 0.5) / period + (period === 1 ? 1e-9 : 0)],
      likely: probabilities[at] / period,
    }));
  });
}

const rates = [0.1, 0.3, 0.5, 0.7];

describe.each([
  { kind: "row", make: (rate: number) => rowPattern(rate) },
  { kind: "tile", make: tilePattern },
])("a $kind pattern", ({ make }) => {
  test.each(rates)("drops each with probability %d, over all periods and offsets", (rate) => {
    const pattern = make(rate);
    const kept = mask(pattern, [0.5, 0.5]).fill(0);
    for (const { draws, likely } of allDraws(pattern))
      mask(pattern, draws).forEach((one, at) => {
        kept[at] += likely * one;
      });
    for (const one of kept) expect(one).toBeCloseTo(1 - rate, 10);
  });

  test.each(rates)("drops each in the share %d of many draws", (rate) => {
    const pattern = make(rate);
    const stream = random(3).stream("draws");
    const count = 8000;
    const kept = mask(pattern, [0.5, 0.5]).fill(0);
    for (let draw = 0; draw < count; draw++)
      mask(pattern, [stream.uniform(), stream.uniform()]).forEach((one, at) => {
        kept[at] += one / count;
      });
    const deviation = Math.sqrt((rate * (1 - rate)) / count);
    for (const one of kept) expect(Math.abs(one - (1 - rate))).toBeLessThan(5 * deviation);
  });

  test("keeps all, unscaled, where the draws are at rest", () => {
    const pattern = make(0.5);
    expect(mask(pattern, [0.5, 0.5]).every((one) => one === 1)).toBe(true);
    expect(patternFeeds(pattern, [0.5, 0.5])["p.scale"].data[0]).toBe(1);
  });

  test("scales by 1 / (1 − rate), and feeds what it says", () => {
    const pattern = make(0.6);
    const feeds = patternFeeds(pattern, [0.2, 0.7]);
    expect(feeds["p.scale"].data[0]).toBeCloseTo(2.5, 6);
    expect(Object.keys(feeds).sort()).toEqual(patternInputs(pattern).sort());
  });
});

test("a row pattern keeps one unit in a period, from the offset on", () => {
  for (const { period, offset, draws } of allDraws(rowPattern(0.5)))
    expect([...mask(rowPattern(0.5), draws)]).toEqual(
      Array.from({ length: 20 }, (_, unit) => Number((unit - offset + period) % period === 0)),
    );
});

test("a tile pattern keeps one tile in a period of each row and of each column, along diagonals", () => {
  for (const { period, offset, draws } of allDraws(tilePattern(0.5)))
    expect([...mask(tilePattern(0.5), draws)]).toEqual(
      Array.from({ length: 32 }, (_, at) => {
        const [row, column] = [Math.floor(at / 8), at % 8];
        return Number((row + column - offset + period) % period === 0);
      }),
    );
});

test("the order of a tile pattern tells where each column is", () => {
  for (const { draws } of allDraws(tilePattern(0.5))) {
    const feeds = patternFeeds(tilePattern(0.5), draws);
    const { "p.order": order, "p.columns": columns } = feeds;
    expect(Array.from(order.data, (place) => columns.data[place])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  }
});

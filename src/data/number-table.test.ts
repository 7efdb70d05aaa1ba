import { expect, test } from "vitest";
import { readNumberTable } from "./number-table.ts";

test("rows of numbers are read, whatever sets them apart", () => {
  for (const text of ["1,2\n3,-4e1", "a;b\r\n1; 2\r\n3; -40\r\n", "# a comment\n1 2\n\n3\t-40\n"]) {
    const { rows, columns, data } = readNumberTable(text, "x.csv");
    expect([rows, columns, ...data]).toEqual([2, 2, 1, 2, 3, -40]);
  }
});

test.each([
  ["", "x.csv: there is no line of numbers in it"],
  ["1,2\n3", "x.csv, line 2: it has 1 numbers, and the lines before have 2"],
  ["1,2\n\n3,x", 'x.csv, line 3: "x" is no number'],
  ["1,2\n3,", 'x.csv, line 2: "" is no number'],
  ["1,2\n3,NaN", 'x.csv, line 2: "NaN" is no number'],
])("a line that is no row of numbers is named", (text, message) => {
  expect(() => readNumberTable(text, "x.csv")).toThrow(message);
});

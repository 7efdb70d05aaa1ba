/** Tables of text are read as RFC 4180 has them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv } from "./csv.ts";

test("cells stand by their columns, in quotation marks or not", () => {
  const { columns, rows } = readCsv('name,note\r\nclip,"a, ""b""\nc"\n\nother,\n', "m");
  expect(columns).toEqual(["name", "note"]);
  expect(rows.map(({ line, cells }) => [line, ...cells.values()])).toEqual([
    [2, "clip", 'a, "b"\nc'],
    [5, "other", ""],
  ]);
});

test("whatever stands in quotation marks is read as it was", () => {
  const table = fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1 });
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(table, (rows) => {
      const text = [["a", "b"], ...rows].map((row) => row.map(quoted).join(",")).join("\r\n");
      expect(readCsv(text, "m").rows.map(({ cells }) => [...cells.values()])).toEqual(rows);
    }),
  );
});

test("a last line may end with the file", () => {
  expect(readCsv("a,b\n1,2", "m").rows[0].cells.get("b")).toBe("2");
  expect(readCsv("a,b\n1,", "m").rows[0].cells.get("b")).toBe("");
});

test("what is wrong is told with its line", () => {
  expect(() => readCsv("", "m")).toThrow("m: there is nothing in it");
  expect(() => readCsv("a,b\n1\n", "m")).toThrow("m, line 2: it has 1 cells, and the first line 2");
  expect(() => readCsv('a,b\n1,"2\n', "m")).toThrow("m, line 2: a quotation mark");
  expect(() => readCsv('a,b\n1,2"\n', "m")).toThrow("m, line 2: a quotation mark");
});

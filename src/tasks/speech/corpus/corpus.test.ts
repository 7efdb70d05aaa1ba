import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { continued, phoneClasses } from "./phones.ts";
import { speakerSplit } from "./speaker-split.ts";
import { readXlabel } from "./xlabel.ts";

const file = [
  "signal song",
  "separator ;",
  "nfields 1",
  "#",
  "    0.080109   -1 _t",
  "    0.119160   -1 !t\t+asp",
  "    0.244223   -1 tasp",
  "    0.348031   -1 a\t\t2",
  "    0.420000   -1 \t-lar",
  "    0.500000   -1 +nas",
  "    0.600000   -1 .",
  "",
].join("\n");

describe("label files", () => {
  test("give each segment's end and label, without the marks of how it was spoken", () => {
    expect(readXlabel(file, "a").map(({ label }) => label)).toEqual([
      "_t",
      "!t",
      "tasp",
      "a",
      "",
      "+nas",
      ".",
    ]);
    expect(readXlabel(file, "a")[3].end).toBe(0.348031);
  });

  test("with nothing after their header have no segments", () => {
    expect(readXlabel("signal x\n#\n", "a")).toEqual([]);
  });

  test.each([
    ["no header", "0.1 -1 a", 'a.lab: this is no label file: no line "#" ends its header'],
    ["words for numbers", "#\nhello", 'a.lab, line 2: "hello" is no "time color label"'],
    ["times that fall", "#\n0.2 -1 a\n0.1 -1 b", "a.lab, line 3: ends before the one above"],
  ])("with %s are refused by name and line", (_, text, message) => {
    expect(() => readXlabel(text, "a.lab")).toThrow(message);
  });

  test("a stop with its burst and breath is one phone, marks go on with the phone before, a closure at the start is a pause", () => {
    expect(continued(readXlabel(file, "a")).map(({ label }) => label)).toEqual([
      ".",
      "t",
      "t",
      "a",
      "a",
      "a",
      ".",
    ]);
  });

  test("phones with fewer than 30 segments share a class", () => {
    const many = (label: string, count: number) => Array.from({ length: count }, () => ({ end: 0, label }));
    expect(phoneClasses([many("b", 30), many("a", 20), many("a", 15), many("c", 29)])).toEqual([
      "a",
      "b",
      "other",
    ]);
  });
});

describe("splits by speakers", () => {
  test("follow their rule", () => {
    const speakers = ["16", "03", "08", "09", "10", "11", "12", "13", "14", "15"];
    expect(speakerSplit(speakers, 1)).toEqual({
      training: ["03", "10", "11", "12", "13", "14", "16"],
      validation: ["09"],
      test: ["08", "15"],
    });
  });

  test("share no speaker, leave none out, and test every speaker once over all splits", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 4, maxLength: 20 }),
        (speakers) => {
          const splits = Array.from({ length: Math.floor(speakers.length / 2) }, (_, k) =>
            speakerSplit(speakers, k),
          );
          for (const { training, validation, test } of splits)
            expect([...training, ...validation, ...test].sort()).toEqual(speakers.toSorted());
          const tested = splits.flatMap(({ test }) => test);
          expect(new Set(tested).size).toBe(tested.length);
        },
      ),
    );
  });

  test("need speakers enough, and exist", () => {
    expect(() => speakerSplit(["a", "b", "a"], 0)).toThrow("needs 4");
    expect(() => speakerSplit(["a", "b", "c", "d"], 2)).toThrow("splits 0 to 1");
  });
});

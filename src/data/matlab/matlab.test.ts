/** MATLAB's files hold what SciPy put into them (bench/matlab-files.py), and MATLAB itself into those of published data sets. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputError } from "../../graph/errors.ts";
import { random } from "../../weights/random.ts";
import { isMatlab, readMatlab } from "./read.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/goldens/matlab-files.json", import.meta.url), "utf8"),
) as { cases: { title: string; file: string }[] };

const bytesOf = ({ file }: { file: string }): Uint8Array => Uint8Array.from(Buffer.from(file, "base64"));

describe.each(cases)("a $title file", (golden) => {
  const variables = readMatlab(bytesOf(golden), "m");

  test("has its numbers, the first axis fastest", () => {
    const columns = [0, 3, 1, 4, 1, 4, 2, 0, 2, 0, 3, 1];
    expect(variables.get("user_score")).toEqual({
      kind: "numbers",
      dims: [4, 3],
      data: Float64Array.from(columns),
    });
    expect(variables.get("gt_score")).toMatchObject({
      dims: [4, 1],
      data: Float64Array.of(2 / 3, 2 / 3, 1, 2 / 3),
    });
    expect(variables.get("nFrames")).toMatchObject({ dims: [1, 1], data: Float64Array.of(4) });
    expect(variables.get("FPS")).toMatchObject({ data: Float64Array.of(29.97) });
    expect(variables.get("a")).toMatchObject({ data: Float64Array.of(-7) });
    expect(variables.get("none")).toMatchObject({ dims: [0, 3], data: new Float64Array() });
    const deep = variables.get("deep");
    expect(deep).toMatchObject({ dims: [2, 3, 4] });
    expect(deep?.kind === "numbers" && [...deep.data.slice(0, 4)]).toEqual([0, 12, 4, 16]);
  });

  test("has its texts, cells and structures", () => {
    expect(variables.get("title")).toEqual({ kind: "text", text: "größer" });
    const text = (word: string) => ({ kind: "text", text: word });
    expect(variables.get("users")).toEqual({
      kind: "cells",
      dims: [1, 2],
      cells: [text("one"), text("three")],
    });
    const video = variables.get("video");
    expect(video?.kind === "structures" && video.fields.get("name")).toEqual([text("clip")]);
    expect(video?.kind === "structures" && video.fields.get("cells")).toMatchObject([
      { kind: "cells", dims: [1, 2] },
    ]);
  });

  test("is refused where it is cut short or damaged, or is read", () => {
    const bytes = bytesOf(golden);
    for (let end = 129; end < bytes.length; end += 97)
      expect(() => readMatlab(bytes.subarray(0, end), "m"), `${end}`).toThrow(InputError);
    const stream = random(1).stream("mutation");
    for (let turn = 0; turn < 500; turn++) {
      const copy = Uint8Array.from(bytes);
      for (let change = 0; change < 3; change++)
        copy[Math.floor(stream.uniform() * copy.length)] = Math.floor(stream.uniform() * 256);
      try {
        readMatlab(copy, "m");
      } catch (error) {
        if (!(error instanceof InputError)) throw new Error(`turn ${turn}`, { cause: error });
      }
    }
  });
});

test("what is no MATLAB file is refused", () => {
  expect(isMatlab(new Uint8Array(200))).toBe(false);
  expect(() => readMatlab(new Uint8Array(200), "m")).toThrow(/^m is no MATLAB file/);
});

const folder = "../shared/data/video-summaries";

describe.skipIf(!existsSync(folder))("published annotations (skipped where ../shared/data is absent)", () => {
  test("SumMe's, of level 5", () => {
    const variables = readMatlab(readFileSync(`${folder}/summe/Jumps.mat`), "Jumps.mat");
    expect(variables.get("user_score")).toMatchObject({ dims: [950, 15] });
    expect(variables.get("nFrames")).toMatchObject({ data: Float64Array.of(950) });
  });

  test("TVSum's, of version 7.3", () => {
    const all = readMatlab(readFileSync(`${folder}/tvsum/ydata-tvsum50.mat`), "tvsum").get("tvsum50");
    if (all?.kind !== "structures") throw new Error("no structures");
    expect(all.fields.get("video")).toHaveLength(50);
    expect(all.fields.get("category")?.[0]).toEqual({ kind: "text", text: "VT" });
    expect(all.fields.get("user_anno")?.[0]).toMatchObject({ kind: "numbers", dims: [10_597, 20] });
  });
});

/** Files that torch.save wrote, whole and damaged. */
import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { mutated } from "../../../test/mutated.ts";
import { readArchive } from "../../data/archive.ts";
import { InputError } from "../../graph/errors.ts";
import { readSafetensors, writeSafetensors } from "../../weights/safetensors.ts";
import { fromPyTorch } from "./pytorch.ts";
import { readPyTorch } from "./pytorch-file.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/goldens/pytorch-models.json", import.meta.url), "utf8"),
) as { cases: { title: string; file: string }[] };
const whole = new Uint8Array(Buffer.from(cases[0].file, "base64"));

/** Like torch.save writes them: stored files under one folder. */
const archived = (pickle: Uint8Array, files: Record<string, Uint8Array> = {}) =>
  zipSync(
    {
      "a/data.pkl": pickle,
      ...Object.fromEntries(Object.entries(files).map(([name, of]) => [`a/${name}`, of])),
    },
    { level: 0 },
  );

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const refusal = (bytes: Uint8Array): string => {
  try {
    readPyTorch(bytes, "model.pt");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "read";
};

describe("a file is refused", () => {
  test.each([
    [
      "that would run a program",
      "\x80\x02cos\nsystem\n(X\x02\0\0\0lst R.",
      /holds Python objects \(os\.system\)/,
    ],
    [
      "that holds a whole model",
      "\x80\x02cmodel\nNet\n)\x81.",
      /model\.Net\), not only numbers by name: save the model's state_dict\(\)/,
    ],
    ["whose pickle is cut short", "\x80\x02}X\xff\xff\xff\x7fa", /pickle is cut short/],
    ["that recalls what it did not keep", "\x80\x02h\x07.", /recalls what was not kept \(7\)/],
    ["with a mark that is missing", "\x80\x02}u.", /a mark is missing/],
    ["with nothing to give", "\x80\x02.", /a value is missing/],
    ["that is no dictionary", "\x80\x02K\x01.", /holds no state dictionary$/],
    ["that holds other things", "\x80\x02}X\x05\0\0\0epochK\x01s.", /no state dictionary: it has epoch$/],
    ["with an opcode for objects", "\x80\x02o.", /no opcode "o" for plain data/],
  ])("%s", (_, pickle, message) => {
    expect(refusal(archived(ascii(pickle)))).toMatch(message);
  });

  test("that nests a hundred thousand lists", () => {
    const deep = `\x80\x02${"]".repeat(100_000)}${"a".repeat(99_999)}.`;
    expect(refusal(archived(ascii(deep)))).toMatch(/holds no state dictionary/);
  });

  test("whose tensor reaches beyond its numbers, or repeats one of them a million times", () => {
    const tensor = (size: string, stride: string) =>
      `\x80\x02}X\x01\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQK\0(${size}t(${stride}t\x89)tRs.`;
    const files = { "data/0": new Uint8Array(8) };
    expect(refusal(archived(ascii(tensor("K\x02", "K\x01")), files))).toBe("read");
    expect(refusal(archived(ascii(tensor("K\x02", "K\x02")), files))).toMatch(
      /a tensor \[2\] reaches beyond the 2 numbers/,
    );
    expect(refusal(archived(ascii(tensor("J\0\0\0\x40", "K\0")), files))).toMatch(/reaches beyond/);
  });

  test("in the format of PyTorch before 1.6", () => {
    const old = ascii("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
    expect(refusal(old)).toMatch(/format of PyTorch before 1.6: load it in PyTorch and save it again/);
  });

  test("that is a TorchScript program", () => {
    expect(refusal(archived(ascii("\x80\x02}."), { "code/model.py": ascii("pass") }))).toMatch(/TorchScript/);
  });

  test("that would unpack to far more than itself", () => {
    const bomb = zipSync({ "a/data/0": new Uint8Array(50_000_000) }, { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => readArchive(bomb, "model.pt")).toThrow(/more than 20 times as large as the file itself/);
  });
});

test.each([
  ["torch.save", whole, (bytes: Uint8Array) => fromPyTorch(readPyTorch(bytes, "m"), "m")],
  [
    "safetensors",
    writeSafetensors(readPyTorch(whole, "m").tensors),
    (bytes: Uint8Array) => fromPyTorch({ ...readSafetensors(bytes, "m"), ordered: false }, "m"),
  ],
] as const)("of 10,000 damaged files of %s each is read, or refused with a reason", (_, bytes, read) => {
  let slowest = 0;
  for (let seed = 0; seed < 10_000; seed++) {
    const start = performance.now();
    try {
      read(mutated(bytes, seed, { cut: 0.1 }));
    } catch (error) {
      if (!(error instanceof InputError)) throw new Error(`seed ${seed}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(slowest).toBeLessThan(1000);
});

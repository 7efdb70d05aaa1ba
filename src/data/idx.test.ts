import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../graph/errors.ts";
import { readIdx } from "./idx.ts";

describe("an IDX file", () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  /** Two by three bytes. */
  const small = bytes(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255);
  const message = (file: Uint8Array) =>
    readIdx(file, "digits").then(
      () => "read",
      (error: Error) => (error instanceof InputError ? error.message : error),
    );

  test("is read as its sizes and its numbers, row by row", async () => {
    expect(await readIdx(small, "digits")).toEqual({ dims: [2, 3], data: bytes(10, 20, 30, 40, 50, 255) });
  });

  test("may be compressed by gzip", async () => {
    expect(await readIdx(gzipSync(small), "digits")).toEqual(await readIdx(small, "digits"));
  });

  test("may lie inside a larger buffer", async () => {
    const larger = bytes(7, 7, 7, ...small, 7);
    expect(await readIdx(larger.subarray(3, 3 + small.length), "digits")).toEqual(
      await readIdx(small, "digits"),
    );
  });

  test.each([
    [9, Int8Array, [0xff, 0x02], [-1, 2]],
    [11, Int16Array, [0xff, 0xfe, 0x01, 0x02], [-2, 258]],
    [12, Int32Array, [0xff, 0xff, 0xff, 0xfd, 0, 1, 0, 0], [-3, 65536]],
    [13, Float32Array, [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], [1.5, -2]],
    [14, Float64Array, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], [1.5, -2]],
  ])("has big-endian numbers of type %i", async (code, array, stored, expected) => {
    const { dims, data } = await readIdx(bytes(0, 0, code, 1, 0, 0, 0, 2, ...stored), "numbers");
    expect(dims).toEqual([2]);
    expect(data).toEqual(array.from(expected));
  });

  test("may hold one number alone, or none", async () => {
    expect(await readIdx(bytes(0, 0, 8, 0, 5), "number")).toEqual({ dims: [], data: bytes(5) });
    const none = bytes(0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3);
    expect(await readIdx(none, "nothing")).toEqual({ dims: [0, 3], data: bytes() });
  });

  test("says what is wrong with it", async () => {
    expect(await message(bytes())).toMatch(/^digits: this is no IDX file/);
    expect(await message(bytes(0, 0, 7, 0, 1))).toMatch(/^digits: this is no IDX file/);
    expect(await message(bytes(1, 0, 8, 0, 1))).toMatch(/^digits: this is no IDX file/);
    expect(await message(bytes(0, 0, 8, 255, 0))).toMatch(/^digits: this is no IDX file/);
    expect(await message(small.subarray(0, -1))).toBe(
      "digits: an IDX file of size 2 × 3 has 18 bytes, this one 17: it is cut off",
    );
    expect(await message(bytes(...small, 0))).toMatch(/something follows the numbers/);
    expect(await message(gzipSync(small).subarray(0, 20))).toBe(
      "digits: its compression by gzip is damaged or cut off",
    );
  });

  test("reserves no memory that the file does not fill", async () => {
    const huge = bytes(0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    expect(await message(huge)).toMatch(/it is cut off/);
  });

  test("of any bytes is read or refused in one sentence", async () => {
    const header = fc.tuple(fc.constant([0, 0]), fc.array(fc.nat(15), { maxLength: 24 }));
    await fc.assert(
      fc.asyncProperty(header, async ([zeros, rest]) => {
        expect(typeof (await message(bytes(...zeros, ...rest)))).toBe("string");
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../graph/errors.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "./safetensors.ts";

/** Written by the Python package safetensors 0.8.0, one tensor of each type. */
const FROM_PYTHON =
  "AAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIGJ5Ijoic2FmZXRlbnNvcnMifSwiaTY0Ijp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbMCw4XX0sImY2NCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzgsMjRdfSwiZW1wdHkiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsM10sImRhdGFfb2Zmc2V0cyI6WzI0LDI0XX0sImYzMiI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbMjQsNDBdfSwic2NhbGFyIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOls0MCw0NF19LCJpMzIiOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls0NCw1Ml19LCJiZjE2Ijp7ImR0eXBlIjoiQkYxNiIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzUyLDU4XX0sImYxNiI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbNl0sImRhdGFfb2Zmc2V0cyI6WzU4LDcwXX19ICAgICAgIAAAAAAAAADAGC1EVPshCUCcdQCIPOQ3/gAAwD8AAADAAABQQHfMKzIAAChC+f///////3+AP0nACAAAPFW1/3sBAAB8AIA=";

describe("a safetensors file", () => {
  test("written by Python is read, half precision widened", () => {
    const { tensors, metadata } = readSafetensors(Buffer.from(FROM_PYTHON, "base64"), "python.safetensors");
    expect([...metadata]).toEqual([["made by", "safetensors"]]);
    expect(Object.fromEntries(tensors)).toEqual({
      f32: { dtype: "float32", dims: [2, 2], data: Float32Array.of(1.5, -2, 3.25, 1e-8) },
      f64: { dtype: "float64", dims: [2], data: Float64Array.of(Math.PI, -1e300) },
      i32: { dtype: "int32", dims: [2], data: Int32Array.of(-7, 2 ** 31 - 1) },
      i64: { dtype: "int64", dims: [1], data: BigInt64Array.of(-(2n ** 62n)) },
      f16: {
        dtype: "float32",
        dims: [6],
        data: Float32Array.of(1, -0.333251953125, 65504, 2 ** -24, Infinity, -0),
      },
      bf16: { dtype: "float32", dims: [3], data: Float32Array.of(1, -3.140625, 2 ** -130) },
      empty: { dtype: "float32", dims: [0, 3], data: new Float32Array(0) },
      scalar: { dtype: "float32", dims: [], data: Float32Array.of(42) },
    });
  });

  test("gives back what was written, under any names", () => {
    const tensor: fc.Arbitrary<StoredTensor> = fc.oneof(
      fc.float32Array().map((data) => ({ dtype: "float32" as const, dims: [data.length], data })),
      fc.float64Array().map((data) => ({ dtype: "float64" as const, dims: [1, data.length], data })),
      fc.int32Array().map((data) => ({ dtype: "int32" as const, dims: [data.length, 1], data })),
      fc.bigInt64Array().map((data) => ({ dtype: "int64" as const, dims: [data.length], data })),
    );
    const name = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("__proto__", "constructor", "10", "9"),
    );
    const named = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key });
    fc.assert(
      fc.property(named, (tensors) => {
        const file = readSafetensors(writeSafetensors(tensors, { note: "é" }), "file");
        expect(file.tensors).toEqual(new Map(tensors));
        expect(file.metadata).toEqual(new Map([["note", "é"]]));
      }),
      { numRuns: 50 },
    );
  });

  test("is read from an unaligned place in memory", () => {
    const bytes = writeSafetensors([["w", { dtype: "float64", dims: [2], data: Float64Array.of(1, 2) }]]);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readSafetensors(shifted.subarray(3), "file").tensors.get("w")?.data).toEqual(
      Float64Array.of(1, 2),
    );
  });
});

describe("a damaged file ends in one clear sentence", () => {
  const whole = Buffer.from(FROM_PYTHON, "base64");
  const withHeader = (header: unknown, data = 8) => {
    const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(data)]);
  };
  const entry = (changes: object) => ({ w: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...changes } });

  test.each<[string, Uint8Array, string]>([
    ["empty", Buffer.alloc(0), "it has only 0 bytes"],
    ["text", Buffer.from("not a tensor file at all"), "its header would have"],
    ["cut in its header", whole.subarray(0, 100), "is cut short: its header has 512 bytes, and 92 follow"],
    ["cut in its data", whole.subarray(0, -1), '"f16" lies at bytes 58 to 70, but there are 69'],
    ["longer than its tensors", Buffer.concat([whole, Buffer.alloc(5)]), "5 bytes follow the last tensor"],
    ["no JSON", withHeader("{oops"), "its header is not a JSON object"],
    ["an array", withHeader([]), "its header is not a JSON object"],
    ["metadata that are no text", withHeader({ __metadata__: { a: 1 } }, 0), "its metadata are not all text"],
    ["no shape", withHeader(entry({ shape: undefined })), 'the header\'s entry for "w" lacks a valid'],
    [
      "a negative offset",
      withHeader(entry({ data_offsets: [-8, 0] })),
      'the header\'s entry for "w" lacks a valid',
    ],
    [
      "an unknown type",
      withHeader(entry({ dtype: "F8_E4M3" })),
      '"w" has the type F8_E4M3, which cannot be read',
    ],
    ["an inherited name as type", withHeader(entry({ dtype: "toString" })), '"w" has the type toString'],
    ["a wrong size", withHeader(entry({ shape: [3] })), "shape [3] needs 12 bytes and has 8"],
    ["an overflowing size", withHeader(entry({ shape: [2 ** 40, 2 ** 40] })), "needs 4.8"],
    ["a gap", withHeader(entry({ shape: [1], data_offsets: [4, 8] })), '"w" starts at byte 4'],
    [
      "an overlap",
      withHeader({ ...entry({}), v: entry({}).w }),
      "starts at byte 0, where the tensor before ends at 8",
    ],
  ])("%s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, "model.safetensors")).toThrow(InputError);
    expect(() => readSafetensors(bytes, "model.safetensors")).toThrow(message);
  });

  test("no change of bytes brings anything but an InputError", () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const { at, to } of changes) bytes[at] = to;
        try {
          readSafetensors(bytes, "file");
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("writing refuses values that don't fill their dims, and a name that comes twice", () => {
    const tensor: StoredTensor = { dtype: "float32", dims: [3], data: new Float32Array(2) };
    expect(() => writeSafetensors([["w", tensor]])).toThrow('2 values do not fill "w", [3]');
    const scalar: StoredTensor = { dtype: "float32", dims: [], data: new Float32Array(1) };
    expect(() =>
      writeSafetensors([
        ["w", scalar],
        ["w", scalar],
      ]),
    ).toThrow('two entries named "w"');
  });
});

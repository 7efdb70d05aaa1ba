import fc from "fast-check";
import { expect, test } from "vitest";
import { readNpy } from "./npy.ts";

/** A file as NumPy writes it: numpy/lib/format.py, version 1.0. */
function npy(descr: string, shape: readonly number[], data: Uint8Array, fortran = false): Uint8Array {
  const shapeText = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${shapeText}), }`;
  const header = `${text.padEnd(128 - 10 - 1)}\n`;
  const bytes = new Uint8Array(128 + data.length);
  bytes.set([0x93, ..."NUMPY".split("").map((letter) => letter.charCodeAt(0)), 1, 0]);
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(data, 128);
  return bytes;
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

test.each([
  ["<f4", Float32Array.of(1.5, -2, 3)],
  ["<f8", Float64Array.of(1.5, -2, 3)],
  ["<i2", Int16Array.of(1, -2, 3)],
  ["|u1", Uint8Array.of(1, 2, 3)],
  ["<i8", BigInt64Array.of(1n, -2n, 3n)],
  [">i2", new Uint8Array([0, 1, 255, 254, 0, 3])],
] as const)("numbers of type %s are read", (descr, data) => {
  const expected = descr === ">i2" ? [1, -2, 3] : [...data].map(Number);
  expect([...readNpy(npy(descr, [3], bytesOf(data)), "x.npy").data]).toEqual(expected);
});

test("an array in Fortran's order is turned", () => {
  const { dims, data } = readNpy(npy("<f4", [2, 3], bytesOf(Float32Array.of(1, 4, 2, 5, 3, 6)), true), "x");
  expect(dims).toEqual([2, 3]);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([
  [new Uint8Array(3), /no NPY file/],
  [npy("|O", [1], new Uint8Array(8)), /only plain numbers/],
  [npy("<f4", [3], new Uint8Array(8)), /this file 136: it is cut off/],
  [npy("<f4", [1e12], new Uint8Array(8)), /cut off/],
  [npy("<f4", [1], new Uint8Array(8)), /something follows/],
])("a file that is no whole array of numbers is refused", (file, message) => {
  expect(() => readNpy(file, "x.npy")).toThrow(message);
});

test("a damaged file is read or refused, whatever is wrong", () => {
  const whole = npy("<f4", [2, 3], new Uint8Array(24));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
      const damaged = whole.with(at, value);
      try {
        expect(readNpy(damaged, "x").data.length).toBeLessThanOrEqual(24);
      } catch (error) {
        expect((error as Error).message).toMatch(/^x: /);
      }
    }),
    { numRuns: 1000 },
  );
});

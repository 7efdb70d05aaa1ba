import fc from "fast-check";
import { expect, test } from "vitest";
import { type Planes, toI420, toPicture, turn } from "./planes.ts";
import { resize } from "./resize.ts";

function flat(
  width: number,
  height: number,
  y: number,
  u: number,
  v: number,
  rest: Partial<Planes> = {},
): Planes {
  const plane = (value: number, w: number, h: number) => ({
    values: new Uint8Array(w * h).fill(value),
    width: w,
    height: h,
    stride: w,
    step: 1,
  });
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  return {
    planes: [plane(y, width, height), plane(u, w, h), plane(v, w, h)],
    depth: 8,
    matrix: "bt709",
    fullRange: false,
    ...rest,
  };
}

// 75 % color bars in 8 bits, from ITU-R BT.709-6 and BT.601-7 by their equations: Y, Cb, Cr → R, G, B of 191.
test.each([
  ["bt709", [51, 109, 212], [191, 0, 0]],
  ["bt709", [133, 63, 52], [0, 191, 0]],
  ["bt709", [28, 212, 120], [0, 0, 191]],
  ["bt601", [65, 100, 212], [191, 0, 0]],
  ["bt601", [112, 72, 58], [0, 191, 0]],
  ["bt601", [35, 212, 114], [0, 0, 191]],
] as const)("a %s bar of %j is %j", (matrix, [y, u, v], color) => {
  const { data } = toPicture(flat(8, 8, y, u, v, { matrix }), 4, 4, 0);
  for (let i = 0; i < data.length; i++) expect(Math.abs(data[i] - color[i % 3])).toBeLessThanOrEqual(2);
});

test("full range needs no stretching", () => {
  expect([...toPicture(flat(4, 4, 77, 128, 128, { fullRange: true }), 1, 1, 0).data]).toEqual([77, 77, 77]);
  expect([...toPicture(flat(4, 4, 235, 128, 128), 1, 1, 0).data]).toEqual([255, 255, 255]);
});

test("shrinking keeps the mean", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 40 }),
      fc.integer({ min: 3, max: 40 }),
      fc.integer(),
      (width, height, seed) => {
        const values = Uint8Array.from({ length: width * height }, (_, i) => (seed + i * i * 31) & 255);
        const to = { width: Math.ceil(width / 2), height: Math.ceil(height / 3) };
        const small = resize({ values, width, height, stride: width, step: 1 }, to.width, to.height);
        const mean = (list: Iterable<number>) => [...list].reduce((a, b, _, all) => a + b / all.length, 0);
        expect(mean(small)).toBeCloseTo(mean(values), 2);
      },
    ),
  );
});

test("shrinking to halves averages pairs, growing interpolates", () => {
  const row = (values: number[]) => ({
    values: Uint8Array.from(values),
    width: values.length,
    height: 1,
    stride: 9,
    step: 1,
  });
  expect([...resize(row([10, 20, 30, 50]), 2, 1)]).toEqual([15, 40]);
  expect([...resize(row([0, 100]), 4, 1)]).toEqual([0, 25, 75, 100]);
});

test("a quarter turn clockwise brings the left column to the top", () => {
  const data = Uint8Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6]); // 1 2 3 / 4 5 6
  const first = (turned: { data: Uint8Array }) => [...turned.data].filter((_, i) => i % 3 === 0);
  const picture = { width: 3, height: 2, data };
  expect(turn(picture, 90)).toMatchObject({ width: 2, height: 3 });
  expect(first(turn(picture, 90))).toEqual([4, 1, 5, 2, 6, 3]);
  expect(first(turn(picture, 180))).toEqual([6, 5, 4, 3, 2, 1]);
  expect(first(turn(picture, 270))).toEqual([3, 6, 2, 5, 1, 4]);
});

test("a smooth picture survives conversion to planes and back", () => {
  const [width, height] = [16, 8];
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => 40 + (i % 3) * 60 + Math.floor(i / 3 / width) * 4,
  );
  const bytes = toI420({ width, height, data });
  const plane = (start: number, w: number, h: number) => ({
    values: bytes.subarray(start),
    width: w,
    height: h,
    stride: w,
    step: 1,
  });
  const planes: Planes["planes"] = [
    plane(0, width, height),
    plane(width * height, width / 2, height / 2),
    plane((width * height * 5) / 4, width / 2, height / 2),
  ];
  const back = toPicture({ planes, depth: 8, matrix: "bt709", fullRange: false }, width, height, 0).data;
  for (let i = 0; i < data.length; i++) expect(Math.abs(back[i] - data[i])).toBeLessThanOrEqual(4);
});

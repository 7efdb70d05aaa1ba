import { describe, expect, it } from "vitest";
import type { Picture } from "../../../data/video/video.ts";
import { uniformPattern, uniformPatterns } from "./binary-patterns.ts";
import {
  appearanceWidth,
  descriptorGroups,
  descriptorWidth,
  FrameDescriber,
  groupsOf,
} from "./descriptor.ts";
import { structureDistance } from "./likeness.ts";

const size = 64;

function draw(color: (x: number, y: number) => [number, number, number]): Picture {
  const data = new Uint8Array(size * size * 3);
  for (let i = 0; i < size * size; i++) data.set(color(i % size, Math.floor(i / size)), 3 * i);
  return { width: size, height: size, data };
}

const gray = (level: (x: number, y: number) => number) => draw((x, y) => Array(3).fill(level(x, y)) as never);
const describePicture = (picture: Picture) => new FrameDescriber().next(picture).descriptor;
const groups = (picture: Picture) => groupsOf(describePicture(picture));
const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);

describe("the frame descriptor", () => {
  it("is as wide as its groups, with motion last", () => {
    expect(descriptorWidth).toBe(96 + 48 + 128 + 59 + 16);
    expect(appearanceWidth).toBe(descriptorWidth - 16);
    expect(Object.keys(descriptorGroups)[0]).toBe("colorHistogram");
    expect(Object.keys(descriptorGroups).at(-1)).toBe("motion");
  });

  it("counts a color in the bins of its red, green and blue", () => {
    const { colorHistogram } = groups(draw(() => [255, 130, 7]));
    const full = 0.75 / Math.sqrt(3);
    expect([...colorHistogram.keys()].filter((i) => colorHistogram[i] > 0)).toEqual([31, 32 + 16, 64]);
    expect(colorHistogram[31]).toBeCloseTo(full, 6);
    expect(colorHistogram[64]).toBeCloseTo(full, 6);
  });

  it("splits a channel's share over its bins", () => {
    const { colorHistogram } = groups(draw((x) => [x < size / 4 ? 0 : 200, 0, 0]));
    expect(colorHistogram[0] ** 2 / colorHistogram[25] ** 2).toBeCloseTo(1 / 3, 5);
  });

  it("places color where it is", () => {
    const { colorLayout } = groups(draw((x, y) => (x < 16 && y >= 48 ? [0, 0, 255] : [0, 0, 0])));
    const bottomLeft = 12;
    expect(colorLayout[3 * bottomLeft + 1]).toBeGreaterThan(0.3);
    expect(colorLayout.filter((value) => Math.abs(value) > 1e-6)).toHaveLength(3);
  });

  it.each([
    ["upright edges", (x: number, _: number) => x, 0],
    ["level edges", (_: number, y: number) => y, 3],
    ["a gradient down the diagonal", (x: number, y: number) => x + 0.7 * y, 1],
    ["a gradient up the diagonal", (x: number, y: number) => x - 0.7 * y, 6],
  ])("tells the direction of %s", (_, ramp, bin) => {
    const { edges } = groups(gray((x, y) => 128 + 100 * Math.sin(ramp(x, y) / 3)));
    const inBin = edges.filter((_, i) => i % 8 === bin);
    expect(squares(inBin)).toBeGreaterThan(0.8);
    expect(squares(edges)).toBeCloseTo(1, 5);
  });

  it("sees no edges and a single texture in a flat picture", () => {
    const { edges, texture } = groups(gray(() => 90));
    expect(squares(edges)).toBe(0);
    expect(texture[uniformPattern[0]]).toBeCloseTo(1.25, 6);
    expect(squares(texture)).toBeCloseTo(1.25 ** 2, 5);
  });

  it("sees motion only where something moved, and none in the first picture", () => {
    const describer = new FrameDescriber();
    const before = gray(() => 100);
    const after = gray((x, y) => (x >= 48 && y < 16 ? 200 : 100));
    expect(squares(groupsOf(describer.next(before).descriptor).motion)).toBe(0);
    const { motion } = groupsOf(describer.next(after).descriptor);
    const topRight = 3;
    expect(motion[topRight]).toBeCloseTo(0.5 * Math.sqrt(100 / 255), 2);
    expect(motion.filter((value) => value > 0)).toHaveLength(1);
  });

  it("has the 58 uniform patterns and one bin for all others", () => {
    expect(new Set(uniformPattern).size).toBe(uniformPatterns);
    expect([...uniformPattern].filter((bin) => bin === uniformPatterns - 1)).toHaveLength(256 - 58);
  });
});

describe("likeness", () => {
  const scene = (light: number) =>
    describePicture(
      gray((x, y) => light * (120 + 90 * Math.sign(Math.sin(x / 5) * Math.cos(y / 7 + x / 20)))),
    );
  const other = describePicture(gray((x, y) => 90 + 80 * Math.sin((x * y) / 150)));

  it("knows a scene under half its light", () => {
    expect(structureDistance(scene(1), scene(0.5))).toBeLessThan(0.08);
  });

  it("tells scenes apart", () => {
    expect(structureDistance(scene(1), other)).toBeGreaterThan(0.4);
  });

  it("tells a red card from a green one", () => {
    const card = (color: [number, number, number]) => describePicture(draw(() => color));
    expect(structureDistance(card([220, 30, 30]), card([30, 160, 30]))).toBeGreaterThan(0.1);
    expect(structureDistance(card([220, 30, 30]), card([220, 30, 30]))).toBeCloseTo(0, 6);
  });
});

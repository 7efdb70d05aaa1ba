import { describe, expect, it } from "vitest";
import { quality } from "./quality.ts";

const size = 32;
const picture = (level: (x: number, y: number) => number) =>
  Uint8Array.from({ length: size * size }, (_, i) => level(i % size, Math.floor(i / size)));

describe("picture quality", () => {
  it("is nothing for one color", () => {
    expect(
      quality(
        picture(() => 51),
        size,
        size,
      ),
    ).toEqual({ brightness: 0.2, contrast: 0, sharpness: 0 });
  });

  it("is greatest for a chessboard of pixels, whose Laplacian is ±4", () => {
    const { brightness, contrast, sharpness } = quality(
      picture((x, y) => ((x + y) % 2) * 255),
      size,
      size,
    );
    expect(brightness).toBeCloseTo(0.5, 6);
    expect(contrast).toBeCloseTo(0.5, 6);
    expect(sharpness).toBeCloseTo(16, 6);
  });

  it("falls with blur", () => {
    const wave = (period: number) =>
      quality(
        picture((x) => 128 + 100 * Math.sin(x / period)),
        size,
        size,
      );
    expect(wave(2).sharpness).toBeGreaterThan(5 * wave(4).sharpness);
  });

  it("is defined for pictures too small for a Laplacian", () => {
    expect(quality(new Uint8Array([0, 255]), 2, 1)).toEqual({ brightness: 0.5, contrast: 0.5, sharpness: 0 });
  });
});

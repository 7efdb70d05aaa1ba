import { describe, expect, it } from "vitest";
import { Filmstrip } from "./filmstrip.ts";

function stripOf(count: number): number[] {
  const strip = new Filmstrip();
  const picture = { width: 1, height: 1, data: new Uint8Array(3) };
  for (let frame = 0; frame < count; frame++) strip.add(frame, frame / 2, picture);
  return strip.pictures.map(({ frame }) => frame);
}

describe("the film strip", () => {
  it("keeps all pictures of a short video", () => {
    expect(stripOf(5)).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([64, 100, 1000, 14_400])("keeps 32 to 63 evenly spread ones of %i", (count) => {
    const frames = stripOf(count);
    expect(frames.length).toBeGreaterThanOrEqual(32);
    expect(frames.length).toBeLessThan(64);
    const step = frames[1] - frames[0];
    expect(frames.every((frame, i) => frame === i * step)).toBe(true);
    expect(count - frames.at(-1)!).toBeLessThanOrEqual(step);
  });
});

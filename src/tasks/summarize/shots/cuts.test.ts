import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Scan } from "../../../data/video/video.ts";
import { hardCuts, shotStarts } from "./cuts.ts";

function scanOf(change: readonly number[], { fps = 25, keyframesOnly = false } = {}): Scan {
  return {
    times: Float64Array.from(change, (_, frame) => frame / fps),
    change: Float32Array.from(change),
    keyframesOnly,
  };
}

/** A still video with these changes in it. */
function still(frames: number, changes: Record<number, number>): Scan {
  return scanOf(Array.from({ length: frames }, (_, frame) => changes[frame] ?? 0.001));
}

const framesOf = (scan: Scan) => hardCuts(scan).map(({ frame }) => frame);
const everySecondHalf = (frames: number) => Array.from({ length: Math.ceil(frames / 12) }, (_, k) => 12 * k);

describe("hard cuts", () => {
  it("are single large changes", () => {
    expect(framesOf(still(100, { 40: 0.4, 70: 0.15 }))).toEqual([40, 70]);
  });

  it("are not flashes, which change and change back", () => {
    expect(framesOf(still(100, { 40: 0.4, 41: 0.4 }))).toEqual([]);
  });

  it("are not fast motion, nor fades", () => {
    const motion = scanOf(Array.from({ length: 100 }, (_, f) => 0.15 + 0.05 * Math.sin(f)));
    const fade = still(100, Object.fromEntries(Array.from({ length: 20 }, (_, k) => [40 + k, 0.12])));
    expect(framesOf(motion)).toEqual([]);
    expect(framesOf(fade)).toEqual([]);
  });

  it("stand out of motion too", () => {
    const change = Array.from({ length: 100 }, (_, f) => (f === 50 ? 0.5 : 0.12));
    expect(framesOf(scanOf(change))).toEqual([50]);
  });

  it("are not small changes in a still picture", () => {
    expect(framesOf(still(100, { 40: 0.05 }))).toEqual([]);
  });

  it("can't be told from key frames alone", () => {
    expect(framesOf({ ...still(100, { 40: 0.4 }), keyframesOnly: true })).toEqual([]);
  });
});

describe("shot starts", () => {
  const locate = (scan: Scan, changePoints: number[], minimum = 0.5) =>
    shotStarts({
      changePoints,
      sampleFrames: everySecondHalf(scan.change.length),
      scan,
      cuts: hardCuts(scan),
      minimum,
    });

  it("move from the sampling grid to the frame of the cut", () => {
    expect(locate(still(200, { 67: 0.4 }), [6])).toEqual([0, 67]);
  });

  it("include cuts that the segmentation missed", () => {
    expect(locate(still(200, { 67: 0.4, 130: 0.3 }), [6])).toEqual([0, 67, 130]);
  });

  it("stand in the middle of the interval where nothing stands out", () => {
    expect(locate(still(200, {}), [6])).toEqual([0, 66]);
  });

  it("stand at a change that is prominent, though no cut", () => {
    expect(locate(still(200, { 63: 0.06 }), [6])).toEqual([0, 63]);
  });

  it("prefer the cut where a change point is too near to it", () => {
    expect(locate(still(200, { 73: 0.4 }), [6])).toEqual([0, 73]);
  });

  it("keep their distance from one another and from the ends", () => {
    const input = fc.array(fc.integer({ min: 1, max: 299 }), { maxLength: 12 });
    fc.assert(
      fc.property(input, (cuts) => {
        const scan = still(300, Object.fromEntries(cuts.map((frame, i) => [frame, 0.2 + 0.01 * i])));
        const starts = locate(scan, [3, 9, 15]);
        expect(starts[0]).toBe(0);
        for (let i = 1; i < starts.length; i++)
          expect(starts[i] - starts[i - 1]).toBeGreaterThanOrEqual(12.5);
        expect(starts.at(-1)).toBeLessThan(295);
      }),
    );
  });

  it("fall on the key frames where only those were decoded", () => {
    const scan = { ...still(200, { 67: 0.4 }), keyframesOnly: true };
    expect(locate(scan, [6])).toEqual([0, 72]);
  });

  it("know only frame 0 in a video of one frame", () => {
    expect(
      shotStarts({ changePoints: [], sampleFrames: [0], scan: scanOf([0]), cuts: [], minimum: 0.5 }),
    ).toEqual([0]);
  });
});

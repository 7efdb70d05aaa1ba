import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { segmentCosts } from "./segment-costs.ts";
import { chooseShots, divideLong, longestSpan, meanScore, type Span, spansFrom } from "./shots.ts";

function still(frames: number, fps = 25) {
  return {
    times: Float64Array.from({ length: frames }, (_, f) => f / fps),
    change: new Float32Array(frames),
    keyframesOnly: false,
  };
}

/** Samples every 12 frames with features [x, y]. */
function samplesOf(frames: number, feature: (frame: number) => [number, number]) {
  const sampleFrames = Array.from({ length: Math.ceil(frames / 12) }, (_, k) => 12 * k);
  const features = Float32Array.from(sampleFrames.flatMap(feature));
  return { sampleFrames, costs: segmentCosts(features, sampleFrames.length, 2), scan: still(frames) };
}

const isGapless = (spans: Span[], frames: number) =>
  spans[0].start === 0 &&
  spans.at(-1)!.end === frames &&
  spans.every(({ start, end }, i) => end > start && (i === 0 || spans[i - 1].end === start));

describe("dividing long shots", () => {
  it("leaves no part longer than allowed, and no gap", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.integer({ min: 1, max: 399 }), { maxLength: 6 }),
        (frames, longest, cuts) => {
          const starts = [...new Set([0, ...cuts.filter((cut) => cut < frames)])].sort((a, b) => a - b);
          const samples = samplesOf(frames, (frame) => [Math.sin(frame / 9), Math.cos(frame / 31)]);
          const parts = divideLong(spansFrom(starts, frames), { longest, budget: longest }, samples);
          expect(isGapless(parts, frames)).toBe(true);
          expect(Math.max(...parts.map(({ start, end }) => end - start))).toBeLessThanOrEqual(longest);
          expect(starts.every((cut) => parts.some(({ start }) => start === cut))).toBe(true);
        },
      ),
    );
  });

  it("divides where the content changes", () => {
    const samples = samplesOf(240, (frame) => (frame < 96 ? [1, 0] : [0, 1]));
    const [first] = divideLong([{ start: 0, end: 240 }], { longest: 150, budget: 150 }, samples);
    expect(first.end).toBeGreaterThan(84);
    expect(first.end).toBeLessThanOrEqual(96);
  });

  it("divides a still shot in halves", () => {
    const samples = samplesOf(240, () => [1, 0]);
    const parts = divideLong([{ start: 0, end: 240 }], { longest: 130, budget: 130 }, samples);
    expect(parts).toHaveLength(2);
    expect(Math.abs(parts[0].end - 120)).toBeLessThanOrEqual(6);
  });
});

describe("dividing where key frames alone were seen", () => {
  const all = samplesOf(240, () => [1, 0]);
  const samples = { ...all, sampleFrames: [0, 200], scan: { ...all.scan, keyframesOnly: true } };

  it("leaves what lies between two of them whole as long as the skim has room for it", () => {
    const limits = { longest: 100, budget: 220 };
    expect(divideLong([{ start: 0, end: 200 }], limits, samples)).toEqual([{ start: 0, end: 200 }]);
    expect(divideLong([{ start: 0, end: 200 }], { longest: 100, budget: 150 }, samples)).toHaveLength(2);
  });
});

describe("the length of a shot", () => {
  it.each([
    ["a tenth of an hour", 5400, 30, 300],
    ["half a minute", 108, 24, 72],
    ["a second", 4, 25, 4],
    ["one frame", 1, 25, 1],
  ])("fits the skim of %s", (_, budget, fps, frames) => {
    expect(longestSpan(budget, fps)).toBe(frames);
  });
});

describe("the score of a shot", () => {
  it("is the mean over its frames of the last sample in it", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (picks, start, length) => {
          const sampleFrames = [0, ...picks.filter((frame) => frame > 0).sort((a, b) => a - b)];
          const scores = sampleFrames.map((frame) => ((frame * 37) % 11) / 11);
          const end = start + length;
          const inside = sampleFrames.filter((frame) => frame >= start && frame < end);
          let sum = 0;
          for (let frame = start; frame < end; frame++) {
            const last =
              inside.findLast((sample) => sample <= frame) ??
              inside[0] ??
              sampleFrames.findLast((sample) => sample < start) ??
              0;
            sum += scores[sampleFrames.indexOf(last)];
          }
          expect(meanScore({ start, end }, scores, sampleFrames)).toBeCloseTo(sum / length, 9);
        },
      ),
    );
  });
});

describe("the choice of shots", () => {
  const choose = (lengths: number[], scores: number[], budget: number) => {
    const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
    const frames = lengths.reduce((a, b) => a + b, 0);
    return chooseShots(spansFrom(starts, frames), {
      scores,
      sampleFrames: starts,
      times: still(frames).times,
      duration: frames / 25,
      budget,
    });
  };
  const selected = (shots: { selected: boolean }[]) => shots.map((shot) => shot.selected);

  it("takes the best that fit", () => {
    expect(selected(choose([10, 10, 10, 10], [0.2, 0.9, 0.1, 0.8], 25))).toEqual([false, true, false, true]);
  });

  it("prefers two good shots to one a little better and twice as long", () => {
    expect(selected(choose([20, 10, 10], [0.9, 0.6, 0.6], 20))).toEqual([false, true, true]);
  });

  it("leaves room unused rather than fill it with what shows little", () => {
    expect(selected(choose([10, 10, 10], [0.9, 0.1, 0.1], 30))).toEqual([true, false, false]);
  });

  it("takes something even where no moment is worth anything", () => {
    expect(selected(choose([10, 10], [0, 0], 10))).toContain(true);
  });

  it("gives times of frames, and the video's end to the last shot", () => {
    const shots = choose([25, 50], [0.5, 0.5], 25);
    expect(shots.map(({ startTime, endTime }) => [startTime, endTime])).toEqual([
      [0, 1],
      [1, 3],
    ]);
  });
});

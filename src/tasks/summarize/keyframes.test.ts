import { describe, expect, it } from "vitest";
import { descriptorWidth, groupsOf } from "./frames/descriptor.ts";
import { type Candidates, chooseKeyframes } from "./keyframes.ts";
import type { Shot } from "./summary.ts";

interface Sample {
  /** Pictures with the same scene look the same. */
  scene: number;
  score?: number;
  contrast?: number;
  sharpness?: number;
}

/** Samples 15 s and 100 frames apart. */
function candidatesOf(samples: Sample[], { seconds = 15 } = {}): Candidates {
  const scores = samples.map(({ score = 0.5 }) => score);
  const descriptors = samples.map(({ scene }) => {
    const descriptor = new Float32Array(descriptorWidth);
    const { edges, colorLayout } = groupsOf(descriptor);
    edges[scene] = 1;
    colorLayout.fill(0.2);
    return descriptor;
  });
  return {
    frames: samples.map((_, k) => 100 * k),
    times: samples.map((_, k) => seconds * k),
    scores,
    quality: samples.map(({ contrast = 0.2, sharpness = 0.02 }) => ({
      brightness: 0.5,
      contrast,
      sharpness,
    })),
    descriptor: (k) => descriptors[k],
    cuts: [],
    order: [...scores.keys()].sort((a, b) => scores[b] - scores[a]),
  };
}

function shotsOf(...lengths: [samples: number, selected: boolean, score?: number][]): Shot[] {
  let start = 0;
  return lengths.map(([samples, selected, score = 0.5]) => {
    const [startFrame, endFrame] = [start, start + 100 * samples];
    start = endFrame;
    return { startFrame, endFrame, startTime: startFrame / 20, endTime: endFrame / 20, score, selected };
  });
}

const choose = (samples: Sample[], shots: Shot[], most = 12, options = {}) =>
  chooseKeyframes(candidatesOf(samples, options), shots, most).map(({ sample }) => sample);

describe("key frames", () => {
  it("are of each selected shot its most important picture", () => {
    const samples = [
      { scene: 1, score: 0.2 },
      { scene: 1, score: 0.6 },
      { scene: 2, score: 0.9 },
      { scene: 3, score: 0.4 },
      { scene: 3, score: 0.3 },
    ];
    const shots = shotsOf([2, true], [1, false, 0.1], [2, true]);
    expect(choose(samples, shots)).toEqual([1, 3]);
    expect(chooseKeyframes(candidatesOf(samples), shots, 12)).toEqual([
      { sample: 1, frame: 100, shot: 0 },
      { sample: 3, frame: 300, shot: 2 },
    ]);
  });

  it("are of other shots too where there is room, if important and clearly other", () => {
    const samples = [{ scene: 1, score: 0.4 }, { scene: 2 }, { scene: 1 }, { scene: 3 }];
    const shots = shotsOf([1, true], [1, false, 0.9], [1, false, 0.9], [1, false, 0.1]);
    expect(choose(samples, shots)).toEqual([0, 1]);
    expect(choose(samples, shots, 1)).toEqual([0]);
  });

  it("leave out black, blurred and fading pictures, however important", () => {
    const samples = [
      { scene: 1, score: 1, contrast: 0.01 },
      { scene: 1, score: 0.9, sharpness: 0.001 },
      { scene: 1, score: 0.8, contrast: 0.1, sharpness: 0.01 },
      { scene: 1, score: 0.1 },
    ];
    expect(choose(samples, shotsOf([4, true]))).toEqual([3]);
  });

  it("show nothing twice", () => {
    const samples = [{ scene: 1 }, { scene: 2 }, { scene: 1 }, { scene: 2 }];
    expect(choose(samples, shotsOf([1, true], [1, true], [1, true], [1, true]))).toEqual([0, 1]);
  });

  it("are more of a shot where its pictures differ clearly", () => {
    const samples = [{ scene: 1, score: 0.9 }, { scene: 2 }, { scene: 3, score: 0.8 }, { scene: 1 }];
    expect(choose(samples, shotsOf([4, true]))).toEqual([0, 1, 2]);
  });

  it("need another color too, soon after one of the same take", () => {
    const samples = [{ scene: 1 }, { scene: 2 }, { scene: 3 }];
    expect(choose(samples, shotsOf([3, true]), 12, { seconds: 1 })).toEqual([0]);
    expect(choose(samples, shotsOf([3, true]), 12, { seconds: 6 })).toEqual([0, 2]);
  });

  it("are as many as allowed at most, the most important shots first", () => {
    const samples = [{ scene: 1 }, { scene: 2 }, { scene: 3 }];
    expect(choose(samples, shotsOf([1, true, 0.3], [1, true, 0.9], [1, true, 0.6]), 2)).toEqual([1, 2]);
  });

  it("are one, the least flat, where the whole video is flat", () => {
    const samples = [
      { scene: 1, contrast: 0 },
      { scene: 1, contrast: 0.002 },
      { scene: 1, contrast: 0.001 },
    ];
    expect(choose(samples, shotsOf([2, false], [1, true]))).toEqual([1]);
  });

  it("are one in a video of one frame", () => {
    expect(choose([{ scene: 1 }], shotsOf([1, true]))).toEqual([0]);
  });
});

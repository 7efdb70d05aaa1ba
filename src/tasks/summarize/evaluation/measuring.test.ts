import { describe, expect, it } from "vitest";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { Judge } from "./judge.ts";
import { frameScores, keyShots, summaryFrames } from "./key-shots.ts";
import { othersForEach, peopleAmongThemselves } from "./people.ts";

/** Shots one after another, of these lengths. */
function shotsOf(...lengths: number[]) {
  let start = 0;
  return lengths.map((length) => {
    const shot = { start, end: start + length };
    start += length;
    return shot;
  });
}

/** 40 frames, a step every 5, four shots of 4, 16, 6 and 14 frames; a summary holds 6 frames at most. */
function videoOf(users: AnnotatedVideo["users"]): AnnotatedVideo {
  return {
    name: "clip",
    frameCount: 40,
    picks: Int32Array.from({ length: 8 }, (_, step) => 5 * step),
    shots: shotsOf(4, 16, 6, 14),
    users,
  };
}

const summary = (...taken: [number, number][]) => {
  const frames = new Uint8Array(40);
  for (const [from, to] of taken) frames.fill(1, from, to);
  return { summary: frames };
};

/** A rating for each shot. */
const ratings = (...ofShots: number[]) => {
  const scores = new Float32Array(40);
  for (const [at, { start, end }] of shotsOf(4, 16, 6, 14).entries()) scores.fill(ofShots[at], start, end);
  return { scores };
};

describe("key shots", () => {
  it("a step's score holds until the next step's", () => {
    expect([...frameScores([3, 1, 2], [1, 4, 5], 8)]).toEqual([0, 3, 3, 3, 1, 2, 2, 2]);
  });

  it("are those with the greatest sum of means that fits into 15 % of the frames", () => {
    const shots = shotsOf(10, 5, 4, 81);
    const scores = summaryFrames([true, false, false, false], shots, 100).map((one) => 5 * one);
    scores.fill(3, 10, 15); // 10 + 5 frames fit, and so do 5 + 4
    scores.fill(2, 15, 19);
    scores.fill(9, 19, 100); // best, and too long
    expect(keyShots(scores, shots)).toEqual([true, true, false, false]);
  });

  it("count by mean, not by length: two short shots beat a longer one that is better than each", () => {
    const shots = shotsOf(15, 5, 5, 75);
    const scores = frameScores([5, 3, 3, 0], [0, 15, 20, 25], 100);
    expect(keyShots(scores, shots)).toEqual([false, true, true, false]);
  });

  it("are none where nothing is above 0", () => {
    expect(keyShots(new Float64Array(100).fill(-1), shotsOf(10, 90))).toEqual([false, false]);
  });
});

describe("measuring a video", () => {
  const people = [summary([0, 4]), summary([20, 26]), summary([2, 4], [20, 24])];

  it("compares the summary with each person's: F1 = 2·both/(a + b)", () => {
    // Scores lead to the first shot: frames 0 to 3.
    const { f1Mean, f1Max } = new Judge(videoOf(people)).measure([1, 0, 0, 0, 0, 0, 0, 0]);
    const each = [(2 * 4) / (4 + 4), 0, (2 * 2) / (4 + 6)];
    expect(f1Mean).toBeCloseTo((each[0] + each[1] + each[2]) / 3, 14);
    expect(f1Max).toBe(1);
  });

  it("makes people's summaries of their ratings where they gave none", () => {
    const judge = new Judge(videoOf([ratings(5, 1, 2, 1), ratings(1, 1, 4, 5)]));
    // Into 6 frames fits the first shot or the third.
    expect(judge.measure([1, 0, 0, 0, 0, 0, 0, 0]).f1Mean).toBe(0.5);
    expect(judge.f1ToEach(ratings(1, 0, 2, 0).scores)).toEqual([0, 1]);
  });

  it("orders are compared at the steps, with each person and with their mean", () => {
    const judge = new Judge(videoOf([ratings(1, 2, 3, 4), ratings(4, 3, 2, 1)]));
    const rising = judge.measure(Float64Array.from({ length: 40 }, (_, frame) => frame));
    expect(rising.tau).toBeCloseTo(0, 14);
    expect(rising.rho).toBeCloseTo(0, 14);
    expect(rising.tauToMean).toBeNaN(); // their mean is 2.5 everywhere
    // Steps are in shots 0, 1, 1, 1, 2, 2, 3, 3: 28 pairs, 5 of them tied.
    const one = new Judge(videoOf([ratings(1, 2, 3, 4)])).measure([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(one.tau).toBeCloseTo(23 / Math.sqrt(28 * 23), 14);
    expect(one.tauToMean).toBe(one.tau);
  });

  it("takes scores of frames or of steps, and of nothing else", () => {
    const judge = new Judge(videoOf(people));
    const steps = [0.3, 0.9, 0.1, 0.4, 0.8, 0.2, 0.7, 0.5];
    expect(judge.measure(frameScores(steps, judge.video.picks, 40))).toEqual(judge.measure(steps));
    expect(() => judge.measure([1, 2, 3])).toThrow(
      'video "clip" has 3 scores: give one for each of its 40 frames, or for each of its 8 steps',
    );
  });

  it("a person who finds all alike is left out of the order; scores that are all alike agree with nobody", () => {
    const steps = [0, 1, 2, 3, 4, 5, 6, 7];
    const both = new Judge(videoOf([ratings(1, 2, 3, 4), ratings(3, 3, 3, 3)])).measure(steps);
    const one = new Judge(videoOf([ratings(1, 2, 3, 4)])).measure(steps);
    expect([both.tau, both.rho]).toEqual([one.tau, one.rho]);
    const flat = new Judge(videoOf([ratings(1, 2, 3, 4)])).measure(new Float64Array(8).fill(0.5));
    expect([flat.tau, flat.rho]).toEqual([0, 0]);
  });

  it("without shots F1 can't be told, and order can", () => {
    const { shots: _, ...video } = videoOf([ratings(1, 2, 3, 4)]);
    const measured = new Judge(video).measure([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(measured.f1Mean).toBeNaN();
    expect(measured.f1Max).toBeNaN();
    expect(measured.rho).toBeGreaterThan(0.9);
  });

  it("refuses a video of which nobody said anything", () => {
    expect(() => new Judge(videoOf([]))).toThrow('video "clip": nobody said anything of it');
  });
});

describe("people among themselves", () => {
  it("are each compared with the others: mean or greatest over the others, mean over people", () => {
    // Pairs: 0 in common; 2 of 4 and 6; 4 of 6 and 6.
    const [ab, ac, bc] = [0, 4 / 10, 8 / 12];
    const judge = new Judge(videoOf([summary([0, 4]), summary([20, 26]), summary([2, 4], [20, 24])]));
    const { f1Mean, f1Max } = peopleAmongThemselves(judge);
    expect(f1Mean).toBeCloseTo((ab + ac + bc) / 3, 14);
    expect(f1Max).toBeCloseTo((ac + bc + bc) / 3, 14);
  });

  it("order like their mean does for the person left out", () => {
    const judge = new Judge(videoOf([ratings(1, 2, 3, 4), ratings(1, 2, 3, 4), ratings(4, 3, 2, 1)]));
    const among = peopleAmongThemselves(judge);
    expect(among.rho).toBeCloseTo((1 - 1 - 1) / 3, 14);
    // Of the others' means two are flat, and agree with nobody; the third is the reverse of the one left out.
    expect(among.rhoToMean).toBeCloseTo((0 + 0 - 1) / 3, 14);
    expect(othersForEach(judge).rho).toBeCloseTo(-1 / 3, 14);
    expect(othersForEach(judge).rhoToMean).toBeNaN();
  });
});

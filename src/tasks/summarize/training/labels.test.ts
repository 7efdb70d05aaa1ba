import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { importanceOf, keyStepsOf, oracle } from "./labels.ts";

/** Twelve frames, a step every second frame, three shots of four frames. */
const video: AnnotatedVideo = {
  name: "twelve",
  frameCount: 12,
  rate: 1,
  picks: Int32Array.of(0, 2, 4, 6, 8, 10),
  shots: [
    { start: 0, end: 4 },
    { start: 4, end: 8 },
    { start: 8, end: 12 },
  ],
  users: [],
};
const summary = (...frames: number[]) => ({
  summary: Uint8Array.from({ length: 12 }, (_, frame) => (frames.includes(frame) ? 1 : 0)),
});
const scores = (...values: number[]) => ({
  scores: Float32Array.from({ length: 12 }, (_, frame) => values[frame >> 1]),
});
const f1 = (a: readonly number[], b: readonly number[]) =>
  (2 * a.filter((one) => b.includes(one)).length) / (a.length + b.length);

test("importance of ratings is their mean, from the least rating to the greatest", () => {
  const users = [scores(1, 2, 3, 4, 5, 1), scores(1, 1, 1, 1, 5, 5)];
  const expected = [0, 0.125, 0.25, 0.375, 1, 0.5];
  expect([...importanceOf({ ...video, users })]).toEqual(expected);
});

test("importance of summaries is the share of users who chose the frame", () => {
  const users = [summary(0, 1, 2, 3), summary(2, 3, 8, 9)];
  expect([...importanceOf({ ...video, users })]).toEqual([0.5, 1, 0, 0, 0.5, 0]);
});

test("a single key frame stands for its shot, and without shots for two seconds around it", () => {
  const users = [summary(5), summary(5, 10)];
  expect([...importanceOf({ ...video, users })]).toEqual([0, 0, 1, 1, 0.5, 0.5]);
  expect([...importanceOf({ ...video, users, shots: undefined })]).toEqual([0, 0, 1, 1, 0.5, 0.5]);
  expect([...importanceOf({ ...video, users: [summary(0)], shots: undefined })]).toEqual([1, 1, 0, 0, 0, 0]);
});

test("a video that nobody annotated is named", () => {
  expect(() => importanceOf(video)).toThrow(/video twelve has no annotation/);
});

test("the oracle of one user is the user's own choice", () => {
  fc.assert(
    fc.property(fc.uint8Array({ min: 0, max: 1, minLength: 1, maxLength: 12 }), (choice) => {
      fc.pre(choice.includes(1));
      const chosen = [...choice.keys()].filter((step) => choice[step]);
      expect([...oracle([choice])]).toEqual(chosen);
    }),
  );
});

test("no step that the oracle left out would make its mean F1 greater", () => {
  const choice = fc.uint8Array({ min: 0, max: 1, minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(choice, { minLength: 1, maxLength: 5 }), (choices) => {
      fc.pre(choices.every((one) => one.includes(1)));
      const users = choices.map((one) => [...one.keys()].filter((step) => one[step]));
      const mean = (set: readonly number[]) =>
        users.reduce((sum, user) => sum + f1(set, user), 0) / users.length;
      const found = [...oracle(choices)];
      for (let step = 0; step < 9; step++) {
        if (!found.includes(step)) expect(mean([...found, step])).toBeLessThanOrEqual(mean(found) + 1e-9);
      }
    }),
  );
});

test("key frames come from the set, else one a shot from users' summaries, else from the most important shots", () => {
  const given = Uint8Array.of(0, 1, 0, 0, 0, 1);
  expect([...keyStepsOf({ ...video, keySteps: given }, [])]).toEqual([1, 5]);
  // Both chose step 1; of the last shot the second user alone chose step 4.
  const users = [summary(0, 1, 2, 3), summary(2, 3, 8, 9)];
  expect([...keyStepsOf({ ...video, users }, [])]).toEqual([1, 4]);
  // 15 % of 40 frames hold one shot of four frames.
  const long = { ...video, frameCount: 40, shots: [...video.shots!, { start: 12, end: 40 }] };
  expect([...keyStepsOf(long, [0, 0.1, 0.7, 0.9, 0.2, 0.2])]).toEqual([3]);
  expect(() => keyStepsOf({ ...video, shots: undefined }, [])).toThrow(/neither key frames/);
});

import { describe, expect, test } from "vitest";
import { createSchedule, type ScheduleSettings } from "./schedules.ts";

const rates = (settings: ScheduleSettings, steps: readonly number[]) => {
  const schedule = createSchedule(settings);
  return steps.map((step) => schedule.rate(step));
};

const close = (expected: readonly number[]) => expected.map((value) => expect.closeTo(value, 10));

describe("a learning-rate schedule", () => {
  test("is constant", () => expect(rates({ kind: "constant", rate: 0.1 }, [0, 1000])).toEqual([0.1, 0.1]));

  test("falls by a factor at every so many steps, at once or evenly", () => {
    const settings = { rate: 1, factor: 0.1, every: 10 };
    expect(rates({ kind: "step", ...settings }, [0, 9, 10, 19, 20])).toEqual(close([1, 1, 0.1, 0.1, 0.01]));
    expect(rates({ kind: "exponential", ...settings }, [0, 5, 10])).toEqual(close([1, Math.sqrt(0.1), 0.1]));
  });

  test("falls along a line or half a cosine to its floor and stays there", () => {
    const settings = { rate: 1, steps: 100, floor: 0.2 };
    expect(rates({ kind: "linear", ...settings }, [0, 50, 100, 200])).toEqual(close([1, 0.6, 0.2, 0.2]));
    expect(rates({ kind: "cosine", ...settings }, [0, 25, 50, 100, 200])).toEqual(
      close([1, 0.2 + 0.8 * (0.5 + Math.SQRT1_2 / 2), 0.6, 0.2, 0.2]),
    );
  });

  test("first rises during a warm-up, which counts as part of the way", () => {
    expect(rates({ kind: "linear", rate: 1, steps: 100, warmup: 20 }, [0, 9, 19, 20, 60, 100])).toEqual(
      close([0.05, 0.5, 1, 1, 0.5, 0]),
    );
  });

  test("falls when validations have brought nothing better for longer than its patience", () => {
    const schedule = createSchedule({
      kind: "plateau",
      rate: 1,
      factor: 0.5,
      patience: 1,
      minDelta: 0.1,
      floor: 0.2,
    });
    const seen = [5, 4, 3.95, 3.95, 3.95, 3.95, 2, 2, 2, 2, 2].map((score) => {
      schedule.observe(score);
      return schedule.rate(0);
    });
    expect(seen).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]);
  });

  test("a plateau is remembered through a saved state", () => {
    const settings: ScheduleSettings = { kind: "plateau", rate: 1, factor: 0.5, patience: 2 };
    const whole = createSchedule(settings);
    for (const score of [1, 2, 3]) whole.observe(score);
    const resumed = createSchedule(settings);
    resumed.state = JSON.parse(JSON.stringify(whole.state));
    for (const schedule of [whole, resumed]) schedule.observe(4);
    expect(resumed.rate(0)).toBe(0.5);
    expect(resumed.state).toEqual(whole.state);
  });

  test("names a setting out of range", () => {
    expect(() => createSchedule({ kind: "step", rate: 1, factor: 2, every: 3 })).toThrow(
      "schedule: option factor: ",
    );
  });
});

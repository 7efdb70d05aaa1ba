/** How the learning rate changes over a training. */
import { z } from "zod";
import { checkOptions } from "../cells/define-cell.ts";
import { type Improvement, improvementSettings, noImprovement, observed } from "./improvement.ts";

const rate = z.number().positive();
const factor = z.number().gt(0).lt(1);
const steps = z.int().positive();
/** Steps at the beginning in which the rate rises evenly to its full value. */
const warmup = z.int().min(0).default(0);
/** The rate that is never gone below. */
const floor = z.number().min(0).default(0);

/** What a schedule is made from. Times are in optimizer steps; those of `plateau` in validations. */
export const scheduleSettings = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), rate, warmup }),
  z.strictObject({ kind: z.literal("step"), rate, warmup, factor, every: steps }),
  z.strictObject({ kind: z.literal("exponential"), rate, warmup, factor, every: steps }),
  z.strictObject({ kind: z.literal("linear"), rate, warmup, steps, floor }),
  z.strictObject({ kind: z.literal("cosine"), rate, warmup, steps, floor }),
  z.strictObject({ kind: z.literal("plateau"), rate, warmup, factor, floor, ...improvementSettings.shape }),
]);
export type ScheduleSettings = z.input<typeof scheduleSettings>;
type Course = z.output<typeof scheduleSettings>;

/** What a schedule remembers: only `plateau` has anything to. */
export interface ScheduleState {
  improvement: Improvement;
  reductions: number;
}

export interface Schedule {
  /** The learning rate of a step, counted from 0. */
  rate(step: number): number;
  /** Takes note of a validation score, of which lower ones are better. */
  observe(score: number): void;
  state: ScheduleState;
}

/**
 * Makes a schedule.
 *
 * @throws InputError for settings out of range.
 * @example
 * createSchedule({ kind: "cosine", rate: 1e-3, steps: 10_000, warmup: 500 }).rate(0); // 2e-6
 */
export function createSchedule(settings: ScheduleSettings): Schedule {
  const course = checkOptions("schedule", scheduleSettings, settings);
  const schedule: Schedule = {
    state: { improvement: noImprovement, reductions: 0 },
    rate: (step) =>
      step < course.warmup
        ? (course.rate * (step + 1)) / course.warmup
        : rateAfterWarmup(course, step - course.warmup, schedule.state.reductions),
    observe(score) {
      if (course.kind !== "plateau") return;
      const improvement = observed(schedule.state.improvement, score, course.minDelta);
      schedule.state =
        improvement.since > course.patience
          ? { improvement: { ...improvement, since: 0 }, reductions: schedule.state.reductions + 1 }
          : { ...schedule.state, improvement };
    },
  };
  return schedule;
}

/** The rate `step` steps after the warm-up; "linear" and "cosine" reach their floor at their `steps`-th step. */
function rateAfterWarmup(course: Course, step: number, reductions: number): number {
  switch (course.kind) {
    case "constant":
      return course.rate;
    case "step":
      return course.rate * course.factor ** Math.floor(step / course.every);
    case "exponential":
      return course.rate * course.factor ** (step / course.every);
    case "linear":
      return course.floor + (course.rate - course.floor) * left(course, step);
    case "cosine": // Loshchilov & Hutter, ICLR 2017, equation 5, without restarts
      return (
        course.floor + (course.rate - course.floor) * (0.5 - 0.5 * Math.cos(Math.PI * left(course, step)))
      );
    case "plateau":
      return Math.max(course.floor, course.rate * course.factor ** reductions);
  }
}

/** The part of the way that is left, from 1 to 0. */
function left({ steps, warmup }: { steps: number; warmup: number }, step: number): number {
  return Math.max(0, 1 - step / Math.max(1, steps - warmup));
}

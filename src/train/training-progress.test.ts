import { expect, test } from "vitest";
import type { FitEvent } from "./fit-options.ts";
import { createProgress, type ProgressStyle } from "./progress.ts";
import { showTraining } from "./training-progress.ts";

const best = { step: 4, epoch: 1, validation: { loss: 0.25 } };
const events: FitEvent[] = [
  { event: "start", step: 3, epoch: 1, epochs: 2, stepsPerEpoch: 4 },
  { event: "step", step: 4, epoch: 1, loss: 0.123456, gradientNorm: 1, learningRate: 0.1, metrics: {} },
  { event: "epoch", step: 4, epoch: 1, loss: 0.2, validation: { loss: 0.25, "F-score": 1 / 3 } },
  { event: "checkpoint", step: 4 },
  { event: "end", reason: "early stopping", step: 4, best },
];

function shown(style: ProgressStyle): string[] {
  const written: string[] = [];
  const clock = { now: 0 };
  const listener = showTraining(
    createProgress({ write: (text) => written.push(text) }, style, () => clock.now),
  );
  for (const event of events) {
    listener(event);
    clock.now += 2_000;
  }
  return written;
}

test("a training shows its steps, validations and end as plain lines", () => {
  expect(shown("lines")).toEqual([
    "Going on after step 3.\n",
    "training 37 % (3 of 8)\n",
    "Epoch 1 of 2: loss 0.2; validation: loss 0.25, F-score 0.3333.\n",
    "training 50 % (4 of 8), 2 s, epoch 1 of 2, loss 0.1235\n",
    "Stopped early: nothing better since epoch 1.\n",
  ]);
});

test("a JSON display gets every event, and the time left", () => {
  const objects = shown("json").map((line) => JSON.parse(line));
  expect(objects.filter(({ event }) => event !== "progress")).toEqual(events);
  expect(objects.filter(({ event }) => event === "progress")[1]).toMatchObject({ done: 4, secondsLeft: 8 });
});

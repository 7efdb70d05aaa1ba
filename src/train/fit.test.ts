import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compiledSteps, initialWeights, sequences, trainerSettings } from "../../test/training-model.ts";
import { readSafetensors } from "../weights/safetensors.ts";
import { fit } from "./fit.ts";
import type { FitEvent, FitOptions } from "./fit-options.ts";
import { openStep } from "./step.ts";
import { createTrainer, type TrainerSettings, type TrainerSteps } from "./trainer.ts";
import { averageOver } from "./validation.ts";

let steps: TrainerSteps;
beforeAll(async () => {
  const { training, evaluation } = compiledSteps();
  steps = { training: await openStep(training, {}), evaluation: await openStep(evaluation, {}) };
});

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "gatefold-fit-")), "run");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

/** Seven steps an epoch, the last of fewer examples. */
const options = (changes: Partial<FitOptions> = {}, settings: Partial<TrainerSettings> = {}): FitOptions => ({
  trainer: createTrainer(steps, initialWeights(), { ...trainerSettings, ...settings }),
  examples: sequences(20),
  batchesPerStep: 3,
  schedule: { kind: "cosine", rate: 0.03, steps: 60, warmup: 5 },
  epochs: 6,
  ...changes,
});

const validating: Partial<FitOptions> = {
  validate: averageOver(sequences(5, "validation")),
  schedule: { kind: "plateau", rate: 0.1, factor: 0.5, patience: 0 },
  earlyStopping: { patience: 2 },
  epochs: 40,
};

const metricsOf = (path: string) => readFileSync(join(path, "metrics.jsonl"), "utf8");
const linesOf = (path: string) =>
  metricsOf(path)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** A signal that aborts at the so-manieth event of a kind, and the events until then. */
function interruptAt(kind: FitEvent["event"], count: number) {
  const controller = new AbortController();
  let left = count;
  const onEvent = ({ event }: FitEvent) => {
    if (event === kind && --left === 0) controller.abort(new Error("stopped by a test"));
  };
  return { signal: controller.signal, onEvent };
}

describe("fit", () => {
  test("goes through all examples once an epoch, in another order each time", async () => {
    const examples = sequences(20);
    const seen: number[] = [];
    const load = (indices: readonly number[]) => {
      seen.push(...indices);
      return examples.load(indices);
    };
    const { step, reason } = await fit(options({ examples: { count: 20, load }, epochs: 2 }));
    expect({ step, reason }).toEqual({ step: 14, reason: "epochs" });
    const [first, second] = [seen.slice(0, 20), seen.slice(20)];
    const all = Array.from({ length: 20 }, (_, index) => index);
    expect(first.toSorted((a, b) => a - b)).toEqual(all);
    expect(second.toSorted((a, b) => a - b)).toEqual(all);
    expect(first).not.toEqual(all);
    expect(second).not.toEqual(first);
  });

  test("tells what happens as it happens", async () => {
    const events: FitEvent[] = [];
    await fit(options({ epochs: 1, onEvent: (event) => events.push(event) }));
    expect(events.map(({ event }) => event)).toEqual(["start", ...Array(7).fill("step"), "epoch", "end"]);
    expect(events[0]).toEqual({ event: "start", step: 0, epoch: 1, epochs: 1, stepsPerEpoch: 7 });
    const losses = events.flatMap((event) => (event.event === "step" ? event.loss : []));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / 7;
    expect(events[8]).toEqual({ event: "epoch", step: 7, epoch: 1, loss: mean, validation: undefined });
  });

  test("stops early and gives back the best weights", async () => {
    const wanted = options(validating);
    const { reason, best, step, weights } = await fit(wanted);
    expect(reason).toBe("early stopping");
    expect(step).toBe(best!.step + 3 * 7); // two bad validations are borne, the third is not
    const again = await validating.validate!((feeds) => wanted.trainer.evaluate(feeds));
    expect(again).toEqual(best!.validation);
    expect((await wanted.trainer.state()).weights).toEqual(weights);
  });

  test("a score of which higher ones are better stops a training too", async () => {
    const scores = [0.1, 0.5, 0.4, 0.45, 0.6];
    let at = 0;
    const validate = async () => ({ f1: scores[at++] });
    const earlyStopping = { metric: "f1", better: "higher", patience: 1 } as const;
    const { best } = await fit(options({ validate, earlyStopping, epochs: 40 }));
    expect(best).toEqual({ step: 14, epoch: 2, validation: { f1: 0.5 } });
  });

  test("does nothing to the numbers by keeping a folder", async () => {
    const { weights } = await fit(options(validating));
    expect((await fit(options({ ...validating, folder }))).weights).toEqual(weights);
  });
});

describe("a run folder", () => {
  test("holds settings, a line a step and epoch, the last and the best checkpoint, and the model", async () => {
    const { weights, best, step } = await fit(options({ ...validating, folder, checkpointSeconds: 0 }));
    expect(readdirSync(folder).toSorted()).toEqual([
      "checkpoints",
      "metrics.jsonl",
      "model.safetensors",
      "run.json",
    ]);
    const name = (at: number) => `step-${`${at}`.padStart(8, "0")}`;
    expect(readdirSync(join(folder, "checkpoints")).toSorted()).toEqual(
      [best!.step, step].flatMap((at) => [`${name(at)}.json`, `${name(at)}.safetensors`]),
    );
    const { tensors } = readSafetensors(readFileSync(join(folder, "model.safetensors")), "model");
    expect(tensors.get("hidden.weight")).toEqual({
      dtype: "float32",
      dims: [4, 8],
      data: weights["hidden.weight"],
    });
    const lines = linesOf(folder);
    expect(lines.filter((line) => line.validation).map((line) => line.epoch)).toEqual(
      Array.from({ length: step / 7 }, (_, epoch) => epoch + 1),
    );
    expect(lines.filter((line) => !line.validation).map((line) => line.step)).toEqual(
      Array.from({ length: step }, (_, at) => at + 1),
    );
  });

  test.each([
    ["in the middle of an epoch", "step", 10],
    ["before a validation", "step", 7],
    ["after a validation", "epoch", 2],
    ["at the very first step", "step", 1],
  ] as const)("an interrupted run continues to the same numbers: stopped %s", async (_, kind, count) => {
    const whole = join(folder, "..", "whole");
    const uninterrupted = await fit(options({ ...validating, folder: whole }));
    const first = await fit(options({ ...validating, folder, ...interruptAt(kind, count) }));
    expect(first.reason).toBe("interrupted");
    expect(existsSync(join(folder, "model.safetensors"))).toBe(false);
    const second = await fit(options({ ...validating, folder }));
    expect(second).toEqual(uninterrupted);
    expect(metricsOf(folder)).toBe(metricsOf(whole));
  });

  test("an interrupted run goes on with what its examples remember", async () => {
    /** Batches weigh more or less by how many were loaded before. */
    const remembering = () => {
      const examples = sequences(20);
      let loaded = 0;
      return {
        count: 20,
        load: async (indices: readonly number[]) => {
          const { feeds, weight } = await examples.load(indices);
          return { feeds, weight: weight * (1 + (loaded++ % 5)) };
        },
        memory: {
          save: () => loaded,
          restore: (saved: unknown) => {
            loaded = saved as number;
          },
        },
      };
    };
    const uninterrupted = await fit(options({ examples: remembering() }));
    await fit(options({ examples: remembering(), folder, ...interruptAt("step", 10) }));
    const { weights } = await fit(options({ examples: remembering(), folder }));
    expect(weights).toEqual(uninterrupted.weights);
  });

  test("an interruption that comes after all is done changes nothing", async () => {
    const { reason } = await fit(options({ folder, epochs: 2, ...interruptAt("epoch", 2) }));
    expect(reason).toBe("epochs");
    expect(existsSync(join(folder, "model.safetensors"))).toBe(true);
  });

  test("an interruption during a validation is not waited out", async () => {
    const { signal, onEvent } = interruptAt("step", 7);
    let evaluations = 0;
    const validate = averageOver(sequences(5, "validation"));
    const counted: FitOptions["validate"] = (evaluate) =>
      validate((feeds) => {
        evaluations += 1;
        return evaluate(feeds);
      });
    const { step, reason } = await fit(options({ validate: counted, signal, onEvent, folder }));
    expect({ step, reason, evaluations }).toEqual({ step: 7, reason: "interrupted", evaluations: 0 });
  });

  test("metrics written after the last checkpoint, and a torn line, are taken back", async () => {
    const whole = join(folder, "..", "whole");
    await fit(options({ folder: whole }));
    await fit(options({ folder, ...interruptAt("step", 5) }));
    writeFileSync(join(folder, "metrics.jsonl"), '{"step":6,"loss":1}\n{"step":7,"lo', { flag: "a" });
    writeFileSync(join(folder, "checkpoints", "step-00000007.safetensors.partial"), "half");
    writeFileSync(join(folder, "checkpoints", "step-00000006.safetensors"), "without its JSON");
    await fit(options({ folder }));
    expect(metricsOf(folder)).toBe(metricsOf(whole));
    expect(readdirSync(join(folder, "checkpoints"))).toHaveLength(2);
  });

  test("a finished run is not done again, and can be given more epochs", async () => {
    const whole = join(folder, "..", "whole");
    const { weights } = await fit(options({ folder: whole, epochs: 6 }));
    await fit(options({ folder, epochs: 4 }));
    const events: FitEvent[] = [];
    await fit(options({ folder, epochs: 4, onEvent: (event) => events.push(event) }));
    expect(events.some(({ event }) => event === "step")).toBe(false);
    expect((await fit(options({ folder, epochs: 6 }))).weights).toEqual(weights);
    expect(metricsOf(folder)).toBe(metricsOf(whole));
  });

  test("of other settings is left alone, and the difference named", async () => {
    await fit(options({ folder, epochs: 1 }));
    const before = metricsOf(folder);
    await expect(fit(options({ folder }, { seed: 8 }))).rejects.toThrow(
      "holds a run with other settings (seed is 7 there and 8 here)",
    );
    await expect(fit(options({ folder }, { optimizer: { kind: "adam", beta1: 0.5 } }))).rejects.toThrow(
      "optimizer.beta1 is absent there and 0.5 here",
    );
    await expect(fit(options({ folder, description: { data: "other" } }))).rejects.toThrow(
      "description is absent",
    );
    expect(metricsOf(folder)).toBe(before);
  });

  test("with other files is left alone", async () => {
    const busy = join(folder, "..");
    writeFileSync(join(busy, "thesis.txt"), "precious");
    await expect(fit(options({ folder: busy }))).rejects.toThrow(
      "holds no run but other files (thesis.txt…)",
    );
    expect(readdirSync(busy)).toEqual(["thesis.txt"]);
    await expect(fit(options({ folder: join(busy, "thesis.txt") }))).rejects.toThrow("can't be made");
  });

  test("whose metrics or checkpoint were changed says so", async () => {
    await fit(options({ folder, epochs: 1 }));
    const checkpoint = join(folder, "checkpoints", "step-00000007.safetensors");
    const bytes = readFileSync(checkpoint);
    writeFileSync(checkpoint, bytes.subarray(0, -10));
    await expect(fit(options({ folder, epochs: 2 }))).rejects.toThrow("step-00000007.safetensors");
    writeFileSync(checkpoint, Uint8Array.from(bytes).fill(255, -4)); // all ones: NaN
    await expect(fit(options({ folder, epochs: 2 }))).rejects.toThrow(/0007.safetensors: ".*" holds NaN at/);
    writeFileSync(checkpoint, bytes);
    writeFileSync(join(folder, "metrics.jsonl"), "");
    await expect(fit(options({ folder, epochs: 2 }))).rejects.toThrow("it was changed");
  });
});

describe("wrong settings end in one sentence", () => {
  test.each<[Partial<FitOptions>, string]>([
    [{ epochs: 0 }, "training: option epochs: "],
    [{ batchesPerStep: 0.5 }, "training: option batchesPerStep: "],
    [{ examples: sequences(0) }, "there are no examples to train on"],
    [{ earlyStopping: {} }, "early stopping and a plateau schedule need a validation"],
    [
      { validate: async () => ({ accuracy: 1 }), earlyStopping: {} },
      'waits for "loss", but validation gives accuracy',
    ],
  ])("%o", async (changes, message) => {
    await expect(fit(options(changes))).rejects.toThrow(message);
  });
});

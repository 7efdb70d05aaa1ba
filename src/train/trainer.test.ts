import { beforeAll, describe, expect, test } from "vitest";
import {
  compiledSteps,
  INPUTS,
  initialWeights,
  sequences,
  trainerSettings,
} from "../../test/training-model.ts";
import { tensor } from "../runtime/tensor.ts";
import { openStep } from "./step.ts";
import {
  createTrainer,
  type MicroBatch,
  type Trainer,
  type TrainerSettings,
  type TrainerSteps,
} from "./trainer.ts";

let steps: TrainerSteps;
beforeAll(async () => {
  const { training, evaluation } = compiledSteps();
  steps = { training: await openStep(training, {}), evaluation: await openStep(evaluation, {}) };
});

const trainer = (settings: Partial<TrainerSettings> = {}): Trainer =>
  createTrainer(steps, initialWeights(), { ...trainerSettings, ...settings });

const batches = async (...indices: number[]): Promise<MicroBatch[]> =>
  Promise.all(indices.map((index) => sequences(10).load([index])));

const sgd = { optimizer: { kind: "sgd" as const }, clip: undefined };

describe("a trainer", () => {
  test("brings the loss down", async () => {
    const one = trainer();
    const [{ feeds }] = await batches(0);
    const before = (await one.evaluate(feeds)).loss.data[0];
    for (let step = 1; step <= 100; step++) await one.step(await batches(0), { step, learningRate: 0.01 });
    expect((await one.evaluate(feeds)).loss.data[0]).toBeLessThan(before / 4);
  });

  test("averages micro-batches of unequal length by their weights: as one step over all their frames", async () => {
    const drawn = await batches(0, 1, 2);
    const frames = (name: string) => drawn.flatMap(({ feeds }) => [...feeds[name].data]);
    const time = drawn.reduce((sum, { weight }) => sum + weight, 0);
    const joined: MicroBatch = {
      feeds: {
        frames: tensor(frames("frames"), [time, INPUTS]),
        targets: tensor(frames("targets"), [time, 1]),
      },
      weight: time,
    };
    const apart = await averageGradient(drawn);
    const together = await averageGradient([joined]);
    for (const [name, gradient] of Object.entries(apart))
      gradient.forEach((value, i) => {
        expect(value).toBeCloseTo(together[name][i], 5);
      });
  });

  test("draws noise by seed and step alone", async () => {
    const after = async (seed: number, step: number) => {
      const one = trainer({ seed });
      const { loss } = await one.step(await batches(3), { step, learningRate: 0.1 });
      return loss;
    };
    const loss = await after(1, 5);
    expect(await after(1, 5)).toBe(loss);
    expect(await after(1, 6)).not.toBe(loss);
    expect(await after(2, 5)).not.toBe(loss);
  });

  test("goes on from a saved state as if it had not stopped", async () => {
    const whole = trainer();
    const learningRate = 0.01;
    for (const step of [1, 2, 3]) await whole.step(await batches(step), { step, learningRate });
    const resumed = createTrainer(steps, initialWeights(99), trainerSettings);
    await resumed.restore(await whole.state());
    for (const step of [4, 5, 6])
      for (const one of [whole, resumed]) await one.step(await batches(step, 0), { step, learningRate });
    expect(await resumed.state()).toEqual(await whole.state());
  });

  test("stops with the step's number where the loss or a gradient is not finite, the weights as before", async () => {
    const one = trainer();
    const before = await one.state();
    const [{ feeds, weight }] = await batches(0);
    const broken = {
      ...feeds,
      targets: tensor(
        feeds.targets.data.map(() => Number.NaN),
        feeds.targets.dims,
      ),
    };
    await expect(one.step([{ feeds: broken, weight }], { step: 12, learningRate: 0.1 })).rejects.toThrow(
      "training stopped at step 12: the loss is NaN; lower the learning rate",
    );
    expect(await one.state()).toEqual(before);
  });

  test("refuses batches of no weight, and weights of another model", async () => {
    const [{ feeds }] = await batches(0);
    await expect(trainer().step([{ feeds, weight: 0 }], { step: 1, learningRate: 1 })).rejects.toThrow(
      "step 1: the weights of its batches add up to 0",
    );
    await expect(trainer().restore({ weights: { "hidden.bias": new Float32Array(3) } })).rejects.toThrow(
      "the saved weights have no values for hidden.weight, where this model needs 32",
    );
  });

  test("refuses weights that are not finite, and is then as before", async () => {
    const one = trainer();
    const before = await one.state();
    const { "head.weight": head, ...others } = before.weights;
    const weights = { ...others, "hidden.weight": others["hidden.weight"].map((number) => 2 * number) };
    const broken = { ...weights, "head.weight": head.with(3, Number.NaN) };
    await expect(one.restore({ weights: broken })).rejects.toThrow(
      'the saved weights: "head.weight" holds NaN at [3, 0]',
    );
    expect(await one.state()).toEqual(before);
  });
});

/** The gradient that one plain step with a rate of 1 goes along, noise at rest. */
async function averageGradient(drawn: MicroBatch[]): Promise<Record<string, number[]>> {
  const atRest = { ...steps.training, noise: () => ({}), run: withoutDropout };
  const one = createTrainer({ training: atRest }, initialWeights(), { ...trainerSettings, ...sgd });
  const { weights: before } = await one.state();
  await one.step(drawn, { step: 1, learningRate: 1 });
  const { weights: after } = await one.state();
  return Object.fromEntries(
    Object.entries(before).map(([name, values]) => [
      name,
      [...values].map((value, i) => value - after[name][i]),
    ]),
  );
}

/** The training step with all units kept: noise of 0 is below any share to keep. */
const withoutDropout: TrainerSteps["training"]["run"] = (weights, feeds) => {
  const [time] = feeds.frames.dims;
  return steps.training.run(weights, { ...feeds, dropout: tensor(new Float32Array(time * 8), [time, 8]) });
};

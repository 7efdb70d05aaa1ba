import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compiledSteps, initialWeights, sequences, trainerSettings } from "../../test/training-model.ts";
import { InputError } from "../graph/errors.ts";
import { startTrainer } from "./start-trainer.ts";
import { openStep } from "./step.ts";
import { createTrainer, type Trainer } from "./trainer.ts";

const compiled = compiledSteps();
const plan = { steps: compiled, weights: initialWeights(), settings: trainerSettings, session: {} };
let remote: Trainer;
let local: Trainer;

beforeAll(async () => {
  remote = await startTrainer(plan);
  const steps = {
    training: await openStep(compiled.training, {}),
    evaluation: await openStep(compiled.evaluation, {}),
  };
  local = createTrainer(steps, initialWeights(), trainerSettings);
});
afterAll(() => remote.close());

describe("a trainer in a thread", () => {
  test("gives what a trainer in the process gives, open sizes included", async () => {
    const examples = sequences(8);
    for (let step = 1; step <= 4; step++) {
      const batches = [await examples.load([2 * step - 2]), await examples.load([2 * step - 1])];
      const at = { step, learningRate: 0.05 };
      expect(await remote.step(batches, at)).toEqual(await local.step(batches, at));
    }
    expect(await remote.state()).toEqual(await local.state());
    const { feeds } = await examples.load([0]);
    expect(await remote.evaluate(feeds)).toEqual(await local.evaluate(feeds));
  });

  test("works on the WebAssembly runtime as on the default one", async () => {
    const web = await startTrainer({ ...plan, session: { backend: "wasm" } });
    const native = await startTrainer({ ...plan, session: {} });
    const batch = await sequences(1).load([0]);
    for (let step = 1; step <= 3; step++)
      for (const trainer of [web, native]) await trainer.step([batch], { step, learningRate: 0.01 });
    const [webWeights, nativeWeights] = [(await web.state()).weights, (await native.state()).weights];
    for (const [name, values] of Object.entries(nativeWeights))
      values.forEach((value, i) => {
        expect(webWeights[name][i]).toBeCloseTo(value, 5);
      });
    await Promise.all([web.close(), native.close()]);
  });

  test("leaves this thread free while it computes", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const batches = Array.from({ length: 100 }, () => sequences(1).load([0]));
    const drawn = await Promise.all(batches);
    const steps = Array.from({ length: 30 }, (_, i) => remote.step(drawn, { step: i + 1, learningRate: 0 }));
    await Promise.all(steps);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  test("brings errors back as what they are", async () => {
    const { feeds } = await sequences(1).load([0]);
    const { targets: _, ...incomplete } = feeds;
    const failure = remote.step([{ feeds: incomplete, weight: 1 }], { step: 1, learningRate: 0.1 });
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow('input "targets" is missing');
    await expect(startTrainer({ ...plan, session: { threads: 0 } })).rejects.toThrow(
      "0 threads make no sense",
    );
  });

  test("answers no more once it is closed", async () => {
    const closed = await startTrainer(plan);
    const state = closed.state();
    await closed.close();
    expect(Object.keys((await state).weights)).toEqual(Object.keys(initialWeights()));
    await expect(closed.state()).rejects.toThrow("the training thread has ended");
  });
});

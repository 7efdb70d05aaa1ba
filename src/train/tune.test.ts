import { expect, test } from "vitest";
import { lstm } from "../cells/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { mean, sigmoid, tanh } from "../graph/functions.ts";
import { type Graph, inputsOf, trace } from "../graph/graph.ts";
import { weight } from "../graph/value.ts";
import { dense } from "../layers/dense.ts";
import { recurrent, stacked } from "../layers/recurrent.ts";
import { compile } from "../runtime/session.ts";
import { tensor } from "../runtime/tensor.ts";
import { applyGraph } from "../transform/apply.ts";
import { delta } from "../transform/delta.ts";
import { deltaGraph } from "../transform/delta-graph.ts";
import { lowRank } from "../transform/low-rank.ts";
import { overTime } from "../transform/over-time.ts";
import { initialWeights } from "../weights/declare.ts";
import type { Model } from "../weights/model.ts";
import { random } from "../weights/random.ts";
import type { Examples } from "./fit-options.ts";
import type { Tensors } from "./step.ts";
import { tune } from "./tune.ts";
import { distill } from "./tune-distill.ts";
import { tuneThresholds } from "./tune-thresholds.ts";
import { averageOver } from "./validation.ts";

const [time, batch, units] = [12, 8, 12];

/** Two layers, the sum so far as the target. */
function modelOf(rate = 0): Graph {
  const dropout = { dropout: { outputs: rate } };
  const layers = stacked([
    recurrent("lower", lstm({ inputs: 2, units }), dropout),
    recurrent("upper", lstm({ inputs: units, units }), dropout),
  ]);
  const out = dense("out", { inputs: units, units: 1 });
  return trace({ x: ["time", "batch", 2] }, ({ x }) => ({ y: out(layers(x)) }));
}

const objective = (network: Graph) =>
  trace({ x: ["time", "batch", 2], wanted: ["time", "batch", 1] }, ({ x, wanted }) => {
    const off = applyGraph(network, { x }).y.sub(wanted);
    return { loss: mean(off.mul(off)) };
  });

function examplesOf(count: number, name: string): Examples {
  return {
    count,
    load: (indices) => {
      const x = random(1)
        .stream(`${name}.${indices}`)
        .uniforms(new Float32Array(time * batch * 2), -1, 1);
      const wanted = new Float32Array(time * batch);
      for (let at = 0; at < wanted.length; at++)
        wanted[at] = (at < batch ? 0 : wanted[at - batch] * 0.8) + 0.3 * (x[2 * at] + x[2 * at + 1]);
      return {
        feeds: { x: tensor(x, [time, batch, 2]), wanted: tensor(wanted, [time, batch, 1]) },
        weight: 1,
      };
    },
  };
}

const training = examplesOf(40, "training");
const validation = examplesOf(4, "validation");

/** The loss of a model on the validation part, by its rule if it has thresholds. */
async function lossOf(model: Model, options = {}): Promise<Record<string, number>> {
  const network = deltaGraph(model.graph, model.thresholds ?? {}, options);
  const graph = objective(network);
  const names = Object.keys(network.outputs).filter((name) => name.startsWith("occupancy."));
  const whole = trace({ x: ["time", "batch", 2], wanted: ["time", "batch", 1] }, ({ x, wanted }) => ({
    ...applyGraph(graph, { x, wanted }),
    ...Object.fromEntries(names.map((name) => [name, applyGraph(network, { x })[name]])),
  }));
  const session = await compile(whole);
  const weights = weightsOf(model);
  const found = await averageOver(validation)(
    (feeds) => session.run({ ...weights, ...feeds }) as Promise<Tensors>,
  );
  await session.release();
  return found;
}

function weightsOf({ graph, weights }: Model): Tensors {
  return Object.fromEntries(
    [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
      path,
      tensor(weights[path], shape as number[]),
    ]),
  );
}

/** A model that has learned its task. */
async function trained(): Promise<Model> {
  const graph = modelOf();
  return tune(
    { graph, weights: initialWeights(graph, 5) },
    { objective, examples: training, epochs: 6, learningRate: 0.01, validate: averageOver(validation) },
  );
}

test("a model that lost accuracy by low rank and by thresholds wins some back by tuning, through the rule", async () => {
  const whole = await trained();
  const before = (await lossOf(whole)).loss;
  expect(before).toBeLessThan(0.02); // the variance of the target is about 0.15
  const { model: small, rewrite } = lowRank(whole, { rank: 3 });
  const cut = delta(small, { threshold: 0.15 });
  const damaged = (await lossOf(cut)).loss;
  expect(damaged).toBeGreaterThan(2 * before);
  const tuned = await tune(cut, {
    objective,
    examples: training,
    rewrite: () => rewrite(modelOf(0.05)),
    validate: averageOver(validation),
    epochs: 3,
    learningRate: 0.005,
  });
  expect((await lossOf(tuned)).loss).toBeLessThan(0.6 * damaged);
  expect(tuned.thresholds).toEqual(cut.thresholds);
  expect(Object.keys(tuned.weights).sort()).toEqual(Object.keys(small.weights).sort());

  const {
    model: sparse,
    chosen,
    tried,
  } = await tuneThresholds(whole, {
    loss: 0.1,
    grid: [0.02, 0.05, 0.1, 0.2],
    evaluations: 14,
    async evaluate(model) {
      const { loss, ...shares } = await lossOf(model, { occupancy: true });
      const occupancy = Object.entries(shares).map(([name, share]) => [
        name.slice("occupancy.".length),
        share,
      ]);
      return { accuracy: 1 - 10 * loss, occupancy: Object.fromEntries(occupancy) };
    },
  });
  expect(tried.length).toBeLessThanOrEqual(14);
  expect(tried[0].thresholds).toEqual({});
  expect(chosen.accuracy).toBeGreaterThanOrEqual(0.9 * tried[0].accuracy);
  expect(chosen.multiplications).toBe(
    Math.min(...tried.filter((one) => one.accepted).map((one) => one.multiplications)),
  );
  expect(chosen.multiplications).toBeLessThan(tried[0].multiplications);
  expect(sparse.thresholds).toEqual(chosen.thresholds);
}, 60_000);

test("without labels a model learns to do as the whole one", async () => {
  const graph = modelOf();
  const teacher = { graph, weights: initialWeights(graph, 5) };
  const { model: small } = lowRank(teacher, { rank: 4 });
  const inputs = ({ count, load }: Examples): Examples => ({
    count,
    async load(indices) {
      const { feeds, weight } = await load(indices);
      return { feeds: { x: feeds.x }, weight };
    },
  });
  const unlike = async (model: Model) => {
    const { feeds } = await validation.load([0]);
    const outputs = [teacher, model].map(async (one) => {
      const session = await compile(one.graph);
      const { y } = await session.run({ ...weightsOf(one), x: feeds.x });
      await session.release();
      return y.data as Float32Array;
    });
    const [wanted, found] = await Promise.all(outputs);
    return found.reduce((sum, y, at) => sum + (y - wanted[at]) ** 2, 0);
  };
  const tuned = await distill(small, {
    teacher,
    examples: inputs(training),
    validation: inputs(validation),
    epochs: 2,
    learningRate: 0.003,
  });
  expect(await unlike(tuned)).toBeLessThan(0.3 * (await unlike(small)));
}, 60_000);

test("a model of one step is compressed and tuned as what it is along time", async () => {
  const [w, u] = [weight("w", [2, 4]), weight("u", [4, 4])];
  const graph = trace({ x: [1, 2], h: [1, 4] }, ({ x, h }) => {
    const next = tanh(x.matmul(w).add(h.matmul(u)));
    return { y: sigmoid(next), next };
  });
  const numbers = (count: number) => Float32Array.from({ length: count }, (_, at) => Math.sin(3 * at));
  const model: Model = { graph, weights: { w: numbers(8), u: numbers(16) }, states: { h: "next" } };
  const along = overTime(model);
  expect(along.graph.inputs.map(({ name, shape }) => [name, shape.join()])).toEqual([
    ["x", "time,1,2"],
    ["w", "2,4"],
    ["u", "4,4"],
  ]);
  expect(Object.keys(along.graph.outputs)).toEqual(["y"]);
  const x = Float32Array.from({ length: 10 }, (_, at) => Math.cos(at));
  const whole = await compile(along.graph);
  const { y } = await whole.run({ ...weightsOf(along), x: tensor(x, [5, 1, 2]) });
  const step = await compile(graph);
  let h = tensor(new Float32Array(4), [1, 4]);
  for (let t = 0; t < 5; t++) {
    const { next, y: now } = await step.run({
      ...weightsOf(model),
      x: tensor(x.slice(2 * t, 2 * t + 2), [1, 2]),
      h,
    });
    h = next as typeof h;
    expect([...now.data].map((one) => one.toFixed(6))).toEqual(
      [...y.data].slice(4 * t, 4 * t + 4).map((one) => one.toFixed(6)),
    );
  }
  const { report } = lowRank(model, { rank: 1 });
  expect(report.layers.map(({ path, rank }) => [path, rank])).toEqual([["u", 1]]);
  expect(delta(model, { threshold: 0.1 }).thresholds).toEqual({ w: 0.1, u: 0.1 });
  await whole.release();
  await step.release();
});

test("an objective without a loss, and weights without numbers, are named", async () => {
  const graph = modelOf();
  const model = { graph, weights: initialWeights(graph, 5) };
  const settings = { examples: training, epochs: 1, learningRate: 0.01 };
  const refused = async (act: Promise<unknown>, message: string) => {
    await expect(act).rejects.toThrow(InputError);
    await expect(act).rejects.toThrow(message);
  };
  await refused(
    tune(model, { ...settings, objective: (network) => network }),
    'tune: the objective gives a graph without the output "loss"',
  );
  const { "out.bias": _, ...rest } = model.weights;
  await refused(
    tune({ graph, weights: rest }, { ...settings, objective }),
    'weight "out.bias" [1] needs 1 numbers and has none',
  );
  await refused(
    tuneThresholds(model, { evaluate: async () => ({ accuracy: Number.NaN, occupancy: {} }) }),
    "thresholds: the evaluation gives NaN",
  );
});

import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { expectEverywhere, largestDifference, openEverywhere, type Tensors } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import {
  advancedLstm,
  type Cell,
  g2Lstm,
  gru,
  janet,
  layerNormalized,
  lstm,
  nestedLstm,
  rnn,
  sru,
} from "../cells/index.ts";
import { InputError } from "../graph/errors.ts";
import { concat, sigmoid, stack, tanh, zeros } from "../graph/functions.ts";
import { type Graph, inputsOf, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { scan } from "../graph/scan.ts";
import { weight } from "../graph/value.ts";
import { approximateDropout } from "../layers/approximate-dropout.ts";
import { dense } from "../layers/dense.ts";
import { bidirectional, type RecurrentOptions, recurrent, stacked } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import type { Model } from "../weights/model.ts";
import { gradient } from "./gradient.ts";
import { lowRank } from "./low-rank.ts";
import { products } from "./products.ts";

const units = 5;
const mask = { shape: ["time", "batch"], dtype: "bool" as const };

type CellOf = (inputs: number) => Cell;

const cells: { name: string; cell: CellOf }[] = [
  { name: "rnn", cell: (inputs) => rnn({ inputs, units }) },
  { name: "gru", cell: (inputs) => gru({ inputs, units }) },
  { name: "gru, reset before", cell: (inputs) => gru({ inputs, units, reset: "before" }) },
  { name: "lstm", cell: (inputs) => lstm({ inputs, units }) },
  {
    name: "lstm with peepholes and projection",
    cell: (inputs) => lstm({ inputs, units: 7, peepholes: true, projection: units }),
  },
  { name: "nested", cell: (inputs) => nestedLstm({ inputs, units }) },
  { name: "janet", cell: (inputs) => janet({ inputs, units }) },
  { name: "advanced", cell: (inputs) => advancedLstm({ inputs, units }) },
  { name: "advanced, past outputs", cell: (inputs) => advancedLstm({ inputs, units, pastOutputs: true }) },
  { name: "g2", cell: (inputs) => g2Lstm({ inputs, units }) },
  { name: "layer-normalized lstm", cell: (inputs) => layerNormalized(lstm({ inputs, units })) },
];

/** Two layers and a dense one. */
function oneWay(cell: CellOf, options: RecurrentOptions = {}): Graph {
  const lower = recurrent("lower", cell(3), options);
  const upper = recurrent("upper", cell(units), options);
  const out = dense("out", { inputs: units, units: 4 });
  return trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({
    y: out(stacked([lower, upper])(x, { mask })),
  }));
}

function bothWays(cell: CellOf): Graph {
  const lower = bidirectional("lower", cell(3), { initial: "learned" });
  const upper = bidirectional("upper", cell(2 * units));
  const out = dense("out", { inputs: 2 * units, units: 4 });
  return trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({
    y: out(upper(lower(x, { mask }), { mask })),
  }));
}

function modelOf(graph: Graph): Model {
  return { graph, weights: initialWeights(graph, 3) };
}

/** Ranks by path are used where they save nothing, too. */
function ranks(model: Model, rank = units): Record<string, number> {
  const { layers } = lowRank(model, { energy: 1 }).report;
  return Object.fromEntries(
    layers.map(({ path, singularValues }) => [path, Math.min(rank, singularValues.length)]),
  );
}

/** Random sequences of unequal lengths, the model's own weights, noise at rest. */
function feedsOf({ graph, weights }: Model, time = 6): Tensors {
  const batch = 3;
  const lengths = [1, 0.5, 0.7].map((share) => Math.ceil(share * time));
  const present = Array.from({ length: time * batch }, (_, at) =>
    Number(Math.floor(at / batch) < lengths[at % batch]),
  );
  const feeds = randomFeeds(graph, { sizes: { time, batch }, fixed: { mask: present } });
  for (const { name, role } of graph.inputs) {
    const { shape, data } = feeds[name];
    if (role === "weight") feeds[name] = tensor(shape, Float64Array.from(weights[name]));
    if (role === "noise")
      feeds[name] = tensor(
        shape,
        data.map(() => 0.5),
      );
  }
  return feeds;
}

function difference(a: Model, b: Model, time?: number): number {
  const [first, second] = [a, b].map((model) => interpret(model.graph, feedsOf(model, time)).y.data);
  return largestDifference(first, second);
}

const pathsOf = ({ graph }: Model) => products(graph).map(({ path }) => path);

describe.each(cells)("joint low rank of $name", ({ cell }) => {
  test.each([
    { title: "two layers one way", graph: oneWay(cell) },
    { title: "two layers both ways, from learned states", graph: bothWays(cell) },
  ])("is neutral at full rank, over unequal lengths: $title", ({ graph }) => {
    const model = modelOf(graph);
    const full = lowRank(model, { rank: ranks(model) });
    expect(pathsOf(full.model)).toContain("out.weight.expansion");
    expect(difference(full.model, model)).toBeLessThan(3e-6);
  });

  test("multiplies each output by its projection once a step", () => {
    const model = modelOf(oneWay(cell));
    const found = pathsOf(lowRank(model, { rank: ranks(model, 2) }).model).filter((path) =>
      path.endsWith(".projection"),
    );
    expect(found.length).toBe(new Set(found).size);
  });
});

test("a model of low rank is the same on the reference and on both runtimes", async () => {
  const model = modelOf(bothWays((inputs) => lstm({ inputs, units })));
  const small = lowRank(model, { rank: 2 }).model;
  const everywhere = await openEverywhere(small.graph);
  const feeds = feedsOf(small);
  const { y } = interpret(small.graph, feeds);
  await expectEverywhere(everywhere, feeds, { y: y.data as Float64Array });
  await everywhere.release();
});

test("what is left of a matrix is the best of its rank, and readers are regressed onto its projection", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 2, max: 6 }),
      fc.boolean(),
      (rank, width, both) => {
        fc.pre(rank <= width);
        const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => {
          const layer = (both ? bidirectional : recurrent)("lower", gru({ inputs: 3, units: width }));
          const out = dense("out", { inputs: layer.outputs, units: 4 });
          return { y: out(layer(x)) };
        });
        const model = modelOf(graph);
        const { model: small, report } = lowRank(model, { rank: ranks(model, rank) });
        const projected = { ...model.weights };
        for (const [at, { path, singularValues }] of report.layers.entries()) {
          const p = matrixOf(small, `${path}.projection`);
          const identity = Matrix.eye(rank);
          expect(Matrix.sub(p.transpose().mmul(p), identity).norm()).toBeLessThan(1e-6);
          // Eckart & Young: no matrix of this rank is nearer.
          const whole = matrixOf(model, path);
          const missing = Matrix.sub(whole, p.mmul(p.transpose()).mmul(whole)).norm();
          const cut = singularValues.subarray(rank).reduce((sum, value) => sum + value * value, 0);
          expect(missing).toBeCloseTo(Math.sqrt(cut), 5);
          // Each that reads the output h then reads h P Pᵀ.
          replaceRows(projected, model, { path, at: 0, p });
          replaceRows(projected, model, { path: "out.weight", at: at * width, p });
        }
        expect(difference(small, { graph, weights: projected })).toBeLessThan(1e-5);
      },
    ),
    { numRuns: 25, seed: 4 },
  );
});

test("for thresholds, a change in any projected number weighs the same, and without them nothing differs", () => {
  const model = modelOf(oneWay((inputs) => lstm({ inputs, units })));
  const plain = lowRank(model, { rank: 3 });
  const even = lowRank(model, { rank: 3, forDelta: true });
  expect(difference(even.model, plain.model)).toBeLessThan(3e-6);
  expect(even.report).toEqual(plain.report);
  for (const { path, singularValues } of even.report.layers) {
    const rows = matrixOf(even.model, `${path}.expansion`);
    const mean = Math.cbrt(singularValues[0] * singularValues[1] * singularValues[2]);
    for (const row of rows.to2DArray()) expect(Math.hypot(...row)).toBeCloseTo(mean, 5);
  }
});

test("for thresholds, a matrix of a rank lower than is kept stays finite", () => {
  const model = modelOf(oneWay((inputs) => rnn({ inputs, units })));
  const recurrent = model.weights["lower.recurrent"];
  recurrent.set(recurrent.subarray(0, units), units); // two rows alike
  recurrent.fill(0, 2 * units);
  const { weights } = lowRank(model, { rank: { "lower.recurrent": 4 }, forDelta: true }).model;
  for (const numbers of Object.values(weights)) expect(numbers.every(Number.isFinite)).toBe(true);
});

test("the energy asked for gives the least rank that keeps it", () => {
  const model = modelOf(oneWay((inputs) => lstm({ inputs, units })));
  for (const energy of [0.3, 0.5, 0.8, 0.95]) {
    const [{ singularValues, rank, energy: kept }] = lowRank(model, { energy }).report.layers;
    const share = (count: number) => energyOf(singularValues.subarray(0, count)) / energyOf(singularValues);
    const least = [1, 2, 3, 4, 5].find((count) => share(count) >= energy)!;
    // At 5 units of an LSTM, whose 20 columns 20 others join, rank 5 saves nothing: the output is left as it is.
    expect(rank).toBe(least);
    expect(kept).toBeCloseTo(least === 5 ? 1 : share(least), 10);
  }
});

test("the report counts what the model has", () => {
  const model = modelOf(oneWay((inputs) => lstm({ inputs, units })));
  const { model: small, report } = lowRank(model, { rank: 2 });
  const lower = { before: 5 * 40, after: 2 * (5 + 40) }; // its own 20 columns and the upper layer's
  const upper = { before: 5 * 24, after: 2 * (5 + 24) }; // its own 20 and the 4 outputs'
  expect(report.layers.map(({ path, readers }) => [path, readers])).toEqual([
    ["lower.recurrent", ["upper.input"]],
    ["upper.recurrent", ["out.weight"]],
  ]);
  expect(report.layers.map(({ parameters }) => parameters)).toEqual([lower, upper]);
  expect(report.layers.map(({ multiplications }) => multiplications)).toEqual([lower, upper]);
  const biases = 20 + 20 + 4;
  const first = 3 * 20; // the first layer's inputs stay whole
  const after = lower.after + upper.after + first;
  expect(report.multiplications).toEqual({ before: lower.before + upper.before + first, after });
  expect(report.parameters.after).toBe(after + biases);
  expect(Object.values(small.weights).reduce((sum, { length }) => sum + length, 0)).toBe(after + biases);
});

test("outputs at which nothing is saved are left as they are, and the report says so", () => {
  const model = modelOf(oneWay((inputs) => lstm({ inputs, units })));
  const { model: same, report } = lowRank(model, { energy: 1 });
  for (const { left, rank, parameters } of report.layers) {
    expect(left).toBe("rank 5 of 5 would save no parameters");
    expect(rank).toBe(5);
    expect(parameters.after).toBe(parameters.before);
  }
  expect(pathsOf(same)).toEqual(pathsOf(model));
  expect(report.parameters.after).toBe(report.parameters.before);
});

test("a training graph, with dropout between layers and of states, can be rewritten by the same factors", () => {
  const cell: CellOf = (inputs) => lstm({ inputs, units: 3 });
  const plain = stack3(cell, {});
  const dropping = stack3(cell, {
    dropout: { outputs: 0.4, states: { hidden: 0.3 } },
    zoneout: { hidden: 0.2 },
  });
  const model = modelOf(plain);
  const { model: small, rewrite } = lowRank(model, { rank: 2 });
  const training = rewrite(dropping);
  const noiseless = rewrite(stack3(cell, { dropout: { outputs: 0.4, states: { hidden: 0.3 } } }));
  expect(difference(small, { graph: noiseless, weights: small.weights })).toBeLessThan(1e-12);
  const names = Object.keys(small.weights);
  const graph = gradient(withLoss(training), { of: "loss", with: names });
  const between = Object.fromEntries(
    graph.inputs.filter(({ role }) => role === "noise").map(({ name }) => [name, [0.05, 0.95] as const]),
  );
  const feeds = {
    ...randomFeeds(graph, {
      sizes: { time: 4, batch: 2 },
      fixed: { mask: [1, 1, 1, 1, 1, 1, 1, 0] },
      between,
    }),
  };
  expect(gradientError(graph, feeds, { of: "loss", with: names })).toBeLessThan(1e-6);
});

test("one set of weights for both directions has one projection", () => {
  const layer = recurrent("both", lstm({ inputs: 3, units }));
  const out = dense("out", { inputs: 2 * units, units: 2 });
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({
    y: out(concat([layer(x), layer(x.slice(0, 0, undefined, -1)).slice(0, 0, undefined, -1)])),
  }));
  const model = modelOf(graph);
  const small = lowRank(model, { rank: 2 });
  expect(small.report.layers.map(({ path }) => path)).toEqual(["both.recurrent"]);
  expect(new Set(pathsOf(small.model))).toEqual(
    new Set(["both.input", "both.recurrent.projection", "both.recurrent.expansion", "out.weight.expansion"]),
  );
  const full = lowRank(model, { rank: { "both.recurrent": units } });
  expect(difference(full.model, model)).toBeLessThan(3e-6);
});

test("matrices that read inputs and state side by side are split by rows", () => {
  const kernel = weight("kernel", [3 + units, 4 * units]);
  const softmax = weight("softmax", [units, 2]);
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => {
    const begin = zeros(["batch", units]);
    const { outputs } = scan({
      states: { c: begin, h: begin },
      sequences: { x },
      step({ c, h }, { x }) {
        const [i, j, f, o] = concat([x, h]).matmul(kernel).split(4);
        const memory = sigmoid(f.add(1))
          .mul(c)
          .add(sigmoid(i).mul(tanh(j)));
        const output = sigmoid(o).mul(tanh(memory));
        return { states: { c: memory, h: output }, outputs: { output } };
      },
    });
    return { y: outputs.output.matmul(softmax) };
  });
  const numbers = (count: number) => Float32Array.from({ length: count }, (_, at) => Math.sin(at * at) / 2);
  const model = { graph, weights: { kernel: numbers(8 * 20), softmax: numbers(10) } };
  const full = lowRank(model, { rank: { kernel: units } });
  expect(pathsOf(full.model).sort()).toEqual(["kernel.expansion", "kernel.projection", "softmax.expansion"]);
  expect(difference(full.model, model)).toBeLessThan(3e-6);
});

test("both directions as exporters stack them are read apart", () => {
  const [there, back] = [false, true].map((reverse) =>
    recurrent(reverse ? "back" : "there", gru({ inputs: 3, units }), { reverse }),
  );
  const out = dense("out", { inputs: 2 * units, units: 2 });
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => {
    const both = stack([there(x), back(x)], 1); // [time, 2, batch, units], as ONNX's operators give it
    const aside = both.transpose([0, 2, 1, 3]).reshape(["time", "batch", 2 * units]);
    return { y: out(aside), first: out(stack([there(x), back(x)], 2).reshape(["time", "batch", 2 * units])) };
  });
  const model = modelOf(graph);
  const full = lowRank(model, { rank: ranks(model) });
  expect(full.report.layers.map(({ path, readers }) => [path, readers])).toEqual([
    ["there.recurrent", ["out.weight"]],
    ["back.recurrent", ["out.weight"]],
  ]);
  expect(difference(full.model, model)).toBeLessThan(3e-6);
});

test("what can't be meant is refused in a sentence", () => {
  const model = modelOf(oneWay((inputs) => lstm({ inputs, units })));
  const refused = (options: Parameters<typeof lowRank>[1], of = model) => {
    try {
      lowRank(of, options);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    }
  };
  expect(refused({ energy: 0 })).toBe(
    "low rank: an energy of 0 makes no sense: use a share above 0 and at most 1",
  );
  expect(refused({ energy: 2 })).toMatch("an energy of 2 makes no sense");
  expect(refused({ rank: 0 })).toBe(
    'low rank: a rank of 0 makes no sense for "lower.recurrent": use a whole number from 1 to 5',
  );
  expect(refused({ rank: { "upper.recurrent": 6 } })).toMatch(
    'a rank of 6 makes no sense for "upper.recurrent"',
  );
  expect(refused({ rank: { "upper.input": 2 } })).toMatch('"upper.input" is no recurrent weight');
  expect(refused({})).toBe("low rank: give either an energy or a rank");
  expect(refused({ rank: 2 }, { ...model, thresholds: { "upper.input": 0.1 } })).toMatch(
    "low rank: the model has thresholds (delta) for products that would change",
  );
  const nan = {
    ...model,
    weights: { ...model.weights, "upper.recurrent": new Float32Array(100).fill(Number.NaN) },
  };
  expect(refused({ energy: 0.9 }, nan)).toBe(
    'low rank: weight "upper.recurrent" has numbers that are not finite',
  );
  const approximate = approximateDropout(model.graph, { rate: 0.5, weights: ["upper.input"] });
  expect(() => lowRank(model, { rank: 2 }).rewrite(approximate)).toThrow(
    'low rank: the other graph reads weight "upper.input" by something else than a plain product',
  );
  const noProduct = modelOf(
    trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: recurrent("a", sru({ inputs: 3, units }))(x) })),
  );
  expect(refused({ energy: 0.9 }, noProduct)).toBe(
    "low rank: the model has no recurrent product: no step multiplies by a weight what an earlier step put out",
  );
});

function stack3(cell: CellOf, options: RecurrentOptions): Graph {
  const lower = recurrent("lower", cell(3), options);
  const upper = recurrent("upper", cell(3), options);
  const out = dense("out", { inputs: 3, units: 4 });
  return trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({
    y: out(stacked([lower, upper])(x, { mask })),
  }));
}

const energyOf = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);

function matrixOf({ graph, weights }: Model, path: string): Matrix {
  const [rows, columns] = inputsOf(graph, "weight").get(path)!.shape as number[];
  return Matrix.from1DArray(rows, columns, Array.from(weights[path]));
}

function replaceRows(
  weights: Record<string, Float32Array>,
  model: Model,
  { path, at, p }: { path: string; at: number; p: Matrix },
): void {
  const whole = matrixOf(model, path);
  const rows = whole.subMatrix(at, at + p.rows - 1, 0, whole.columns - 1);
  weights[path] = weights[path].slice();
  weights[path].set(p.mmul(p.transpose()).mmul(rows).to1DArray(), at * whole.columns);
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { expectEverywhere, largestDifference, openEverywhere, type Tensors } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { type Cell, gru, lstm, nestedLstm, rnn } from "../cells/index.ts";
import { InputError } from "../graph/errors.ts";
import { tanh, zeros } from "../graph/functions.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { scan } from "../graph/scan.ts";
import { input } from "../graph/value.ts";
import { dense } from "../layers/dense.ts";
import { bidirectional, recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import type { Model } from "../weights/model.ts";
import { delta } from "./delta.ts";
import { deltaGraph } from "./delta-graph.ts";
import { gradient } from "./gradient.ts";
import { lowRank } from "./low-rank.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };

function one(cell: Cell, reverse = false): Graph {
  const layer = recurrent("layer", cell, { reverse });
  return trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({ y: layer(x, { mask }) }));
}

function stack(cell: (inputs: number) => Cell, units: number): Graph {
  const lower = bidirectional("lower", cell(3));
  const upper = recurrent("upper", cell(2 * units));
  const out = dense("out", { inputs: units, units: 2 });
  return trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({
    y: out(upper(lower(x, { mask }), { mask })),
  }));
}

const pathsOf = (graph: Graph) =>
  graph.inputs.filter(({ role }) => role === "weight").map(({ name }) => name);

/** One threshold for every product. */
const all = (graph: Graph, threshold: number) => delta({ graph, weights: {} }, { threshold }).thresholds!;

const sizes = { time: 9, batch: 2 };
const present = Array.from({ length: 18 }, (_, at) => (at % 2 === 1 && at > 12 ? 0 : 1));
const feedsOf = (graph: Graph, seed = 1) => randomFeeds(graph, { sizes, fixed: { mask: present }, seed });

/** What accumulators are told of: the numbers that have changed by Θ since they were last told. */
class Teller {
  readonly held: number[];
  readonly threshold: number;
  sent = 0;
  constructor(size: number, threshold: number) {
    this.held = Array(size).fill(0);
    this.threshold = threshold;
  }
  changes(x: readonly number[]): number[] {
    return x.map((now, at) => {
      const change = now - this.held[at];
      if (Math.abs(change) < this.threshold || change === 0) return 0;
      this.held[at] = now;
      this.sent++;
      return change;
    });
  }
}

/** M ← M + Δ W. */
function accumulate(m: number[], changes: readonly number[], weight: Tensors[string], from = 0): void {
  const columns = weight.shape[1];
  for (const [row, change] of changes.entries())
    for (let at = 0; at < m.length; at++) m[at] += change * weight.data[row * columns + from + at];
}

const sigma = (a: number) => 1 / (1 + Math.exp(-a));
const slice = (m: readonly number[], gate: number, units: number) =>
  m.slice(gate * units, (gate + 1) * units);

type StepOf = (x: readonly number[]) => number[];
interface Reference {
  step: StepOf;
  tellers: { x: Teller; h: Teller };
}

/** Delta LSTM: M₀ = b, M ← M + W_x Δx + W_h Δh, gates from M. */
function deltaLstm(feeds: Tensors, units: number, [inputs, states]: readonly [number, number]): Reference {
  const m = Array.from(feeds["layer.bias"].data);
  const tellers = { x: new Teller(3, inputs), h: new Teller(units, states) };
  let h: number[] = Array(units).fill(0);
  let c: number[] = Array(units).fill(0);
  return {
    tellers,
    step(x) {
      accumulate(m, tellers.x.changes(x), feeds["layer.input"]);
      accumulate(m, tellers.h.changes(h), feeds["layer.recurrent"]);
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => slice(m, gate, units));
      c = c.map((before, k) => sigma(f[k]) * before + sigma(i[k]) * Math.tanh(g[k]));
      h = c.map((now, k) => sigma(o[k]) * Math.tanh(now));
      return h;
    },
  };
}

/** Delta GRU: four accumulators, M_xc and M_hc apart, since r multiplies M_hc alone. */
function deltaGru(feeds: Tensors, units: number, [inputs, states]: readonly [number, number]): Reference {
  const bias = Array.from(feeds["layer.bias"].data);
  const [mr, mz, mxc] = [0, 1, 2].map((gate) => slice(bias, gate, units));
  const mhc = Array.from(feeds["layer.candidateBias"].data);
  const tellers = { x: new Teller(3, inputs), h: new Teller(units, states) };
  let h: number[] = Array(units).fill(0);
  return {
    tellers,
    step(x) {
      const [dx, dh] = [tellers.x.changes(x), tellers.h.changes(h)];
      for (const [gate, m] of [mr, mz, mxc].entries()) accumulate(m, dx, feeds["layer.input"], gate * units);
      for (const [gate, m] of [mr, mz, mhc].entries())
        accumulate(m, dh, feeds["layer.recurrent"], gate * units);
      h = h.map((before, k) => {
        const z = sigma(mz[k]);
        return (1 - z) * Math.tanh(mxc[k] + sigma(mr[k]) * mhc[k]) + z * before;
      });
      return h;
    },
  };
}

const references = [
  { name: "LSTM", cell: (units: number) => lstm({ inputs: 3, units }), reference: deltaLstm },
  { name: "GRU", cell: (units: number) => gru({ inputs: 3, units }), reference: deltaGru },
];

/** Runs a reference over each sequence's steps that are there. */
function expected(
  { reference }: (typeof references)[number],
  feeds: Tensors,
  units: number,
  thresholds: readonly [number, number],
  reverse: boolean,
) {
  const { time, batch } = sizes;
  const y = new Float64Array(time * batch * units);
  const sent = { x: 0, h: 0 };
  for (let row = 0; row < batch; row++) {
    const { step, tellers } = reference(feeds, units, thresholds);
    for (let k = 0; k < time; k++) {
      const at = (reverse ? time - 1 - k : k) * batch + row;
      if (feeds.mask.data[at]) y.set(step(Array.from(feeds.x.data.subarray(at * 3, at * 3 + 3))), at * units);
    }
    sent.x += tellers.x.sent;
    sent.h += tellers.h.sent;
  }
  const steps = feeds.mask.data.reduce((sum, there) => sum + there, 0);
  return {
    y,
    "occupancy.layer.input": Float64Array.of(sent.x / steps / 3),
    "occupancy.layer.recurrent": Float64Array.of(sent.h / steps / units),
  };
}

describe.each(references)("a delta $name", (proof) => {
  test("does what the paper's accumulators do, either way, over unequal lengths", () => {
    const threshold = fc.double({ min: 0, max: 0.6, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        threshold,
        threshold,
        fc.boolean(),
        fc.nat(99),
        (units, inputs, states, reverse, seed) => {
          const plain = one(proof.cell(units), reverse);
          const { thresholds } = delta({ graph: plain, weights: {} }, { inputs, states });
          const graph = deltaGraph(plain, thresholds!, { occupancy: true });
          const feeds = feedsOf(graph, seed);
          const found = interpret(graph, feeds);
          const wanted = expected(proof, feeds, units, [inputs, states], reverse);
          for (const [name, numbers] of Object.entries(wanted))
            expect(largestDifference(found[name].data, numbers), name).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 60, seed: 2 },
    );
  });

  test("is the same on both runtimes", async () => {
    const plain = one(proof.cell(4));
    const graph = deltaGraph(plain, all(plain, 0.2), { occupancy: true });
    const feeds = feedsOf(graph);
    const everywhere = await openEverywhere(graph);
    await expectEverywhere(everywhere, feeds, expected(proof, feeds, 4, [0.2, 0.2], false));
    await everywhere.release();
  });
});

describe.each([
  { name: "rnn", cell: (inputs: number) => rnn({ inputs, units: 3 }) },
  { name: "gru, reset before", cell: (inputs: number) => gru({ inputs, units: 3, reset: "before" }) },
  { name: "nested", cell: (inputs: number) => nestedLstm({ inputs, units: 3 }) },
  { name: "lstm with projection", cell: (inputs: number) => lstm({ inputs, units: 4, projection: 3 }) },
])("a delta stack of $name", ({ cell }) => {
  const plain = stack(cell, 3);

  test("equals the dense one at a threshold of 0, and has its gradient", () => {
    const held = deltaGraph(plain, all(plain, 0), { occupancy: true });
    const feeds = feedsOf(plain);
    expect(largestDifference(interpret(held, feeds).y.data, interpret(plain, feeds).y.data)).toBe(0);
    const names = ["x", ...pathsOf(plain)];
    const training = [{ ...held, outputs: { y: held.outputs.y } }, plain].map((graph) =>
      gradient(withLoss(graph), { of: "loss", with: names }),
    );
    const [found, wanted] = training.map((graph) => interpret(graph, feedsOf(graph)));
    for (const name of names)
      expect(largestDifference(found[`gradient.${name}`].data, wanted[`gradient.${name}`].data)).toBeLessThan(
        1e-13,
      );
  });

  test("differs from the dense one by little where thresholds are small", () => {
    const feeds = feedsOf(plain);
    const dense = interpret(plain, feeds).y.data;
    const off = [0.1, 0.01, 0.001].map((threshold) =>
      largestDifference(interpret(deltaGraph(plain, all(plain, threshold)), feeds).y.data, dense),
    );
    expect(off[1]).toBeLessThan(0.05);
    expect(off[2]).toBeLessThan(0.005);
    expect(off[0]).toBeGreaterThan(off[2]);
  });
});

test("gradients pass through what is held as if it were what it stands for", () => {
  const u = input("u", [2, 2], { role: "weight" });
  const w = input("w", [2, 2], { role: "weight" });
  /** h = tanh(x̂ W + ĥ U), what is held being given as the difference from what it stands for. */
  const write = (held: boolean) =>
    trace(
      held
        ? { x: ["time", "batch", 2], ex: ["time", "batch", 2], eh: ["time", "batch", 2] }
        : { x: ["time", "batch", 2] },
      (given: Record<string, ReturnType<typeof input>>) => {
        const { outputs } = scan({
          states: { h: zeros(["batch", 2]) },
          sequences: held ? given : { x: given.x },
          step({ h }, { x, ex, eh }: Record<string, ReturnType<typeof input>>) {
            const next = tanh((held ? x.add(ex) : x).matmul(w).add((held ? h.add(eh) : h).matmul(u)));
            return { states: { h: next }, outputs: { h: next } };
          },
        });
        return { y: outputs.h };
      },
    );
  const withLossOf = (graph: Graph) => gradient(withLoss(graph), { of: "loss", with: ["x", "w", "u"] });
  const plain = write(false);
  const thresholds = { w: 0.4, u: 0.3 };
  const ruled = deltaGraph(plain, thresholds);
  const feeds = randomFeeds(withLossOf(ruled), { sizes });
  const { x, w: weights, u: recurrent } = feeds;
  const { y } = interpret(ruled, { x, w: weights, u: recurrent });
  const before = Float64Array.of(0, 0, 0, 0, ...y.data.subarray(0, -4));
  const off = (numbers: ArrayLike<number>, threshold: number) => {
    const held = Array(4).fill(0);
    return Float64Array.from(numbers, (now, at) => {
      if (Math.abs(now - held[at % 4]) >= threshold) held[at % 4] = now;
      return held[at % 4] - now;
    });
  };
  const fixed = {
    ...feeds,
    ex: tensor(feeds.x.shape, off(feeds.x.data, 0.4)),
    eh: tensor(y.shape, off(before, 0.3)),
  };
  const standing = withLossOf(write(true));
  expect(gradientError(standing, fixed, { of: "loss", with: ["x", "w", "u"] })).toBeLessThan(1e-7);
  const [found, wanted] = [interpret(withLossOf(ruled), feeds), interpret(standing, fixed)];
  expect(largestDifference(found.loss.data, wanted.loss.data)).toBeLessThan(1e-12);
  for (const name of ["gradient.x", "gradient.w", "gradient.u"])
    expect(largestDifference(found[name].data, wanted[name].data), name).toBeLessThan(1e-12);
});

test("noise on what products read is nearly normal, and none where noise rests", () => {
  const plain = trace({ x: ["time", "batch", 1] }, ({ x }) => ({
    y: x.matmul(input("w", [1, 1], { role: "weight" })),
  }));
  const noisy = deltaGraph(plain, { w: 0 }, { noise: 0.5 });
  const many = { time: 4001, batch: 1 };
  const draws = Array.from({ length: many.time }, (_, at) => (at + 0.5) / many.time);
  const fixed = { x: Array(many.time).fill(2), w: [1], "delta.noise.w": draws };
  const found = interpret(noisy, randomFeeds(noisy, { sizes: many, fixed })).y.data.map((y) => (y - 2) / 0.5);
  const moment = (power: number) => found.reduce((sum, z) => sum + z ** power, 0) / found.length;
  expect(moment(1)).toBeCloseTo(0, 6);
  expect(moment(2)).toBeCloseTo(1, 1);
  expect(moment(4)).toBeCloseTo(3, 0);
  expect(found[Math.round(0.975 * many.time)]).toBeCloseTo(1.96, 1); // the normal quantile
  const rest = { ...fixed, "delta.noise.w": draws.map(() => 0.5) };
  expect(
    interpret(noisy, randomFeeds(noisy, { sizes: many, fixed: rest })).y.data.every((y) => y === 2),
  ).toBe(true);
});

test("a cost on changes is their mean, and has a gradient", () => {
  const plain = one(rnn({ inputs: 3, units: 2 }));
  const graph = deltaGraph(plain, all(plain, 0), { cost: true });
  const feeds = feedsOf(plain);
  const found = interpret(graph, feeds);
  // At a threshold of 0 what is held is the step before: h' moves by |h(t − 1) − h(t − 2)|.
  const { y } = interpret(plain, feeds);
  let sum = 0;
  for (let at = 0; at < y.data.length; at++) {
    const [step, row] = [Math.floor(at / 4), Math.floor(at / 2) % 2];
    const isThere = step > 0 && present[step * 2 + row] === 1;
    if (isThere) sum += Math.abs(y.data[at - 4] - (step > 1 ? y.data[at - 8] : 0));
  }
  const steps = present.filter(Boolean).length;
  expect(found["delta.cost"].data[0]).toBeCloseTo(sum / steps / 2, 12);
  const training = gradient(
    { ...graph, outputs: { loss: graph.outputs["delta.cost"] } },
    { of: "loss", with: ["layer.recurrent"] },
  );
  const { "gradient.layer.recurrent": moved } = interpret(training, feeds);
  expect(Math.max(...moved.data.map(Math.abs))).toBeGreaterThan(1e-3);
});

test("low rank and the rule go together", () => {
  const plain = stack((inputs) => lstm({ inputs, units: 4 }), 4);
  const model: Model = { graph: plain, weights: initialWeights(plain, 1) };
  const { graph, weights } = lowRank(model, { rank: 2 }).model;
  const sparse = delta(
    { graph, weights },
    { inputs: 0.1, states: 0.2, byWeight: { "upper.recurrent.projection": 0.3 } },
  );
  expect(sparse.thresholds).toEqual({
    "lower.forward.input": 0.1,
    "lower.backward.input": 0.1,
    "lower.forward.recurrent.projection": 0.04, // a fifth of what holds for states
    "lower.backward.recurrent.projection": 0.04,
    "lower.forward.recurrent.expansion": 0.2,
    "lower.backward.recurrent.expansion": 0.2,
    "upper.input.expansion": 0.1,
    "upper.recurrent.projection": 0.3,
    "upper.recurrent.expansion": 0.2,
    "out.weight.expansion": 0.1,
  });
  const { thresholds } = delta({ graph, weights }, { threshold: 0.5, projections: 0.3 });
  for (const [path, threshold] of Object.entries(thresholds!))
    expect(threshold, path).toBe(path.endsWith("projection") ? 0.3 : 0.5);
  const feeds = feedsOf(graph);
  const exact = deltaGraph(graph, all(graph, 0), { occupancy: true });
  expect(largestDifference(interpret(exact, feeds).y.data, interpret(graph, feeds).y.data)).toBe(0);
  expect(interpret(deltaGraph(graph, sparse.thresholds!), feeds).y.data.every(Number.isFinite)).toBe(true);
});

test("what makes no sense is refused in a sentence", () => {
  const graph = one(rnn({ inputs: 3, units: 2 }));
  const refused = (act: () => unknown, message: string) => {
    expect(act).toThrow(InputError);
    expect(act).toThrow(message);
  };
  const model = { graph, weights: {} };
  refused(
    () => delta(model, { threshold: -1 }),
    "delta: a threshold of -1 for inputs makes no sense: use a number from 0",
  );
  refused(
    () => delta(model, { byWeight: { "layer.bias": 1 } }),
    'delta: no product along time has the weight "layer.bias", only layer.input, layer.recurrent',
  );
  refused(() => delta(model, {}), "delta: give a threshold");
  refused(
    () => deltaGraph(graph, { "layer.input": Number.NaN }),
    "delta: a threshold of NaN for layer.input makes no sense",
  );
  refused(() => deltaGraph(graph, { other: 1 }), 'delta: nothing is multiplied along time by "other"');
});

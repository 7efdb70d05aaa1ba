import { expect, test } from "vitest";
import { z } from "zod";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { defineCell, width } from "../cells/define-cell.ts";
import { lstm } from "../cells/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, type InputType, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { gradient } from "../transform/gradient.ts";
import { initialWeights } from "../weights/declare.ts";
import { ones } from "../weights/initializers.ts";
import { bidirectional, type RecurrentOptions, recurrent, stacked } from "./recurrent.ts";

/** Adds up what it reads: its outputs tell at once what was read, and in which order. */
const adder = defineCell({
  name: "adder",
  options: z.object({ inputs: width }),
  weights: ({ inputs }) => ({ scale: { shape: [inputs], initializer: ones } }),
  state: ({ inputs }) => ({ total: [inputs] }),
  outputs: ({ inputs }) => inputs,
  step(x, { total }, { scale }) {
    const next = total.add(x.mul(scale));
    return { output: next, state: { total: next } };
  },
});

const x = tensor([3, 2, 1], [1, 10, 2, 20, 3, 30]); // two sequences: 1, 2, 3 and 10, 20, 30
const sequence = { x: ["time", "batch", 1] };
const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const one = tensor([1], [1]);

test("a layer reads forward, or from the end; outputs keep their places in time", () => {
  const forward = recurrent("a", adder({ inputs: 1 }));
  const backward = recurrent("b", adder({ inputs: 1 }), { reverse: true });
  const graph = trace(sequence, ({ x }) => ({ forward: forward(x), backward: backward(x) }));
  const found = interpret(graph, { x, "a.scale": one, "b.scale": one });
  expect([...found.forward.data]).toEqual([1, 10, 3, 30, 6, 60]);
  expect([...found.backward.data]).toEqual([6, 60, 5, 50, 3, 30]);
});

test("steps that are not there leave the state as it is and put out 0, from either end", () => {
  const forward = recurrent("a", adder({ inputs: 1 }));
  const backward = recurrent("b", adder({ inputs: 1 }), { reverse: true });
  const graph = trace({ ...sequence, mask }, ({ x, mask }) => ({
    forward: forward(x, { mask }),
    final: forward.run(x, { mask }).state.total,
    backward: backward(x, { mask }),
  }));
  const given = { x, mask: tensor([3, 2], [1, 1, 1, 0, 1, 0]), "a.scale": one, "b.scale": one };
  const found = interpret(graph, given);
  expect([...found.forward.data]).toEqual([1, 10, 3, 0, 6, 0]);
  expect([...found.final.data]).toEqual([6, 10]);
  expect([...found.backward.data]).toEqual([6, 10, 5, 0, 3, 0]);
});

test("a state that is given takes the place of zeros", () => {
  const layer = recurrent("a", adder({ inputs: 1 }));
  const graph = trace({ ...sequence, total: ["batch", 1] }, ({ x, total }) => ({
    y: layer.run(x, { initial: { total } }).outputs,
  }));
  const { y } = interpret(graph, { x, total: tensor([2, 1], [100, 200]), "a.scale": one });
  expect([...y.data]).toEqual([101, 210, 103, 230, 106, 260]);
});

test("states that are not given begin with zeros", () => {
  const layer = recurrent("encoder", lstm({ inputs: 2, units: 3 }));
  const given = { x: ["time", "batch", 2], memory: ["batch", 3], hidden: ["batch", 3] };
  const graph = trace(given, ({ x, memory, hidden }) => ({
    some: layer.run(x, { initial: { memory } }).outputs,
    all: layer.run(x, { initial: { memory, hidden } }).outputs,
  }));
  const feeds = randomFeeds(graph, { sizes: { time: 3, batch: 2 }, fixed: { hidden: Array(6).fill(0) } });
  const { some, all } = interpret(graph, feeds);
  expect(some).toEqual(all);
});

test("both ways lie side by side, forward first, with weights of their own", () => {
  const layer = bidirectional("both", adder({ inputs: 1 }));
  expect(layer.outputs).toBe(2);
  const graph = trace(sequence, ({ x }) => ({ y: layer(x) }));
  expect(graph.inputs.map(({ name }) => name)).toEqual(["x", "both.forward.scale", "both.backward.scale"]);
  const feeds = { x, "both.forward.scale": one, "both.backward.scale": tensor([1], [-1]) };
  expect([...interpret(graph, feeds).y.data]).toEqual([1, -6, 10, -60, 3, -5, 30, -50, 6, -3, 60, -30]);
});

test("stacked layers read one another", () => {
  const layers = stacked([recurrent("a", adder({ inputs: 1 })), recurrent("b", adder({ inputs: 1 }))]);
  const graph = trace(sequence, ({ x }) => ({ y: layers(x) }));
  const { y } = interpret(graph, { x, "a.scale": one, "b.scale": one });
  expect([...y.data]).toEqual([1, 10, 4, 40, 10, 100]);
  expect(layers.outputs).toBe(1);
});

test("a weight begins alike however the layers around it are arranged", () => {
  const weightsOf = (paths: string[]) => {
    const layers = stacked(paths.map((path) => recurrent(path, lstm({ inputs: 4, units: 4 }))));
    return initialWeights(
      trace({ x: ["time", 1, 4] }, ({ x }) => ({ y: layers(x) })),
      1,
    );
  };
  expect(weightsOf(["a", "b"])["b.recurrent"]).toEqual(weightsOf(["b"])["b.recurrent"]);
  expect(weightsOf(["a", "b"])["b.recurrent"]).not.toEqual(weightsOf(["a", "b"])["a.recurrent"]);
});

test("one layer may read two sequences: its weights are there once", () => {
  const layer = recurrent("shared", lstm({ inputs: 2, units: 3 }));
  const graph = trace({ a: ["m", 1, 2], b: ["n", 1, 2] }, ({ a, b }) => ({ a: layer(a), b: layer(b) }));
  expect(graph.inputs).toHaveLength(2 + 3);
  const feeds = randomFeeds(graph, { sizes: { m: 4, n: 4 } });
  const found = interpret(graph, { ...feeds, b: feeds.a });
  expect(found.b).toEqual(found.a);
});

test("mistakes are named: the layer, and what it was given", () => {
  const layer = recurrent("encoder", lstm({ inputs: 3, units: 2 }));
  expect(() => trace({ x: ["time", 3] }, ({ x }) => ({ y: layer(x) }))).toThrow(
    'lstm "encoder" reads [time, batch, …], not [time, 3]',
  );
  const given = { x: ["time", "batch", 3], other: ["steps", "batch"] };
  const longer = () => trace(given, ({ x, other }) => ({ y: layer(x, { mask: other.less(1) }) }));
  expect(longer).toThrow(InputError);
  expect(longer).toThrow(/time.*steps|steps.*time/);
  expect(() => stacked([])).toThrow("stacked: needs at least one layer");
  const unknown = () =>
    trace({ x: ["time", "batch", 3], h: ["batch", 2] }, ({ x, h }) => ({
      y: layer.run(x, { initial: { hiden: h } }).outputs,
    }));
  expect(unknown).toThrow('there is no state "hiden", only hidden, memory');
});

/** Two sequences of ones: an adder's outputs tell how much of each step was read. */
const unit = { x: tensor([3, 2, 1], Array(6).fill(1)), "a.scale": one };
const added = (options: RecurrentOptions) => {
  const layer = recurrent("a", adder({ inputs: 1 }), options);
  return trace(sequence, ({ x }) => ({ y: layer(x) }));
};
const noiseOf = (graph: Graph) =>
  graph.inputs.filter(({ role }) => role === "noise").map(({ name, shape }) => `${name} [${shape}]`);

test("states that are learned are weights, begin with zeros, and have the gradient that differences give", () => {
  const layer = recurrent("a", adder({ inputs: 1 }), { initial: "learned" });
  const plain = trace({ ...sequence, mask }, ({ x, mask }) => ({ loss: layer(x, { mask }).pow(2).sum() }));
  expect(plain.inputs.map(({ name, role }) => `${role} ${name}`)).toContain("weight a.initial.total");
  expect([...initialWeights(plain, 1)["a.initial.total"]]).toEqual([0]);
  const of = { of: "loss", with: ["a.initial.total", "a.scale", "x"] };
  const feeds = { ...unit, mask: tensor([3, 2], [1, 1, 1, 0, 1, 0]), "a.initial.total": tensor([1], [0.3]) };
  expect(gradientError(gradient(plain, of), feeds, of)).toBeLessThan(1e-9);
  // Σ (c + k)² over 1, 2, 3 steps of the one and 1 of the other: 2 (4c + 7) = 16.4 at c = 0.3
  expect(interpret(gradient(plain, of), feeds)["gradient.a.initial.total"].data[0]).toBeCloseTo(16.4, 12);
});

test("a state that is given takes the place of a learned one", () => {
  const layer = recurrent("a", adder({ inputs: 1 }), { initial: "learned" });
  const graph = trace({ ...sequence, total: ["batch", 1] }, ({ x, total }) => ({
    y: layer.run(x, { initial: { total } }).outputs,
  }));
  expect(graph.inputs.map(({ name }) => name)).not.toContain("a.initial.total");
});

test("dropout of inputs is drawn for each step", () => {
  const graph = added({ dropout: { inputs: 0.5 } });
  expect(noiseOf(graph)).toEqual(["a.dropout.inputs [time,batch,1]"]);
  const draws = tensor([3, 2, 1], [0.9, 0.4, 0.4, 0.9, 0.9, 0.4]); // near 0.5 is kept, and doubled
  const { y } = interpret(graph, { ...unit, "a.dropout.inputs": draws });
  expect([...y.data]).toEqual([0, 2, 2, 2, 2, 4]);
});

test("dropout of outputs leaves the state as it is", () => {
  const draws = tensor([3, 2, 1], [0.9, 0.4, 0.4, 0.9, 0.9, 0.4]);
  const { y } = interpret(added({ dropout: { outputs: 0.5 } }), { ...unit, "a.dropout.outputs": draws });
  expect([...y.data]).toEqual([0, 2, 4, 0, 0, 6]);
});

test("variational dropout of inputs and outputs has one mask a sequence", () => {
  const graph = added({ dropout: { inputs: 0.5, outputs: 0.5, variational: true } });
  expect(noiseOf(graph)).toEqual(["a.dropout.inputs [1,batch,1]", "a.dropout.outputs [1,batch,1]"]);
  const given = { "a.dropout.inputs": [0.4, 0.9], "a.dropout.outputs": [0.4, 0.4] };
  const draws = Object.fromEntries(
    Object.entries(given).map(([name, numbers]) => [name, tensor([1, 2, 1], numbers)]),
  );
  expect([...interpret(graph, { ...unit, ...draws }).y.data]).toEqual([4, 0, 8, 0, 12, 0]);
});

test("dropout of states has one mask a sequence, and what a step reads is under it", () => {
  const graph = added({ dropout: { states: { total: 0.5 } } });
  expect(noiseOf(graph)).toEqual(["a.dropout.states.total [batch,1]"]);
  const { y } = interpret(graph, { ...unit, "a.dropout.states.total": tensor([2, 1], [0.4, 0.9]) });
  expect([...y.data]).toEqual([1, 1, 3, 1, 7, 1]); // doubled before each addition, and forgotten
});

test("zoneout leaves states as they were, and outputs that are states with them", () => {
  const graph = added({ zoneout: { total: 0.3 } });
  expect(noiseOf(graph)).toEqual(["a.zoneout.total [time,batch,1]"]);
  const draws = tensor([3, 2, 1], [0.2, 0.8, 0.8, 0.2, 0.8, 0.2]);
  const { y } = interpret(graph, { ...unit, "a.zoneout.total": draws });
  expect([...y.data]).toEqual([0, 1, 1, 1, 2, 1]);
});

test("outside training, dropout is the identity and zoneout its expectation", () => {
  const dropped = { inputs: 0.5, outputs: 0.2, states: { total: 0.3 } };
  expect([...interpret(added({ dropout: dropped }), unit).y.data]).toEqual([1, 1, 2, 2, 3, 3]);
  const { y } = interpret(added({ zoneout: { total: 0.25 } }), unit); // each step adds 0.75 of its input
  expect([...y.data]).toEqual([0.75, 0.75, 1.5, 1.5, 2.25, 2.25]);
});

test("rates of 0 draw nothing and change nothing", () => {
  const none = { inputs: 0, outputs: 0, states: { total: 0 } };
  for (const options of [{ dropout: none }, { zoneout: { total: 0 } }]) {
    expect(noiseOf(added(options))).toEqual([]);
    expect(interpret(added(options), unit).y).toEqual(interpret(added({}), unit).y);
  }
});

test.each<[RecurrentOptions, RegExp]>([
  [{ dropout: { inputs: 1 } }, /^adder "a": option dropout.inputs: /],
  [{ dropout: { outputs: -0.1 } }, /^adder "a": option dropout.outputs: /],
  [{ dropout: { states: { total: 2 } } }, /^adder "a": option dropout.states.total: /],
  [{ zoneout: { total: Number.NaN } }, /^adder "a": option zoneout.total: /],
  [
    { dropout: { states: { totl: 0.5 } } },
    /^adder "a": option dropout.states: there is no state "totl", only total$/,
  ],
  [{ zoneout: { hidden: 0.5 } }, /^adder "a": option zoneout: there is no state "hidden", only total$/],
  [{ initial: "random" as "zeros" }, /^adder "a": option initial: /],
  [{ droput: {} } as RecurrentOptions, /^adder "a": .*droput/],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => added(options)).toThrow(InputError);
  expect(() => added(options)).toThrow(message);
});

test.each<[InputType, string]>([
  [["time", "batch"], "float32[time, batch]"],
  [{ shape: ["batch", "time"], dtype: "bool" }, "bool[batch, time]"],
  [{ shape: ["time"], dtype: "bool" }, "bool[time]"],
])("a mask that does not fit is refused with both types: %j", (type, given) => {
  const layer = recurrent("a", adder({ inputs: 1 }));
  const wrong = () => trace({ ...sequence, m: type }, ({ x, m }) => ({ y: layer(x, { mask: m }) }));
  expect(wrong).toThrow(InputError);
  expect(wrong).toThrow(`adder "a": the mask of [time, batch, 1] must be bool[time, batch], not ${given}`);
});

test("a sequence of length 0 is refused, known beforehand or not", () => {
  const layer = recurrent("a", adder({ inputs: 1 }));
  const known = () => trace({ x: [0, 2, 1] }, ({ x }) => ({ y: layer(x) }));
  expect(known).toThrow('adder "a": a sequence of length 0 has no step to read');
  const empty = { x: tensor([0, 2, 1], []), "a.scale": one };
  expect(() => interpret(added({}), empty)).toThrow(
    'adder "a": time is 0, where at least one step is needed',
  );
});

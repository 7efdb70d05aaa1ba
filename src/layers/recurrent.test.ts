import { expect, test } from "vitest";
import { z } from "zod";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { defineCell, width } from "../cells/define-cell.ts";
import { lstm } from "../cells/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { initialWeights } from "../weights/declare.ts";
import { ones } from "../weights/initializers.ts";
import { bidirectional, recurrent, stacked } from "./recurrent.ts";

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

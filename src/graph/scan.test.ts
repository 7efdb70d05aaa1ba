import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { InputError } from "./errors.ts";
import { cumulativeSum, tanh } from "./functions.ts";
import { type Graph, type InputType, trace } from "./graph.ts";
import { type ArrayTensor, interpret } from "./interpret.ts";
import { Loop } from "./loop.ts";
import { scan } from "./scan.ts";
import { constant, filled, input, type Value, weight } from "./value.ts";

const list = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** x [time, …] → its sum so far, at every step and after the last. */
function runningSum(x: Value, options: { reverse?: boolean; mask?: Value } = {}) {
  return scan({
    states: { sum: filled(0, x.shape.slice(1)) },
    sequences: { x },
    step: ({ sum }, { x }) => ({ states: { sum: sum.add(x) }, outputs: { sum: sum.add(x), before: sum } }),
    ...options,
  });
}

const run = (
  inputs: Record<string, InputType>,
  write: (values: Record<string, Value>) => Record<string, Value>,
  feeds: Record<string, ArrayTensor>,
) => {
  const found = interpret(trace(inputs, write), feeds);
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data]]));
};

describe("a scan", () => {
  test.each([false, true])("puts out a value for each step, at its own time (reverse: %s)", (reverse) => {
    const x = tensor([4], [1, 2, 3, 4]);
    const found = run(
      { x: ["time"] },
      ({ x }) => ({ ...runningSum(x, { reverse }).outputs, last: runningSum(x, { reverse }).states.sum }),
      { x },
    );
    expect(found).toEqual({
      sum: reverse ? [10, 9, 7, 4] : [1, 3, 6, 10],
      before: reverse ? [9, 7, 4, 0] : [0, 1, 3, 6],
      last: [10],
    });
  });

  test("of sums is a cumulative sum", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.boolean(), fc.nat(), (time, reverse, seed) => {
        const graph = trace({ x: ["time", 2] }, ({ x }) => ({
          ours: runningSum(x, { reverse }).outputs.sum,
          other: cumulativeSum(x, 0, { reverse }),
        }));
        const { ours, other } = interpret(graph, randomFeeds(graph, { sizes: { time }, seed }));
        return ours.data.every((one, i) => Math.abs(one - other.data[i]) < 1e-12);
      }),
    );
  });

  test("carries several states along several sequences of other shapes and types", () => {
    const found = run(
      { x: ["time", 2], n: { shape: ["time"], dtype: "int32" } },
      ({ x, n }) => {
        const { states, outputs } = scan({
          states: { total: constant(0, "int32"), last: filled(0, [2]), odd: constant(0, "bool") },
          sequences: { x, n },
          step: ({ total, last, odd }, { x, n }) => ({
            states: { total: total.add(n), last: x, odd: odd.equal(constant(0, "bool")) },
            outputs: { change: x.sub(last), odd, n },
          }),
        });
        return { ...states, ...outputs, oddAfter: states.odd };
      },
      { x: tensor([3, 2], [1, 2, 4, 6, 9, 12]), n: tensor([3], [5, 6, 7]) },
    );
    expect(found).toEqual({
      total: [18],
      last: [9, 12],
      odd: [0, 1, 0],
      change: [1, 2, 3, 4, 5, 6],
      n: [5, 6, 7],
      oddAfter: [1],
    });
  });

  test("may run in another, and read what is around it", () => {
    // Σ over rows of h ← h · Σ_j (x_ij + h), by hand for x = [[1, 2], [3, 4]], h = 1.
    const found = run(
      { x: ["rows", "columns"] },
      ({ x }) => ({
        y: scan({
          states: { h: constant(1) },
          sequences: { x },
          step: ({ h }, { x }) => ({
            states: {
              h: scan({
                states: { sum: constant(0) },
                sequences: { x },
                step: ({ sum }, { x }) => ({ states: { sum: sum.add(x).add(h) } }),
              }).states.sum.mul(h),
            },
          }),
        }).states.h,
      }),
      { x: tensor([2, 2], [1, 2, 3, 4]) },
    );
    expect(found.y).toEqual([(3 + 4 + 2 * 5) * 5]);
  });

  test("leaves what does not depend on its steps outside", () => {
    let inner: Value | undefined;
    trace({ x: ["time", 2], w: [2] }, ({ x, w }) => ({
      y: scan({
        states: { h: w },
        sequences: { x },
        step: ({ h }, { x }) => {
          inner = tanh(w).mul(2);
          return { states: { h: h.mul(inner).add(x) } };
        },
      }).states.h,
    }));
    expect(inner?.scope).toBeNull();
  });
});

describe("with a mask, each sequence of a batch runs as if it were alone:", () => {
  const units = 2;
  const recurrent = (x: Value, options: { mask?: Value; reverse?: boolean }) => {
    const weights = [weight("input", [3, units]), weight("recurrent", [units, units])];
    const { states, outputs } = scan({
      states: { h: filled(0, [x.shape[1], units]) },
      sequences: { x },
      step: ({ h }, { x }) => {
        const next = tanh(x.matmul(weights[0]).add(h.matmul(weights[1])));
        return { states: { h: next }, outputs: { h: next } };
      },
      ...options,
    });
    return { last: states.h, all: outputs.h };
  };

  test.each([false, true])("its states and outputs, and 0 where it is over (reverse: %s)", (reverse) => {
    const lengths = [4, 1, 3];
    const [time, batch] = [4, lengths.length];
    const whole = trace(
      { x: ["time", "batch", 3], mask: { shape: ["time", "batch"], dtype: "bool" } },
      ({ x, mask }) => recurrent(x, { mask, reverse }),
    );
    const mask = list(time).flatMap((step) => lengths.map((length) => Number(step <= length)));
    const feeds = randomFeeds(whole, { sizes: { time, batch }, fixed: { mask } });
    const { last, all } = interpret(whole, feeds);

    const alone = trace({ x: ["time", 1, 3] }, ({ x }) => recurrent(x, { reverse }));
    lengths.forEach((length, at) => {
      const x = list(length).flatMap((_, step) => [
        ...feeds.x.data.subarray((step * batch + at) * 3, (step * batch + at + 1) * 3),
      ]);
      const { mask: _, ...weights } = feeds;
      const expected = interpret(alone, { ...weights, x: tensor([length, 1, 3], x) });
      expect([...last.data.subarray(at * units, (at + 1) * units)]).toEqual([...expected.last.data]);
      const outputs = list(time).flatMap((_, step) => [
        ...all.data.subarray((step * batch + at) * units, (step * batch + at + 1) * units),
      ]);
      const rest = Array<number>((time - length) * units).fill(0);
      expect(outputs).toEqual([...expected.all.data, ...rest]);
    });
  });

  test("states and outputs of any further axes", () => {
    const found = run(
      { x: ["time", 2, 2], mask: { shape: ["time", 2], dtype: "bool" } },
      ({ x, mask }) => {
        const { states, outputs } = scan({
          states: { sum: filled(0, [2, 2]), steps: filled(0, [2]) },
          sequences: { x },
          mask,
          step: ({ sum, steps }, { x }) => ({
            states: { sum: sum.add(x), steps: steps.add(1) },
            outputs: { x: x.sum(1) },
          }),
        });
        return { ...states, ...outputs };
      },
      { x: tensor([2, 2, 2], list(8)), mask: tensor([2, 2], [1, 1, 0, 1]) },
    );
    expect(found).toEqual({ sum: [1, 2, 10, 12], steps: [1, 2], x: [3, 7, 0, 15] });
  });
});

describe("a mistake in a scan is told:", () => {
  const step = (next: Value) => () => ({ states: { h: next } });
  const x = input("x", ["time", 2]);
  const h = filled(0, [2]);
  test.each<[string, () => unknown, string]>([
    [
      "no sequence",
      () => scan({ states: { h }, sequences: {}, step: step(h) }),
      "scan: needs a sequence to walk along",
    ],
    [
      "a sequence without time",
      () => scan({ states: { h }, sequences: { x: constant(1) }, step: step(h) }),
      'scan: sequence "x" [] has no time axis',
    ],
    [
      "sequences of other lengths",
      () => scan({ states: { h }, sequences: { x, y: input("y", ["steps", 2]) }, step: step(h) }),
      'scan: "y" [steps, 2] does not have time steps along its first axis',
    ],
    [
      "no steps",
      () => scan({ states: { h }, sequences: { x: input("y", [0, 2]) }, step: step(h) }),
      "scan: a sequence of length 0 has no step to run",
    ],
    [
      "a state of which nothing is said",
      () => scan({ states: { h }, sequences: { x }, step: () => ({ states: {} as { h: Value } }) }),
      'scan: the step does not say what state "h" becomes',
    ],
    [
      "a state that changes its shape",
      () => scan({ states: { h }, sequences: { x }, step: step(filled(0, [3])) }),
      'scan: state "h" starts as float32[2] and becomes float32[3]; it must keep its type',
    ],
    [
      "a state that changes its type",
      () => scan({ states: { h }, sequences: { x }, step: step(filled(0, [2], "int32")) }),
      'scan: state "h" starts as float32[2] and becomes int32[2]; it must keep its type',
    ],
    [
      "a mask of another batch",
      () =>
        scan({
          states: { h: filled(0, ["batch", 2]) },
          sequences: { x: input("y", ["time", "batch", 2]) },
          mask: input("mask", ["time", "people"], { dtype: "bool" }),
          step: ({ h }, { x }) => ({ states: { h: h.add(x) } }),
        }),
      "the shapes [people, 1] and [batch, 2] do not broadcast",
    ],
  ])("%s", (_, write, message) => {
    expect(write).toThrow(InputError);
    expect(write).toThrow(message);
  });

  /** A step's value, taken out of it by stealth. */
  function leak(): Value {
    let inside: Value | undefined;
    scan({
      states: { h },
      sequences: { x },
      step: ({ h }, { x }) => {
        inside = h.add(x);
        return { states: { h: inside } };
      },
    });
    return inside!;
  }

  test("a graph that puts out a value from inside", () => {
    expect(() => trace({}, () => ({ y: leak() }))).toThrow('output "y" is a value inside a scan');
  });

  test("a step that reads a value from inside another scan", () => {
    const other = leak();
    expect(() =>
      scan({ states: { h }, sequences: { x }, step: ({ h }) => ({ states: { h: h.add(other) } }) }),
    ).toThrow("a step reads a value from inside another scan");
  });

  test("0 steps in a run", () => {
    const graph: Graph = trace({ x: ["time", 2] }, ({ x }) => ({ y: runningSum(x).states.sum }));
    expect(() => interpret(graph, { x: tensor([0, 2], []) })).toThrow(
      "scan: time is 0, where at least one step is needed",
    );
  });
});

test("a loop gives one value for each result, however often it is asked", () => {
  const loop = new Loop({ name: "scan", depth: 1, length: 3, reverse: false });
  const source = input("x", [3, 2]);
  const x = loop.addSequence(source);
  const state = loop.addState(filled(0, [2]));
  loop.setNext(0, state.add(x));
  expect(loop.addSequence(source)).toBe(x);
  expect(loop.final(0)).toBe(loop.final(0));
  expect(loop.stack(state)).toBe(loop.stack(state));
});

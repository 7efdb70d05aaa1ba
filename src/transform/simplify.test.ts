import { describe, expect, test } from "vitest";
import { type Case, differentiable, traceCase, withLoss } from "../../test/cases.ts";
import { tensor } from "../../test/feeds.ts";
import { loopCases } from "../../test/loop-cases.ts";
import { operatorCases } from "../../test/operator-cases.ts";
import { loopsOf, nodesOf } from "../../test/structure.ts";
import { concat, exp, max, pad, sigmoid, stack, tanh } from "../graph/functions.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { operators } from "../graph/operators.ts";
import { scan } from "../graph/scan.ts";
import { constant, filled, type Value } from "../graph/value.ts";
import { gradient } from "./gradient.ts";
import { simplify } from "./simplify.ts";

function trained(one: Case): Graph {
  const graph = traceCase(one);
  return gradient(withLoss(graph), { of: "loss", with: differentiable(graph) });
}

/** The operators that are left of a function of x [2, 6], in any order. */
function left(write: (x: Value) => Value | readonly Value[]): string[] {
  const graph = simplify(traceCase({ title: "", inputs: { x: [2, 6] }, write: ({ x }) => write(x) }));
  return nodesOf(graph)
    .map(({ op }) => op)
    .filter((op) => op !== "input")
    .sort();
}

describe("what changes nothing is dropped:", () => {
  test.each<[string, (x: Value) => Value]>([
    ["adding 0", (x) => x.add(0)],
    ["subtracting 0", (x) => x.sub(0)],
    ["adding zeros of the same shape", (x) => filled(0, [2, 6]).add(x)],
    ["multiplying and dividing by 1", (x) => x.mul(1).div(1)],
    ["two negations", (x) => x.neg().neg()],
    ["two transpositions", (x) => x.transpose().transpose()],
    [
      "a turn of four axes and back",
      (x) => x.reshape([1, 2, 3, 2]).transpose([3, 0, 2, 1]).transpose([1, 3, 2, 0]).reshape([2, 6]),
    ],
    ["reshaping to the same shape, over others", (x) => x.reshape([3, 4]).reshape([12]).reshape([2, 6])],
    ["expanding to the same shape", (x) => x.expand([2, 6])],
    ["the slice of everything", (x) => x.slice(0).slice(1, 0, 6)],
    ["splitting and joining again", (x) => concat(x.split(3))],
    ["a part of what was joined", (x) => concat([exp(x), x, x.neg()], 0).slice(0, 2, 4)],
    ["a sum over axes of size 1", (x) => x.unsqueeze(1).sum(1)],
  ])("%s", (_, write) => {
    expect(left(write)).toEqual([]);
  });

  test("stacking along an axis that then joins the features", () => {
    const parts = (x: Value) => [exp(x), tanh(x)];
    expect(left((x) => stack(parts(x), 1).reshape([2, 12]))).toEqual(["concat", "exp", "tanh"]);
    expect(left((x) => stack(parts(x), 0).transpose([1, 0, 2]).reshape([2, 12]))).toEqual([
      "concat",
      "exp",
      "tanh",
    ]);
    expect(left((x) => stack(parts(x), 1).reshape([4, 6]))).toContain("reshape");
    expect(left((x) => stack(parts(x), 2).reshape([2, 12]))).toContain("reshape");
    const write = ({ x }: { x: Value }) => ({ y: stack(parts(x), 0).transpose([2, 0, 1]).reshape([6, 4]) });
    const graph = trace({ x: [2, 6] }, write);
    const feeds = {
      x: tensor(
        [2, 6],
        Array.from({ length: 12 }, (_, at) => Math.sin(at)),
      ),
    };
    expect(interpret(simplify(graph), feeds)).toEqual(interpret(graph, feeds));
  });

  test("but not what broadcasts", () => {
    expect(left((x) => x.at(0, 0).add(filled(0, [2, 6])))).toContain("add");
    expect(left((x) => x.unsqueeze(0).mul(constant([1, 1], "float32", [2, 1, 1])))).toContain("mul");
  });

  test("nor a slice of every second", () => {
    expect(left((x) => x.slice(1, 0, 6, 2))).toEqual(["slice"]);
  });

  test("nor parts that were joined in another order", () => {
    expect(left((x) => concat(x.split(3).reverse()))).toEqual(["concat", "split"]);
  });
});

test("what is constant is computed beforehand", () => {
  expect(left((x) => x.mul(exp(constant([1, 2, 3]).sum()).add(1)))).toEqual(["constant", "mul"]);
});

describe("what is computed twice is computed once:", () => {
  test("functions", () => {
    expect(left((x) => tanh(x).mul(tanh(x)))).toEqual(["mul", "tanh"]);
  });

  test("constants of equal numbers, shape and type alone", () => {
    expect(left((x) => [x.add(3), x.mul(3), x.cast("int32").add(3)])).toEqual([
      "add",
      "add",
      "cast",
      "constant",
      "constant",
      "mul",
    ]);
  });

  test("but not operators with other attributes", () => {
    const borders = [
      [0, 0],
      [1, 0],
    ] as const;
    const numbers = [0, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    const graph = trace({ x: [1, 1] }, ({ x }) =>
      Object.fromEntries(numbers.map((number) => [`${number}`, max(pad(x, borders, number), 1)])),
    );
    const found = interpret(simplify(graph), { x: tensor([1, 1], [0.5]) });
    expect(numbers.map((number) => found[`${number}`].data[0])).toEqual([
      0.5,
      1,
      Number.POSITIVE_INFINITY,
      0.5,
      Number.NaN,
    ]);
  });

  test("in a loop's body", () => {
    const graph = trace({ x: ["time", 2] }, ({ x }) => {
      const { outputs } = scan({
        states: { h: filled(0, [2]) },
        sequences: { x },
        step: ({ h }, { x }) => ({ states: { h: sigmoid(x).add(h) }, outputs: { y: sigmoid(x).mul(h) } }),
      });
      return { y: outputs.y };
    });
    const count = (of: Graph) => nodesOf(of).filter((node) => node.is("sigmoid")).length;
    expect([count(graph), count(simplify(graph))]).toEqual([2, 1]);
  });
});

test("inputs stay, used or not", () => {
  const graph = trace({ x: [2], unused: ["time"] }, ({ x }) => ({ y: x.add(0) }));
  expect(simplify(graph).inputs.map(({ name }) => name)).toEqual(["x", "unused"]);
});

test("no graph grows, and simplifying again changes nothing", () => {
  for (const one of [...operators.flatMap((op) => operatorCases[op]), ...loopCases]) {
    const graph = trained(one);
    const once = simplify(graph);
    const twice = simplify(once);
    expect([one.title, nodesOf(once).length <= nodesOf(graph).length]).toEqual([one.title, true]);
    expect([one.title, nodesOf(twice).length, loopsOf(twice).length]).toEqual([
      one.title,
      nodesOf(once).length,
      loopsOf(once).length,
    ]);
  }
});

import { describe, expect, test } from "vitest";
import { type Case, differentiable, traceCase, withLoss } from "../../test/cases.ts";
import { loopCases } from "../../test/loop-cases.ts";
import { countOperators, dependsOnState, loopsOf, nodesOf } from "../../test/structure.ts";
import { softmax, tanh } from "../graph/functions.ts";
import { type Graph, trace } from "../graph/graph.ts";
import type { Operator } from "../graph/operators.ts";
import { scan } from "../graph/scan.ts";
import { filled, weight } from "../graph/value.ts";
import { gradient } from "./gradient.ts";
import { hoist } from "./hoist.ts";
import { simplify } from "./simplify.ts";

const products: Operator[] = ["matmul", "contract", "conv"];

function trained(one: Case): Graph {
  const graph = traceCase(one);
  return gradient(withLoss(graph), { of: "loss", with: differentiable(graph) });
}

const caseOf = (title: string) => loopCases.find((one) => one.title === title)!;

test.each(["LSTM", "LSTM backward in time", "LSTM over sequences of unequal length"])(
  "of an %s and its gradient only the two products with the recurrent weights stay in loops",
  (title) => {
    const hoisted = simplify(hoist(trained(caseOf(title))));
    expect(countOperators(hoisted, products, "inside")).toBe(2);
    // x·W, xᵀ·δ, hᵀ·δ and δ·Wᵀ over all steps at once.
    expect(countOperators(hoisted, products, "outside")).toBe(4);
  },
);

test("of convolutions in a step and their gradients only the two with the recurrent kernel stay in loops", () => {
  const hoisted = simplify(hoist(trained(caseOf("convolutions of the input and of the state in a step"))));
  expect(countOperators(hoisted, products, "inside")).toBe(2);
  // W * x, its two gradients and that of U, over all steps at once.
  expect(countOperators(hoisted, products, "outside")).toBe(4);
});

test("a loop without state is gone", () => {
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => {
    const scores = weight("scores", [3, 4]);
    return {
      y: scan({
        states: {},
        sequences: { x },
        step: (_, { x }) => ({ states: {}, outputs: { y: softmax(x.matmul(scores)) } }),
      }).outputs.y,
    };
  });
  expect(loopsOf(graph)).toHaveLength(1);
  expect(loopsOf(hoist(graph))).toHaveLength(0);
});

test("the weight gradients of a recurrent step are formed once, not summed in the loop", () => {
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => {
    const recurrent = weight("recurrent", [3, 3]);
    const { states } = scan({
      states: { h: filled(0, ["batch", 3]) },
      sequences: { x },
      step: ({ h }, { x }) => ({ states: { h: tanh(h.matmul(recurrent).add(x)) } }),
    });
    return { loss: states.h.sum() };
  });
  const plain = gradient(graph, { of: "loss", with: ["recurrent"] });
  const hoisted = hoist(plain);
  expect(countOperators(plain, ["contract"], "inside")).toBe(1);
  expect(countOperators(hoisted, ["contract"], "inside")).toBe(0);
  expect(countOperators(hoisted, ["contract"], "outside")).toBe(1);
  const carried = loopsOf(hoisted).map(({ reach }) => reach.states.size);
  expect(carried).toEqual([1, 1]);
});

describe("no product that could leave its loop is left in it:", () => {
  test.each(loopCases)("$title", (one) => {
    const hoisted = hoist(trained(one));
    const left = loopsOf(hoisted).flatMap(({ loop }) =>
      nodesOf(hoisted).filter(
        (node) =>
          node.scope === loop &&
          (node.is("matmul") || node.is("conv")) &&
          !dependsOnState(node.results[0], loop) &&
          !throughInnerLoop.has(one.title),
      ),
    );
    expect(left.map(({ op, operands }) => `${op}(${operands.map((operand) => operand.label())})`)).toEqual(
      [],
    );
  });

  // Results of inner loops and inverses have no form for all steps at once.
  const throughInnerLoop = new Set(["an inverse, a cumulative sum and slices in a step"]);
});

test("hoisting twice changes nothing more", () => {
  for (const one of loopCases) {
    const once = simplify(hoist(trained(one)));
    const twice = simplify(hoist(once));
    for (const where of ["inside", "outside"] as const) {
      expect([one.title, countOperators(twice, products, where)]).toEqual([
        one.title,
        countOperators(once, products, where),
      ]);
    }
  }
});

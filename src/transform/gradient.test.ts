import { describe, expect, test } from "vitest";
import { type Case, differentiable, traceCase, withLoss } from "../../test/cases.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { loopCases } from "../../test/loop-cases.ts";
import { operatorCases } from "../../test/operator-cases.ts";
import { type Operator, operators } from "../graph/operators.ts";
import { gradient } from "./gradient.ts";

/** How far the first and the second derivatives of a case are from differences. */
function errorsOf(one: Case): { first: number; second: number } {
  const graph = traceCase(one);
  const names = one.with ?? differentiable(graph);
  const once = gradient(withLoss(graph), { of: "loss", with: names });
  const first = gradientError(once, randomFeeds(once, one), { of: "loss", with: names });
  const { loss: _, ...outputs } = once.outputs;
  const again = withLoss({ inputs: once.inputs, outputs }, /^gradient\./);
  const twice = gradient(again, { of: "loss", with: names });
  const second = gradientError(twice, randomFeeds(twice, one), { of: "loss", with: names });
  return { first, second };
}

describe("the gradient of every operator agrees with finite differences, and so does the gradient of that", () => {
  // What these compute is not what their gradient is of.
  const declared: Operator[] = ["stop", "straightThrough"];
  for (const op of operators) {
    if (declared.includes(op)) continue;
    test.each(operatorCases[op])("$title", (one) => {
      const { first, second } = errorsOf(one);
      expect(first).toBeLessThan(1e-7);
      expect(second).toBeLessThan(1e-7);
    });
  }
});

test.each(loopCases)("the gradient agrees with finite differences, once and twice: $title", (one) => {
  const { first, second } = errorsOf(one);
  expect(first).toBeLessThan(1e-7);
  expect(second).toBeLessThan(1e-7);
});

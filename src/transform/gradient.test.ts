import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Case, differentiable, traceCase, withLoss } from "../../test/cases.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { loopCases } from "../../test/loop-cases.ts";
import { operatorCases } from "../../test/operator-cases.ts";
import { randomProgram } from "../../test/random-programs.ts";
import { InputError } from "../graph/errors.ts";
import {
  abs,
  conv,
  max,
  relu,
  sigmoid,
  softplus,
  stopGradient,
  straightThrough,
  tanh,
  zeros,
} from "../graph/functions.ts";
import { type Graph, type InputType, trace } from "../graph/graph.ts";
import { type ArrayTensor, interpret } from "../graph/interpret.ts";
import { type Operator, operators } from "../graph/operators.ts";
import { constant, type Value } from "../graph/value.ts";
import { gradient } from "./gradient.ts";

/** A case with a loss and its gradient. */
function differentiated(one: Case): { once: Graph; names: readonly string[] } {
  const graph = traceCase(one);
  const names = one.with ?? differentiable(graph);
  return { once: gradient(withLoss(graph), { of: "loss", with: names }), names };
}

/** How far a case's gradient is from differences. */
function firstError(one: Case): number {
  const { once, names } = differentiated(one);
  return gradientError(once, randomFeeds(once, one), { of: "loss", with: names });
}

/** How far the gradient of a combination of a case's gradients is from differences. */
function secondError(one: Case): number {
  const { once, names } = differentiated(one);
  const { loss: _, ...outputs } = once.outputs;
  const again = withLoss({ inputs: once.inputs, outputs }, /^gradient\./);
  const twice = gradient(again, { of: "loss", with: names });
  return gradientError(twice, randomFeeds(twice, one), { of: "loss", with: names });
}

describe("the gradient of every operator agrees with finite differences, and so does the gradient of that", () => {
  // What these compute is not what their gradient is of.
  const declared: Operator[] = ["stop", "straightThrough"];
  for (const op of operators) {
    if (declared.includes(op)) continue;
    test.each(operatorCases[op])("$title", (one) => {
      expect(firstError(one)).toBeLessThan(1e-7);
      expect(secondError(one)).toBeLessThan(1e-7);
    });
  }
});

test.each(loopCases)("the gradient agrees with finite differences, once and twice: $title", (one) => {
  expect(firstError(one)).toBeLessThan(1e-7);
  expect(secondError(one)).toBeLessThan(1e-7);
});

const programs = Array.from({ length: 30 }, (_, seed) => randomProgram(seed, { smooth: true }));
test.each(programs)("the gradient agrees with finite differences: $title", (one) => {
  expect(firstError(one)).toBeLessThan(1e-6);
});

/** The gradients of a graph's "loss", at given numbers. */
function gradientsOf(
  inputs: Record<string, InputType>,
  write: (values: Record<string, Value>) => Value,
  feeds: Record<string, ArrayTensor>,
): Record<string, number[]> {
  const names = Object.keys(inputs);
  const graph = trace(inputs, (values) => ({ loss: write(values) }));
  const found = interpret(gradient(graph, { of: "loss", with: names }), feeds);
  return Object.fromEntries(names.map((name) => [name, [...found[`gradient.${name}`].data]]));
}

describe("what a gradient is by definition", () => {
  test("none flows through stopGradient", () => {
    const found = gradientsOf({ x: [2] }, ({ x }) => x.mul(stopGradient(x)).sum(), {
      x: tensor([2], [3, -5]),
    });
    expect(found.x).toEqual([3, -5]);
  });

  test("that of straightThrough is its surrogate's", () => {
    const found = gradientsOf({ x: [2], y: [2] }, ({ x, y }) => straightThrough(y.mul(7), x.mul(x)).sum(), {
      x: tensor([2], [3, -5]),
      y: tensor([2], [1, 1]),
    });
    expect(found).toEqual({ x: [6, -10], y: [0, 0] });
  });

  test("equal maxima share it evenly", () => {
    const found = gradientsOf(
      { x: [2, 3] },
      ({ x }) =>
        max(x, 1)
          .mul(constant([6, 8]))
          .sum(),
      {
        x: tensor([2, 3], [1, 1, 1, 2, 0, 2]),
      },
    );
    expect(found.x).toEqual([2, 2, 2, 4, 0, 4]);
  });

  test("that of relu and of |x| is 0 at 0, that of softplus is a half", () => {
    const at0 = (f: (x: Value) => Value) =>
      gradientsOf({ x: [] }, ({ x }) => f(x), { x: tensor([], [0]) }).x[0];
    expect([relu, abs, softplus, sigmoid].map(at0)).toEqual([0, 0, 0.5, 0.25]);
  });

  test("an input that the loss does not depend on has zeros", () => {
    const found = gradientsOf({ x: [2], unused: ["time", 2] }, ({ x }) => x.sum(), {
      x: tensor([2], [3, -5]),
      unused: tensor([2, 2], [1, 2, 3, 4]),
    });
    expect(found).toEqual({ x: [1, 1], unused: [0, 0, 0, 0] });
  });

  test("so has one of which only the shape is read", () => {
    const found = gradientsOf({ x: ["time"] }, ({ x }) => zeros(x.shape).sum(), {
      x: tensor([3], [1, 2, 3]),
    });
    expect(found.x).toEqual([0, 0, 0]);
  });

  test("the loss itself may be an input", () => {
    expect(gradientsOf({ x: [] }, ({ x }) => x, { x: tensor([], [3]) }).x).toEqual([1]);
  });
});

describe("a gradient that makes no sense is refused", () => {
  const graph = trace({ x: ["time", 2], n: { shape: ["time"], dtype: "int32" } }, ({ x, n }) => ({
    loss: x.sum(),
    rows: x.sum(1),
    count: n.sum(),
  }));

  test.each([
    ["of an output that is none", { of: "cost", with: ["x"] }, /no output "cost".*loss, rows, count/],
    ["for an input that is none", { of: "loss", with: ["y"] }, /no input "y"/],
    ["of many numbers", { of: "rows", with: ["x"] }, /scalar.*\[time\]/],
    ["of whole numbers", { of: "count", with: ["x"] }, /floating-point scalar.*int32/],
    ["for whole numbers", { of: "loss", with: ["n"] }, /"n".*int32/],
  ])("%s", (_, options, message) => {
    expect(() => gradient(graph, options)).toThrow(InputError);
    expect(() => gradient(graph, options)).toThrow(message);
  });
});

describe("gradients hold for any shapes", () => {
  const length = fc.integer({ min: 1, max: 3 });

  /** Two shapes that broadcast, from one: axes of it set to 1 or left out in front. */
  const broadcasting = fc
    .array(fc.tuple(length, fc.constantFrom("both", "left", "right")), { maxLength: 3 })
    .chain((axes) =>
      fc.tuple(fc.constant(axes), fc.nat({ max: axes.length }), fc.boolean()).map(([axes, dropped, left]) => {
        const a = axes.map(([length, kept]) => (kept === "right" ? 1 : length));
        const b = axes.map(([length, kept]) => (kept === "left" ? 1 : length));
        return left ? [a.slice(dropped), b] : [a, b.slice(dropped)];
      }),
    );

  test("of operands that broadcast", () => {
    fc.assert(
      fc.property(broadcasting, fc.nat(), ([a, b], seed) => {
        const error = firstError({
          title: "",
          inputs: { a, b },
          write: ({ a, b }) => tanh(a.mul(b).add(a).sub(b)),
          seed,
        });
        return error < 1e-7;
      }),
      { numRuns: 40 },
    );
  });

  test("of convolutions", () => {
    const axis = fc.record({
      length: fc.integer({ min: 1, max: 6 }),
      reach: length,
      stride: length,
      dilation: length,
      before: fc.nat({ max: 3 }),
      after: fc.nat({ max: 3 }),
    });
    const fits = ({ length, reach, dilation, before, after }: Record<string, number>) =>
      length + before + after > (reach - 1) * dilation;
    const axes = fc.array(axis.filter(fits), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(
        axes,
        fc.tuple(length, length, length),
        fc.nat(),
        (axes, [batch, channels, filters], seed) => {
          const error = firstError({
            title: "",
            inputs: {
              x: [batch, channels, ...axes.map((one) => one.length)],
              kernel: [filters, channels, ...axes.map((one) => one.reach)],
            },
            write: ({ x, kernel }) =>
              conv(x, kernel, {
                stride: axes.map((one) => one.stride),
                dilation: axes.map((one) => one.dilation),
                padding: axes.map((one) => [one.before, one.after] as const),
              }),
            seed,
          });
          return error < 1e-7;
        },
      ),
      { numRuns: 40 },
    );
  });

  test("of convolutions over an open length", () => {
    const steps = fc.record({
      stride: length,
      dilation: length,
      border: fc.nat({ max: 2 }),
      time: fc.integer({ min: 7, max: 12 }),
    });
    fc.assert(
      fc.property(steps, ({ stride, dilation, border, time }) => {
        const error = firstError({
          title: "",
          inputs: { x: [1, 2, "time"], kernel: [2, 2, 3] },
          write: ({ x, kernel }) => conv(x, kernel, { stride, dilation, padding: border }),
          sizes: { time },
        });
        return error < 1e-7;
      }),
      { numRuns: 30 },
    );
  });

  test("of slices with a step", () => {
    const range = fc
      .record({
        length: fc.integer({ min: 1, max: 8 }),
        a: fc.nat(8),
        b: fc.nat(8),
        step: length,
        back: fc.boolean(),
      })
      .filter(({ length, a, b }) => Math.min(a, b) < Math.max(a, b) && Math.max(a, b) <= length);
    fc.assert(
      fc.property(range, ({ length, a, b, step, back }) => {
        const error = firstError({
          title: "",
          inputs: { x: [length, 2] },
          write: ({ x }) => x.slice(0, Math.min(a, b), Math.max(a, b), back ? -step : step),
        });
        return error < 1e-7;
      }),
      { numRuns: 40 },
    );
  });
});

test("differences tell a wrong gradient from a right one", () => {
  const graph = trace({ x: [2] }, ({ x }) => ({
    loss: tanh(x).sum(),
    "gradient.x": tanh(x).mul(tanh(x)).rsub(1),
  }));
  const wrong = trace({ x: [2] }, ({ x }) => ({ loss: tanh(x).sum(), "gradient.x": tanh(x).mul(x).rsub(1) }));
  const feeds = { x: tensor([2], [0.3, -0.4]) };
  expect(gradientError(graph, feeds, { of: "loss", with: ["x"] })).toBeLessThan(1e-11);
  expect(gradientError(wrong, feeds, { of: "loss", with: ["x"] })).toBeGreaterThan(1e-3);
});

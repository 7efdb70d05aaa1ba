import { describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { proveCell } from "../../test/cell-proof.ts";
import { firstSruStep, sruStep } from "../../test/reference/sru.ts";
import { countOperators, loopsOf } from "../../test/structure.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/recurrent.ts";
import { gradient } from "../transform/gradient.ts";
import { hoist } from "../transform/hoist.ts";
import { initialWeights } from "../weights/declare.ts";
import { sru } from "./sru.ts";

proveCell("an SRU", {
  cell: (widths) => sru({ ...widths, highwayBias: -3 }),
  step: (widths) => sruStep(widths, Math.sqrt(1 + 2 * Math.exp(-3))),
});

proveCell("an SRU in its first version", {
  cell: (widths) => sru({ ...widths, version: "first" }),
  step: firstSruStep,
});

const graphOf = (options: Parameters<typeof sru>[0]) => {
  const layer = recurrent("layer", sru(options));
  return trace({ x: ["time", "batch", options.inputs] }, ({ x }) => ({ outputs: layer(x) }));
};

test.each([
  { inputs: 3, units: 3 },
  { inputs: 3, units: 4 },
])("of an SRU $inputs → $units and its gradient no product stays in a loop", (widths) => {
  const graph = graphOf(widths);
  const trained = gradient(withLoss(graph), { of: "loss", with: graph.inputs.map(({ name }) => name) });
  const hoisted = hoist(trained);
  expect(loopsOf(hoisted)).toHaveLength(2);
  expect(countOperators(hoisted, ["matmul", "contract"], "inside")).toBe(0);
  // x·W, xᵀ·δ and δ·Wᵀ over all steps at once.
  expect(countOperators(hoisted, ["matmul", "contract"], "outside")).toBe(3);
});

describe("an SRU begins as its paper says:", () => {
  /** Variances of the matrices W, W_f, W_r and the fourth, times the number of inputs. */
  const variances = (options: Parameters<typeof sru>[0]) => {
    const { "layer.input": input } = initialWeights(graphOf(options), 1);
    const matrices = input.length / options.inputs / options.units;
    return Array.from({ length: matrices }, (_, matrix) => {
      const own = input.filter((_, at) => Math.floor(at / options.units) % matrices === matrix);
      return (options.inputs * own.reduce((sum, one) => sum + one * one, 0)) / own.length;
    });
  };
  const widths = { inputs: 100, units: 120 };
  const alphaSquared = 3;

  test.each([
    ["gates at half the variance, the fourth matrix α times larger", {}, [1, 0.5, 0.5, alphaSquared]],
    ["the square of α with the highway gate's bias", { highwayBias: -3 }, [1, 0.5, 0.5, 1.0996]],
    ["smaller for inputs that will be dropped", { inputDropout: 0.5 }, [0.5, 0.25, 0.25, alphaSquared / 2]],
    ["all alike in the first version", { version: "first" }, [1, 1, 1, 1]],
  ] as const)("%s", (_, options, expected) => {
    variances({ ...widths, ...options }).forEach((found, matrix) => {
      expect(Math.abs(found / expected[matrix] - 1)).toBeLessThan(0.03);
    });
  });

  test("the matrices are uniform: none of their numbers lies beyond √(3 / inputs)", () => {
    const { "layer.input": input } = initialWeights(graphOf({ inputs: 100, units: 100 }), 1);
    const most = input.reduce((peak, one) => Math.max(peak, Math.abs(one)), 0);
    expect(most).toBeLessThanOrEqual(Math.sqrt(3 / 100));
    expect(most).toBeGreaterThan(0.99 * Math.sqrt(3 / 100));
  });

  test("the forget gate's bias at 0, the highway gate's where it is told", () => {
    const weights = initialWeights(graphOf({ inputs: 2, units: 2, highwayBias: -3 }), 1);
    expect([...weights["layer.bias"]]).toEqual([0, 0, -3, -3]);
  });

  test("the memory's weights in the gates within √(3 / 2)", () => {
    const { "layer.memory": memory } = initialWeights(graphOf({ inputs: 2, units: 500 }), 1);
    const most = memory.reduce((peak, one) => Math.max(peak, Math.abs(one)), 0);
    expect(most).toBeLessThanOrEqual(Math.sqrt(1.5));
    expect(most).toBeGreaterThan(0.98 * Math.sqrt(1.5));
  });
});

test.each([
  [{ inputs: 0, units: 2 }, /^sru: option inputs: /],
  [{ inputs: 3, units: -1 }, /^sru: option units: /],
  [{ inputs: 3, units: 2, version: "second" as "final" }, /^sru: option version: /],
  [{ inputs: 3, units: 2, highwayBias: Number.POSITIVE_INFINITY }, /^sru: option highwayBias: /],
  [{ inputs: 3, units: 2, inputDropout: 1 }, /^sru: option inputDropout: /],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => sru(options)).toThrow(InputError);
  expect(() => sru(options)).toThrow(message);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { type Everywhere, largestDifference, openEverywhere, type Tensors } from "../../test/everywhere.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { type LstmNumbers, type LstmResults, lstmReference } from "../../test/reference/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, trace } from "../graph/graph.ts";
import type { ArrayTensor } from "../graph/interpret.ts";
import type { Value } from "../graph/value.ts";
import { bidirectional, recurrent, stacked } from "../layers/recurrent.ts";
import { gradient } from "../transform/gradient.ts";
import { declareWeight, initialWeights } from "../weights/declare.ts";
import { zeros } from "../weights/initializers.ts";
import { lstm } from "./lstm.ts";

interface Widths {
  inputs: number;
  units: number;
}

/** One way to use the layer, and the same by the reference: outputs by name. */
interface Variant {
  title: string;
  graph: (widths: Widths) => Graph;
  expected: (feeds: Tensors, widths: Widths) => Record<string, Float64Array>;
}

const mask = { shape: ["time", "batch"], dtype: "bool" as const };

function oneWay(title: string, { reverse = false, masked = false }): Variant {
  return {
    title,
    graph: ({ inputs, units }) => {
      const layer = recurrent("layer", lstm({ inputs, units }), { reverse });
      const declared = { x: ["time", "batch", inputs], ...(masked ? { mask } : {}) };
      return trace(declared, (given: Record<string, Value>) => {
        const { outputs, state } = layer.run(given.x, { mask: given.mask });
        return { outputs, hidden: state.hidden, memory: state.memory };
      });
    },
    expected: (feeds, widths) => ({ ...reference(feeds, widths, "layer", { reverse }) }),
  };
}

const givenStates: Variant = {
  title: "from given states",
  graph: ({ inputs, units }) => {
    const layer = recurrent("layer", lstm({ inputs, units }));
    const declared = { x: ["time", "batch", inputs], h: ["batch", units], c: ["batch", units] };
    return trace(declared, ({ x, h, c }) => {
      const { outputs, state } = layer.run(x, { initial: { hidden: h, memory: c } });
      return { outputs, hidden: state.hidden, memory: state.memory };
    });
  },
  expected: (feeds, widths) => {
    const { h, c } = feeds;
    return { ...reference(feeds, widths, "layer", { hidden: h.data, memory: c.data }) };
  },
};

const learnedStates: Variant = {
  title: "from learned states, over unequal lengths",
  graph: ({ inputs, units }) => {
    const layer = recurrent("layer", lstm({ inputs, units }));
    const start = (name: string) =>
      declareWeight(`layer.initial.${name}`, { shape: [units], initializer: zeros }).expand(["batch", units]);
    return trace({ x: ["time", "batch", inputs], mask }, ({ x, mask }) => ({
      outputs: layer.run(x, { mask, initial: { hidden: start("hidden"), memory: start("memory") } }).outputs,
    }));
  },
  expected: (feeds, widths) => {
    const [, batch] = feeds.x.shape;
    const forAll = (name: string) => repeated(feeds[`layer.initial.${name}`].data, batch);
    const states = { hidden: forAll("hidden"), memory: forAll("memory") };
    return { outputs: reference(feeds, widths, "layer", states).outputs };
  },
};

const bothWays: Variant = {
  title: "both ways, over unequal lengths",
  graph: ({ inputs, units }) => {
    const layer = bidirectional("both", lstm({ inputs, units }));
    return trace({ x: ["time", "batch", inputs], mask }, ({ x, mask }) => ({ outputs: layer(x, { mask }) }));
  },
  expected: (feeds, widths) => ({ outputs: bothWaysReference(feeds, widths, "both").data }),
};

const twoLayers: Variant = {
  title: "two layers, both ways",
  graph: ({ inputs, units }) => {
    const layers = stacked([
      bidirectional("lower", lstm({ inputs, units })),
      bidirectional("upper", lstm({ inputs: 2 * units, units })),
    ]);
    return trace({ x: ["time", "batch", inputs], mask }, ({ x, mask }) => ({ outputs: layers(x, { mask }) }));
  },
  expected: (feeds, { inputs, units }) => {
    const lower = bothWaysReference(feeds, { inputs, units }, "lower");
    const upper = bothWaysReference({ ...feeds, x: lower }, { inputs: 2 * units, units }, "upper");
    return { outputs: upper.data };
  },
};

const variants: Variant[] = [
  oneWay("forward", {}),
  oneWay("backward", { reverse: true }),
  oneWay("forward over unequal lengths", { masked: true }),
  oneWay("backward over unequal lengths", { reverse: true, masked: true }),
  givenStates,
  learnedStates,
  bothWays,
  twoLayers,
];

/** The reference on the feeds of a graph whose layer has this path. */
function reference(
  feeds: Tensors,
  { inputs, units }: Widths,
  path: string,
  more: { reverse?: boolean; hidden?: Float64Array; memory?: Float64Array } = {},
): LstmResults {
  const [time, batch] = feeds.x.shape;
  const weights = Object.fromEntries(
    ["input", "recurrent", "bias"].map((name) => [name, feeds[`${path}.${name}`].data]),
  ) as unknown as LstmNumbers;
  return lstmReference(weights, {
    ...{ time, batch, inputs, units },
    x: feeds.x.data,
    mask: feeds.mask?.data,
    ...more,
  });
}

function bothWaysReference(feeds: Tensors, widths: Widths, path: string): ArrayTensor {
  const [time, batch] = feeds.x.shape;
  const { units } = widths;
  const forward = reference(feeds, widths, `${path}.forward`).outputs;
  const backward = reference(feeds, widths, `${path}.backward`, { reverse: true }).outputs;
  const data = new Float64Array(time * batch * 2 * units);
  for (let row = 0; row < time * batch; row++) {
    data.set(forward.subarray(row * units, (row + 1) * units), row * 2 * units);
    data.set(backward.subarray(row * units, (row + 1) * units), row * 2 * units + units);
  }
  return { shape: [time, batch, 2 * units], data };
}

function repeated(row: Float64Array, times: number): Float64Array {
  return Float64Array.from({ length: times * row.length }, (_, i) => row[i % row.length]);
}

/** The first sequence has all steps, the others fewer and fewer, the last none at times. */
function unequalLengths(time: number, batch: number): number[] {
  return Array.from({ length: time * batch }, (_, at) => {
    const [t, row] = [Math.floor(at / batch), at % batch];
    return t < Math.round(time * (1 - row / 2)) ? 1 : 0;
  });
}

function feedsFor(graph: Graph, time: number, batch: number): Tensors {
  return randomFeeds(graph, {
    sizes: { time, batch },
    fixed: { mask: unequalLengths(time, batch) },
    between: Object.fromEntries(graph.inputs.map(({ name }) => [name, [-0.8, 0.8]])),
  });
}

const lengths = [1, 2, 63];
const batches = [1, 3];
const widths: Widths[] = [
  { inputs: 4, units: 4 },
  { inputs: 3, units: 5 },
];
const grid = lengths.flatMap((time) => batches.map((batch) => ({ time, batch })));

describe.each(variants)("an LSTM $title", ({ graph: write, expected }) => {
  describe.each(widths)("$inputs → $units", (widths) => {
    const graph = write(widths);
    let everywhere: Everywhere;
    beforeAll(async () => {
      everywhere = await openEverywhere(graph);
    });
    afterAll(() => everywhere.release());

    test.each(grid)("computes its equations: time $time, batch $batch", async ({ time, batch }) => {
      const feeds = feedsFor(graph, time, batch);
      const wanted = expected(feeds, widths);
      const results: [Tensors, number][] = [
        [everywhere.reference(feeds), 1e-12],
        [await everywhere.native(feeds), 1e-5],
        [await everywhere.wasm(feeds), 1e-5],
      ];
      for (const [found, tolerance] of results) {
        expect(Object.keys(found)).toEqual(Object.keys(wanted));
        for (const [name, numbers] of Object.entries(wanted))
          expect(largestDifference(found[name].data, numbers), name).toBeLessThan(tolerance);
      }
    });
  });

  test.each([
    { time: 1, batch: 1 },
    { time: 4, batch: 3 },
  ])(
    "has the gradient that differences give, for everything that goes in: time $time, batch $batch",
    ({ time, batch }) => {
      const plain = write({ inputs: 3, units: 2 });
      const names = plain.inputs.filter(({ dtype }) => dtype === "float32").map(({ name }) => name);
      const graph = gradient(withLoss(plain), { of: "loss", with: names });
      expect(gradientError(graph, feedsFor(graph, time, batch), { of: "loss", with: names })).toBeLessThan(
        1e-8,
      );
    },
  );
});

test("the gradient of an LSTM's weights is right over 63 steps", () => {
  const names = ["layer.input", "layer.recurrent", "layer.bias"];
  const plain = oneWay("forward", {}).graph({ inputs: 2, units: 2 });
  const graph = gradient(withLoss(plain), { of: "loss", with: names });
  expect(gradientError(graph, feedsFor(graph, 63, 1), { of: "loss", with: names })).toBeLessThan(1e-8);
});

test("an LSTM begins with a forget gate that is open by its bias, and no other", () => {
  const graph = oneWay("forward", {}).graph({ inputs: 3, units: 2 });
  expect([...initialWeights(graph, 1)["layer.bias"]]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
});

test.each([
  [{ inputs: 0, units: 2 }, /lstm: option inputs/],
  [{ inputs: 3, units: 1.5 }, /lstm: option units/],
  [{ inputs: 3, units: 2, forgetBias: Number.NaN }, /lstm: option forgetBias/],
])("options that make no sense are named: %j", (options, message) => {
  expect(() => lstm(options)).toThrow(InputError);
  expect(() => lstm(options)).toThrow(message);
});

test("an input of another width is refused with both shapes", () => {
  const layer = recurrent("layer", lstm({ inputs: 3, units: 2 }));
  expect(() => trace({ x: ["time", "batch", 4] }, ({ x }) => ({ y: layer(x) }))).toThrow(
    /matmul.*\[batch, 4\].*\[3, 8\]/,
  );
});

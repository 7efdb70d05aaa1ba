import { expect, test } from "vitest";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { proveLayer } from "../../test/layer-proof.ts";
import { attentionPooled, pooled, pools } from "../../test/reference/pooling.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import type { Value } from "../graph/value.ts";
import type { LayerCall } from "./layer.ts";
import {
  attentionPooling,
  hierarchicalPooling,
  lastPooling,
  maximumPooling,
  meanPooling,
} from "./pooling.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const functions: Record<string, (x: Value, call?: LayerCall) => Value> = {
  maximum: maximumPooling,
  mean: meanPooling,
  last: lastPooling,
  hierarchical: hierarchicalPooling,
};

for (const [name, pool] of Object.entries(functions)) {
  proveLayer(`${name} pooling`, {
    graph: trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({ outputs: pool(x, { mask }) })),
    expected: (feeds) => ({ outputs: pooled(feeds, pools[name]) }),
  });

  test(`${name} pooling without a mask reads all steps`, () => {
    const graph = trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({
      all: pool(x),
      masked: pool(x, { mask }),
    }));
    const feeds = randomFeeds(graph, { sizes: { time: 7, batch: 2 }, fixed: { mask: Array(14).fill(1) } });
    const { all, masked } = interpret(graph, feeds);
    all.data.forEach((one, at) => {
      expect(one).toBeCloseTo(masked.data[at], 14);
    });
  });
}

for (const units of [undefined, 4]) {
  const layer = attentionPooling("layer", { inputs: 3, units });
  const graph = trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => layer.run(x, { mask }));

  proveLayer(`attention pooling with ${units ?? "no"} hidden units`, {
    graph: trace({ x: ["time", "batch", 3], mask }, ({ x, mask }) => ({ outputs: layer(x, { mask }) })),
    expected: (feeds) => ({ outputs: pooled(feeds, (vectors) => attentionPooled(vectors, feeds)) }),
  });

  test(`its weights sum to 1 with ${units ?? "no"} hidden units, and are 0 where no step is`, () => {
    const fixed = { mask: [1, 1, 0, 1, 0, 0, 1, 0, 0] };
    const { weights } = interpret(graph, randomFeeds(graph, { sizes: { time: 3, batch: 3 }, fixed }));
    const sumOf = (row: number) => weights.data.filter((_, at) => at % 3 === row).reduce((a, b) => a + b);
    [1, 1, 0].forEach((total, row) => {
      expect(sumOf(row)).toBeCloseTo(total, 14);
    });
    fixed.mask.forEach((there, at) => {
      if (!there) expect(weights.data[at]).toBe(0);
    });
  });
}

test("a hierarchical pool knows the order of steps, as a mean does not", () => {
  const graph = trace({ x: ["time", 1, 1] }, ({ x }) => ({ y: hierarchicalPooling(x, { window: 2 }) }));
  const pooledOf = (...numbers: number[]) =>
    interpret(graph, { x: tensor([numbers.length, 1, 1], numbers) }).y.data[0];
  expect(pooledOf(1, 5, 3, 4, 2)).toBe(3.5); // means 3, 3.5 and, of a window cut short, 2
  expect(pooledOf(5, 3, 1, 4, 2)).toBe(4);
  expect(pooledOf(1, 2, 3, 4, 5)).toBe(5);
});

test("negative numbers have a maximum too", () => {
  const graph = trace({ x: ["time", "batch", 1], mask }, ({ x, mask }) => ({
    y: maximumPooling(x, { mask }),
  }));
  const { y } = interpret(graph, { x: tensor([3, 1, 1], [-5, -2, 7]), mask: tensor([3, 1], [1, 1, 0]) });
  expect([...y.data]).toEqual([-2]);
});

test("what makes no sense is named", () => {
  const x = { x: ["time", "batch", 3] };
  expect(() => attentionPooling("layer", { inputs: 0 })).toThrow(
    /^attentionPooling "layer": option inputs: /,
  );
  expect(() => trace(x, ({ x }) => ({ y: hierarchicalPooling(x, { window: 0 }) }))).toThrow(
    /^hierarchicalPooling: option window: /,
  );
  const odd = () => trace({ ...x, m: ["time", "batch"] }, ({ x, m }) => ({ y: meanPooling(x, { mask: m }) }));
  expect(odd).toThrow(InputError);
  expect(odd).toThrow("meanPooling: the mask of [time, batch, 3] must be bool[time, batch], not float32");
  expect(() => trace({ x: [0, 2, 3] }, ({ x }) => ({ y: lastPooling(x) }))).toThrow(
    "lastPooling: a sequence of length 0",
  );
});

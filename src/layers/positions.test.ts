import { expect, test } from "vitest";
import { largestDifference, openEverywhere } from "../../test/everywhere.ts";
import { tensor } from "../../test/feeds.ts";
import { proveLayer } from "../../test/layer-proof.ts";
import { InputError } from "../graph/errors.ts";
import { trace } from "../graph/graph.ts";
import { positions, sinusoidalPositions } from "./positions.ts";

/** P[t, 2i] = sin(t / 10000^(2i / width)), P[t, 2i + 1] = cos of the same. */
function position(t: number, feature: number, width: number): number {
  const angle = t / 10000 ** ((feature - (feature % 2)) / width);
  return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}

const mask = { shape: ["time", "batch"], dtype: "bool" as const };

proveLayer("positions", {
  graph: trace({ x: ["time", "batch", 5], mask }, ({ x, mask }) => ({
    outputs: positions({ inputs: 5 })(x, { mask }),
  })),
  expected: ({ x, mask }) => ({
    outputs: x.data.map((one, at) => {
      const [step, feature] = [Math.floor(at / 5), at % 5];
      return mask.data[step] * (one + position(Math.floor(step / mask.shape[1]), feature, 5));
    }),
  }),
});

test.each([1, 4, 7])(
  "a step's numbers of width %d are the sines and cosines of its angles",
  async (width) => {
    const graph = trace({ x: ["time"] }, ({ x }) => ({ p: sinusoidalPositions(x.shape[0], width) }));
    const everywhere = await openEverywhere(graph);
    for (const time of [1, 255, 256, 257, 3000]) {
      const feeds = { x: tensor([time], Array(time).fill(0)) };
      const expected = Float64Array.from({ length: time * width }, (_, at) =>
        position(Math.floor(at / width), at % width, width),
      );
      expect(everywhere.reference(feeds).p.shape).toEqual([time, width]);
      expect(largestDifference(everywhere.reference(feeds).p.data, expected)).toBeLessThan(1e-11);
      expect(largestDifference((await everywhere.native(feeds)).p.data, expected)).toBeLessThan(1e-6);
      expect(largestDifference((await everywhere.wasm(feeds)).p.data, expected)).toBeLessThan(1e-6);
    }
    await everywhere.release();
  },
);

test("an input of another width, and more steps than have a position, are refused", () => {
  const layer = positions({ inputs: 4 });
  expect(() => trace({ x: ["time", "batch", 1] }, ({ x }) => ({ y: layer(x) }))).toThrow(
    "positions reads 4 features, not [time, batch, 1]",
  );
  expect(() => sinusoidalPositions(70_000, 4)).toThrow(
    "70000 steps are more than the 65536 that have a position",
  );
});

test.each([0, 1.5, Number.NaN])("a width of %d is refused", (width) => {
  expect(() => sinusoidalPositions(3, width)).toThrow(InputError);
  expect(() => sinusoidalPositions(3, width)).toThrow(/sinusoidalPositions: a width of .* makes no sense/);
});

import { describe, expect, test } from "vitest";
import { tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { InputError } from "../graph/errors.ts";
import { sum } from "../graph/functions.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { compile } from "../runtime/session.ts";
import * as runtime from "../runtime/tensor.ts";
import { gradient } from "../transform/gradient.ts";
import { random } from "../weights/random.ts";
import { dropout } from "./dropout.ts";

function thinned(rate: number, shared?: number[]): Graph {
  return trace({ x: ["time", "batch", 50] }, ({ x }) => ({ y: dropout("drop", x, { rate, shared }) }));
}

const [time, batch, features] = [40, 3, 50];
const x = tensor(
  [time, batch, features],
  random(1)
    .stream("x")
    .uniforms(new Float64Array(time * batch * features), 1, 2),
);

function draws(shape: readonly number[]) {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(shape, random(2).stream("drop").uniforms(new Float64Array(count)));
}

describe("dropout", () => {
  test("at rate 0 is the identity and draws nothing", () => {
    const graph = thinned(0);
    expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(interpret(graph, { x }).y.data).toEqual(x.data);
  });

  test.each([0.1, 0.5, 0.8])(
    "at rate %d keeps its share of numbers, and scales them by 1 / (1 − rate)",
    (rate) => {
      const { y } = interpret(thinned(rate), { x, drop: draws(x.shape) });
      const kept = y.data.filter((one) => one !== 0).length;
      const deviation = Math.sqrt((rate * (1 - rate)) / y.data.length);
      expect(Math.abs(kept / y.data.length - (1 - rate))).toBeLessThan(4 * deviation);
      y.data.forEach((one, i) => {
        if (one !== 0) expect(one).toBeCloseTo(x.data[i] / (1 - rate), 12);
      });
    },
  );

  test("shared over time drops the same units of a sequence at every step, others in another sequence", () => {
    const graph = thinned(0.5, [0]);
    expect(graph.inputs[1]).toMatchObject({ name: "drop", role: "noise" });
    expect(graph.inputs[1].shape.map(String)).toEqual(["1", "batch", "50"]);
    const { y } = interpret(graph, { x, drop: draws([1, batch, features]) });
    const pattern = (t: number, row: number) =>
      Array.from(
        y.data.subarray((t * batch + row) * features, (t * batch + row + 1) * features),
        (one) => one === 0,
      );
    for (let t = 1; t < time; t++) expect(pattern(t, 0)).toEqual(pattern(0, 0));
    expect(pattern(0, 1)).not.toEqual(pattern(0, 0));
  });

  test("may be shared along several axes, counted from either end", () => {
    expect(thinned(0.5, [0, -1]).inputs[1].shape.map(String)).toEqual(["1", "batch", "1"]);
  });

  test.each([0.2, 0.5, 0.9])(
    "outside training, with all draws 0.5, is the identity at rate %d",
    async (rate) => {
      const graph = thinned(rate);
      expect(interpret(graph, { x }).y.data).toEqual(x.data);
      const given = runtime.tensor(x.data, x.shape);
      const rest = runtime.tensor(new Float32Array(given.data.length).fill(0.5), x.shape);
      const session = await compile(graph);
      const { y } = await session.run({ x: given, drop: rest });
      expect(y.data).toEqual(given.data);
      await session.release();
    },
  );

  test("passes the gradient through what it keeps, by the same factor", () => {
    const plain = trace({ x: ["time", "batch", 50] }, ({ x }) => ({
      loss: sum(dropout("drop", x, { rate: 0.4 }).pow(2)),
    }));
    const graph = gradient(plain, { of: "loss", with: ["x"] });
    const shape = [1, 2, 50];
    const feeds = { x: tensor(shape, x.data.slice(0, 100)), drop: draws(shape) };
    expect(gradientError(graph, feeds, { of: "loss", with: ["x"] })).toBeLessThan(1e-9);
  });

  test("drops the same numbers on both runtimes", async () => {
    const graph = thinned(0.3);
    const drop = draws(x.shape);
    const expected = interpret(graph, { x, drop }).y.data;
    for (const backend of ["native", "wasm"] as const) {
      const session = await compile(graph, { backend });
      const { y } = await session.run({
        x: runtime.tensor(x.data, x.shape),
        drop: runtime.tensor(drop.data, drop.shape),
      });
      expect(Array.from(y.data, (one) => one === 0)).toEqual(Array.from(expected, (one) => one === 0));
      await session.release();
    }
  });

  test.each([-0.1, 1, Number.NaN])("refuses a rate of %d", (rate) => {
    expect(() => thinned(rate)).toThrow(InputError);
    expect(() => thinned(rate)).toThrow(/dropout "drop": option rate/);
  });

  test("refuses to share an axis that is not there", () => {
    expect(() => thinned(0.5, [3])).toThrow(/dropout.*axis 3/);
  });
});

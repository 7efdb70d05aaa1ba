import { expect, test } from "vitest";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { scan } from "../graph/scan.ts";
import { filled, weight } from "../graph/value.ts";
import { applyGraph } from "./apply.ts";

test("a graph is used inside another, with the same weights", () => {
  const scale = weight("scale", [2]);
  const inner = trace({ x: ["time", 2] }, ({ x }) => {
    const { outputs } = scan({
      states: { total: filled(0, [2]) },
      sequences: { x },
      step: ({ total }, { x }) => ({ states: { total: total.add(x) }, outputs: { total: total.add(x) } }),
    });
    return { y: outputs.total.mul(scale) };
  });
  const outer = trace({ z: ["time", 2] }, ({ z }) => ({
    twice: applyGraph(inner, { x: applyGraph(inner, { x: z }).y }).y,
  }));
  expect(outer.inputs.map(({ name }) => name)).toEqual(["z", "scale"]);
  const { twice } = interpret(outer, {
    z: { shape: [3, 2], data: Float64Array.of(1, 0, 0, 1, 0, 0) },
    scale: { shape: [2], data: Float64Array.of(2, 3) },
  } as never);
  expect([...twice.data]).toEqual([4, 0, 8, 9, 12, 18]);
});

test("an input that the graph does not have is named", () => {
  const graph = trace({ x: [2] }, ({ x }) => ({ y: x.mul(2) }));
  expect(() => applyGraph(graph, { z: weight("w", [2]) })).toThrow('the graph has no input "z", only "x"');
});

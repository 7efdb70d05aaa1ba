import { expect, test } from "vitest";
import { gru, lstm, nestedLstm, sru } from "../cells/index.ts";
import { concat, relu, where } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import type { Node, Value } from "../graph/value.ts";
import { dense, meanPooling, type RecurrentOptions, recurrent } from "../layers/index.ts";
import { isRecurrent, type Product, products } from "./products.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };

/** Whose features a product reads: the layer in whose loop they are made, or what made them; ' for an earlier step's. */
function reads({ features }: Product): string[] {
  return features.map(({ of, from, size, past }) => {
    const whole = from === 0 && size === of.shape.at(-1);
    const who = of.scope
      ? of.scope.name.split('"')[1]
      : of.node.is("input")
        ? of.node.attributes.name
        : of.node.op;
    return `${who}${whole ? "" : `[${from}+${size}]`}${past ? "'" : ""}`;
  });
}

function readsOf(
  write: (x: Value, present: Value) => Value,
  shape: readonly (string | number)[] = ["time", "batch", 3],
): Record<string, string[]> {
  const graph = trace({ x: shape, present: mask }, ({ x, present }) => ({ y: write(x, present) }));
  return Object.fromEntries(products(graph).map((product) => [product.path, reads(product)]));
}

const out = (inputs: number) => dense("out", { inputs, units: 2 });

test.each<{ title: string; options: RecurrentOptions }>([
  { title: "as they are", options: {} },
  { title: "from learned states", options: { initial: "learned" } },
  { title: "reversed", options: { reverse: true } },
  {
    title: "with dropout of inputs, outputs and states",
    options: { dropout: { inputs: 0.1, outputs: 0.2, states: { hidden: 0.3 } } },
  },
  { title: "with dropout once for a sequence", options: { dropout: { outputs: 0.2, variational: true } } },
  { title: "with zoneout", options: { zoneout: { hidden: 0.1, memory: 0.2 } } },
])("layers and dense layers are known to read the layer below: $title", ({ options }) => {
  const found = readsOf((x, present) => {
    const lower = recurrent("lower", lstm({ inputs: 3, units: 4 }), options)(x, { mask: present });
    return out(5)(recurrent("upper", lstm({ inputs: 4, units: 5 }), options)(lower, { mask: present }));
  });
  expect(found).toEqual({
    "lower.input": ["x"],
    "lower.recurrent": ["lower'"],
    "upper.input": ["lower"],
    "upper.recurrent": ["upper'"],
    "out.weight": ["upper"],
  });
});

test("features are followed through concatenations, cuts, transpositions, means and last states", () => {
  const forward = recurrent("forward", gru({ inputs: 3, units: 4 }));
  const backward = recurrent("backward", gru({ inputs: 3, units: 4 }), { reverse: true });
  const both = (x: Value) => concat([forward(x), x, backward(x)]);
  const readsAs = (write: (x: Value, present: Value) => Value) => readsOf(write)["out.weight"];
  expect(readsAs((x) => out(11)(both(x)))).toEqual(["forward", "x", "backward"]);
  expect(readsAs((x) => out(5)(both(x).slice(2, 2, 7)))).toEqual(["forward[2+2]", "x"]);
  expect(readsAs((x) => out(4)(both(x).split([4, 3, 4])[2]))).toEqual(["backward"]);
  expect(readsAs((x) => out(4)(forward(x).transpose([1, 0, 2]).reshape(["batch", "time", 1, 4])))).toEqual([
    "forward",
  ]);
  expect(readsAs((x, present) => out(4)(meanPooling(forward(x), { mask: present })))).toEqual(["forward"]);
  expect(readsAs((x) => out(4)(forward.run(x).state.hidden))).toEqual(["forward"]);
});

test("what a nonlinear function or a mixture makes is no other value's output", () => {
  const layer = recurrent("layer", gru({ inputs: 3, units: 4 }));
  const readsAs = (write: (h: Value) => Value) => readsOf((x) => out(4)(write(layer(x))))["out.weight"];
  expect(readsAs((h) => relu(h))).toEqual(["relu"]);
  expect(readsAs((h) => h.mul(h))).toEqual(["mul"]);
  expect(readsAs((h) => where(h.less(0), h, 0))).toEqual(["where"]);
  expect(readsAs((h) => h.transpose([0, 2, 1]).reshape(["time", "batch", 4]))).toEqual(["reshape"]);
  expect(readsAs((h) => h.add(h))).toEqual(["layer"]);
});

test("a product is recurrent that reads what its own loop made a step before", () => {
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({
    y: recurrent(
      "c",
      sru({ inputs: 4, units: 4 }),
    )(
      recurrent(
        "b",
        nestedLstm({ inputs: 4, units: 4 }),
      )(recurrent("a", gru({ inputs: 3, units: 4, reset: "before" }))(x)),
    ),
  }));
  const found = products(graph).filter((product) =>
    product.features.some((range) => isRecurrent(range, product)),
  );
  // Not a.candidate, which reads r ⊙ h', nor the inner LSTM's, which reads f ⊙ c'.
  expect(found.map(({ path }) => path)).toEqual(["a.recurrent", "b.recurrent"]);
});

test("multiplications are those of one step of one sequence", () => {
  const layer = recurrent("layer", lstm({ inputs: 3, units: 4 }), { initial: "learned" });
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => {
    const { outputs, state } = layer.run(x);
    return { y: out(4)(outputs), last: dense("last", { inputs: 4, units: 5 })(state.hidden) };
  });
  const found = products(graph).map(({ path, multiplications, alongTime }) => [
    path,
    multiplications,
    alongTime,
  ]);
  expect(Object.fromEntries(found.map(([path, ...rest]) => [path, rest]))).toEqual({
    "layer.input": [48, true],
    "layer.recurrent": [64, true],
    "out.weight": [8, true],
    "last.weight": [20, false],
  });
  expect(products(graph).every(({ node }) => (node as Node).is("matmul"))).toBe(true);
});

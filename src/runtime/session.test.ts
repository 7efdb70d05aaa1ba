import { afterEach, describe, expect, test, vi } from "vitest";
import { lstm } from "../cells/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { gather } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { recurrent } from "../layers/recurrent.ts";
import { initialWeights } from "../weights/declare.ts";
import { random } from "../weights/random.ts";
import { compile, type Feeds } from "./session.ts";
import { scalar, type Tensor, tensor } from "./tensor.ts";

const doubled = trace({ x: ["n"] }, ({ x }) => ({ y: x.mul(2) }));

describe.each(["native", "wasm"] as const)("a session on %s", (backend) => {
  test("computes outputs from inputs, in their types and shapes", async () => {
    const graph = trace({ x: ["n", 2], at: { shape: [], dtype: "int32" } }, ({ x, at }) => ({
      product: x.matmul(x.transpose()),
      next: at.add(1),
      low: x.less(0),
      exact: x.cast("float64").div(3),
    }));
    const session = await compile(graph, { backend });
    const found = await session.run({ x: tensor([1, -2, 3, 4], [2, 2]), at: scalar(6, "int32") });
    expect(found).toEqual({
      product: { dtype: "float32", dims: [2, 2], data: Float32Array.of(5, -5, -5, 25) },
      next: { dtype: "int32", dims: [], data: Int32Array.of(7) },
      low: { dtype: "bool", dims: [2, 2], data: Uint8Array.of(0, 1, 0, 0) },
      exact: { dtype: "float64", dims: [2, 2], data: Float64Array.of(1 / 3, -2 / 3, 1, 4 / 3) },
    });
    await session.release();
  });

  test("takes another length at every run", async () => {
    const session = await compile(doubled, { backend });
    for (const numbers of [[1], [1, 2, 3], [], [4, 5]]) {
      const { y } = await session.run({ x: tensor(numbers) });
      expect([...y.data]).toEqual(numbers.map((one) => 2 * one));
    }
    await session.release();
  });

  test("runs beside others, and beside itself", async () => {
    const tripled = trace({ x: ["n"] }, ({ x }) => ({ y: x.mul(3) }));
    const sessions = [await compile(doubled, { backend }), await compile(tripled, { backend })];
    const runs = Array.from({ length: 12 }, async (_, k) => {
      const { y } = await sessions[k % 2].run({ x: tensor([k]) });
      return y.data[0];
    });
    expect(await Promise.all(runs)).toEqual(Array.from({ length: 12 }, (_, k) => k * (2 + (k % 2))));
    for (const session of sessions) await session.release();
  });

  test("runs no more once it is released, and may be released twice", async () => {
    const session = await compile(doubled, { backend });
    await session.release();
    await session.release();
    await expect(session.run({ x: tensor([1]) })).rejects.toThrow("the session was released");
  });

  test("gives tensors that later runs leave alone", async () => {
    const session = await compile(doubled, { backend });
    const first = await session.run({ x: tensor([1, 2]) });
    await session.run({ x: tensor([8, 9]) });
    expect([...first.y.data]).toEqual([2, 4]);
    await session.release();
  });

  test("is not misled by an output that has the name of an operator, a size or a loop", async () => {
    const graph = trace({ x: ["n"] }, ({ x }) => ({
      mul: x.mul(2).add(1),
      n: x.mul(2).sub(1),
      constant: x.add(1).mul(x.add(2)),
    }));
    const session = await compile(graph, { backend });
    const { mul, n, constant } = await session.run({ x: tensor([1, 2]) });
    expect([[...mul.data], [...n.data], [...constant.data]]).toEqual([
      [3, 5],
      [1, 3],
      [6, 12],
    ]);
    await session.release();
  });
});

describe("what a session refuses", () => {
  const graph = trace(
    { x: ["time", "batch", 2], mask: { shape: ["time", "batch"], dtype: "bool" } },
    ({ x, mask }) => ({ y: recurrent("layer", lstm({ inputs: 2, units: 1 }))(x, { mask }) }),
  );
  const weights = Object.fromEntries(
    Object.entries(initialWeights(graph, 1)).map(([name, data]) => {
      const { shape } = graph.inputs.find((input) => input.name === name)!;
      return [name, tensor(data, shape as number[])];
    }),
  );
  const good: Feeds = {
    ...weights,
    x: tensor(new Float32Array(12), [3, 2, 2]),
    mask: tensor([1, 1, 1, 1, 1, 0], [3, 2], "bool"),
  };
  const { mask: _, ...without } = good;
  const wrong: [string, Feeds, RegExp][] = [
    [
      "another rank",
      { ...good, x: tensor(new Float32Array(4), [2, 2]) },
      /"x" needs 3 axes \[time, batch, 2\]/,
    ],
    [
      "another width",
      { ...good, x: tensor(new Float32Array(18), [3, 2, 3]) },
      /"x": axis 2 has size 3 where 2/,
    ],
    [
      "sizes that disagree",
      { ...good, mask: tensor(new Uint8Array(8), [4, 2], "bool") },
      /"mask": axis 0 has size 4 where 3 is expected \(time is 3 by axis 0 of input "x"\)/,
    ],
    [
      "another type",
      { ...good, x: tensor(new Float64Array(12), [3, 2, 2], "float64") },
      /"x" must be float32/,
    ],
    ["a missing input", without, /input "mask" is missing/],
    ["an unknown input", { ...good, y: scalar(1) }, /there is no input "y"; the graph's inputs: "x", "mask"/],
    [
      "no steps",
      { ...good, x: tensor([], [0, 2, 2]), mask: tensor([], [0, 2], "bool") },
      /^lstm "layer": time is 0, where at least one step is needed/,
    ],
    [
      "data of another type than is said",
      { ...good, x: { dtype: "float32", dims: [3, 2, 2], data: new Float64Array(12) } as unknown as Tensor },
      /"x" says float32, but its data is a Float64Array/,
    ],
    [
      "too few numbers",
      { ...good, x: { dtype: "float32", dims: [3, 2, 2], data: new Float32Array(11) } },
      /"x" has 11 numbers, which do not fill \[3,2,2\]/,
    ],
    ["plain numbers", { ...good, x: [1, 2] as unknown as Tensor }, /"x" is no tensor/],
    ["nothing", { ...good, x: undefined as unknown as Tensor }, /"x" is no tensor/],
  ];

  test.each(wrong)("%s", async (_, feeds, message) => {
    const session = await compile(graph);
    const failure = session.run(feeds);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
    await session.run(good); // and goes on working
    await session.release();
  });

  test.each(["native", "wasm"] as const)("an index that is out of range (%s)", async (backend) => {
    const graph = trace({ x: ["n"], at: { shape: ["m"], dtype: "int32" } }, ({ x, at }) => ({
      y: gather(x, at),
    }));
    const session = await compile(graph, { backend });
    const failure = session.run({ x: tensor([1, 2]), at: tensor([0, 5], [2], "int32") });
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(/the graph could not be run: .*out of (data )?bounds/s);
    await session.release();
  });

  test.each([0, -1, 1.5, Number.NaN])("%d threads", async (threads) => {
    await expect(compile(doubled, { threads })).rejects.toThrow(/threads make no sense/);
  });

  test("a graph with an input and an output of one name", async () => {
    const graph = trace({ x: ["n"] }, ({ x }) => ({ x: x.mul(2) }));
    await expect(compile(graph)).rejects.toThrow('"x" names both an input and an output');
  });

  test("numbers that do not fill a tensor", () => {
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow("tensor: 3 numbers do not fill [2,2], which needs 4");
  });
});

test("threads change how fast a graph runs, not what it gives", async () => {
  const graph = trace({ a: ["n", "n"] }, ({ a }) => ({ square: a.matmul(a) }));
  const a = tensor(
    random(1)
      .stream("a")
      .normals(new Float32Array(200 * 200)),
    [200, 200],
  );
  const [one, two] = await Promise.all(
    [1, 2].map(async (threads) => {
      const session = await compile(graph, { threads });
      const { square } = await session.run({ a });
      await session.release();
      return square.data;
    }),
  );
  two.forEach((value, i) => {
    expect(Math.abs(value - one[i])).toBeLessThan(1e-3);
  });
});

test("an input goes in without being copied", async () => {
  const graph = trace({ x: ["n"] }, ({ x }) => ({ first: x.slice(0, 0, 1) }));
  const session = await compile(graph, { backend: "native" });
  const x = tensor(new Float32Array(2 ** 25).fill(1)); // 128 MB
  const running = await quickest(() => session.run({ x }));
  const copying = await quickest(async () => x.data.slice());
  expect(running).toBeLessThan(copying / 4);
  await session.release();
});

async function quickest(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let k = 0; k < 5; k++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

describe("where the native runtime is not installed", () => {
  afterEach(() => {
    vi.doUnmock("onnxruntime-node");
    vi.resetModules();
  });

  async function withoutNative() {
    vi.resetModules();
    vi.doMock("onnxruntime-node", () => {
      throw new Error("Cannot find package 'onnxruntime-node'");
    });
    return import("./session.ts");
  }

  test("WebAssembly takes its place, with the same results", async () => {
    const { compile } = await withoutNative();
    const session = await compile(doubled);
    expect(session.backend).toBe("wasm");
    const x = tensor([1, 2, 3]);
    const { y } = await session.run({ x });
    const { y: expected } = interpret(doubled, { x: { shape: [3], data: Float64Array.from(x.data) } });
    expect([...y.data]).toEqual([...expected.data]);
  });

  test("asking for it by name says so", async () => {
    const { compile } = await withoutNative();
    await expect(compile(doubled, { backend: "native" })).rejects.toThrow(
      /the native ONNX Runtime can't be loaded here .*; use the "wasm" backend/,
    );
  });
});

import { fromBinary } from "@bufbuild/protobuf";
import { type GraphProto, type ModelProto, ModelProtoSchema } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { traceCase } from "../../test/cases.ts";
import { randomFeeds } from "../../test/feeds.ts";
import { loopCases } from "../../test/loop-cases.ts";
import { lstm } from "../cells/lstm.ts";
import { sigmoid } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { filled, input } from "../graph/value.ts";
import { dense } from "../layers/dense.ts";
import { bidirectional } from "../layers/recurrent.ts";
import { compileToOnnx } from "../runtime/session.ts";
import { hoist } from "../transform/hoist.ts";
import { initialWeights } from "../weights/declare.ts";
import { toOnnx } from "./lower.ts";

const [inputs, units] = [3, 4];

/** A score for every step, from both directions. */
const scorer = trace({ x: ["time", "batch", inputs] }, ({ x }) => {
  const encoder = bidirectional("encoder", lstm({ inputs, units }));
  const head = dense("head", { inputs: encoder.outputs, units: 1, activation: sigmoid });
  return { score: head(encoder(x)) };
});

function read(onnx: Uint8Array): ModelProto {
  return fromBinary(ModelProtoSchema, onnx);
}

/** A graph and the bodies of its loops. */
function* graphsOf(graph: GraphProto): Generator<GraphProto> {
  yield graph;
  for (const { attribute } of graph.node) for (const { g } of attribute) if (g) yield* graphsOf(g);
}

describe("a model exported with its weights", () => {
  const weights = initialWeights(scorer, 5);
  const onnx = toOnnx(hoist(scorer), { weights });

  test("runs in plain ONNX Runtime on its declared inputs alone", async () => {
    const session = await ort.InferenceSession.create(onnx);
    expect([...session.inputNames]).toEqual(["x"]);
    expect([...session.outputNames]).toEqual(["score"]);
    const feeds = randomFeeds(scorer, { sizes: { time: 7, batch: 2 } });
    const own = scorer.inputs.filter(({ role }) => role === "weight");
    const trained = own.map(({ name, shape }) => {
      return [name, { shape: shape as number[], data: Float64Array.from(weights[name]) }];
    });
    const { score: expected } = interpret(scorer, { x: feeds.x, ...Object.fromEntries(trained) });
    const x = new ort.Tensor("float32", Float32Array.from(feeds.x.data), feeds.x.shape);
    const { score } = await session.run({ x });
    expect(score.dims).toEqual([7, 2, 1]);
    expected.data.forEach((value, i) => {
      expect(Math.abs(Number(score.data[i]) - value)).toBeLessThan(1e-6);
    });
    await session.release();
  });

  test("names its open sizes, and says opset 18", () => {
    const { graph, opsetImport } = read(onnx);
    expect(opsetImport.map(({ domain, version }) => [domain, version])).toEqual([["", 18n]]);
    const { value } = graph!.input[0].type!;
    const dims = value.case === "tensorType" ? value.value.shape!.dim.map(({ value }) => value.value) : [];
    expect(dims).toEqual(["time", "batch", 3n]);
  });

  test("refuses weights of another size", () => {
    const wrong = { ...weights, "head.bias": new Float32Array(2) };
    expect(() => toOnnx(scorer, { weights: wrong })).toThrow(
      'weight "head.bias" has 2 numbers where [1] needs 1',
    );
  });
});

test("weights that are not given are inputs", () => {
  const names = read(toOnnx(scorer)).graph!.input.map(({ name }) => name);
  expect(names).toEqual(scorer.inputs.map(({ name }) => name));
});

test("every loop becomes a Scan; no name is given twice, in loops neither", () => {
  const graphs = loopCases.map((one) => read(compileToOnnx(traceCase(one))).graph!);
  for (const graph of [...graphs, read(toOnnx(scorer)).graph!]) {
    const all = [...graphsOf(graph)];
    const made = all.flatMap(({ node, input, initializer }) => [
      ...node.flatMap(({ output }) => output),
      ...input.map(({ name }) => name),
      ...initializer.map(({ name }) => name),
    ]);
    expect(new Set(made).size).toBe(made.length);
    const operators = all.flatMap(({ node }) => node.map(({ opType }) => opType));
    expect(operators).toContain("Scan");
    expect(operators).not.toContain("Loop");
  }
});

test("a size that no input has is named", () => {
  const graph = trace({ x: [3] }, ({ x }) => ({ y: x.add(filled(1, ["unknown", 3])) }));
  expect(() => toOnnx(graph)).toThrow(/the size "unknown" can't be known/);
});

test("an input's name may be anything, even the name of an operator or a size", async () => {
  const graph = trace({ n: ["n"], add: ["n"] }, ({ n, add }) => ({
    "sum, doubled": n
      .add(add)
      .mul(2)
      .add(input("Shape", ["n"])),
  }));
  const session = await ort.InferenceSession.create(toOnnx(graph));
  const feed = (...numbers: number[]) => new ort.Tensor("float32", Float32Array.from(numbers), [2]);
  const found = await session.run({ n: feed(1, 2), add: feed(10, 20), Shape: feed(0.5, 0.25) });
  expect([...(found["sum, doubled"].data as Float32Array)]).toEqual([22.5, 44.25]);
  await session.release();
});

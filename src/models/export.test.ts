/** What is exported in PyTorch's naming is the same model when it is imported again. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../test/everywhere.ts";
import { tensor } from "../../test/feeds.ts";
import { modelOutputs } from "../../test/model-outputs.ts";
import { gru } from "../cells/gru.ts";
import { lstm } from "../cells/lstm.ts";
import { sru } from "../cells/sru.ts";
import { trace } from "../graph/graph.ts";
import type { ArrayTensor } from "../graph/interpret.ts";
import { dense } from "../layers/dense.ts";
import { bidirectional, recurrent, stacked } from "../layers/recurrent.ts";
import { readOnnx } from "../onnx/read/model.ts";
import { writeOnnx } from "../onnx/write.ts";
import { initialWeights } from "../weights/declare.ts";
import type { Model } from "../weights/model.ts";
import { readSafetensors } from "../weights/safetensors.ts";
import { pyTorchDictionary, toPyTorch } from "./export.ts";
import { importModel } from "./import/model.ts";
import { fromPyTorch, type PyTorchOptions } from "./import/pytorch.ts";
import { readPyTorch } from "./import/pytorch-file.ts";

interface Golden {
  title: string;
  import: PyTorchOptions;
  file: string;
  x: ArrayTensor;
  y: ArrayTensor;
}
const { cases } = JSON.parse(
  readFileSync(new URL("../../test/goldens/pytorch-models.json", import.meta.url), "utf8"),
) as { cases: Golden[] };

const opened = ({ file, import: options }: Golden): Model =>
  fromPyTorch(readPyTorch(new Uint8Array(Buffer.from(file, "base64")), "m"), "m", options);

describe.each(cases)("$title", (golden) => {
  test("has in PyTorch's naming the names that it has in PyTorch, and computes the same when read again", () => {
    const { tensors, asTheyAre } = pyTorchDictionary(opened(golden));
    expect(asTheyAre).toEqual([]);
    const again = fromPyTorch({ tensors, ordered: true }, "m", golden.import);
    const { y } = modelOutputs(again, { x: golden.x });
    expect(largestDifference(y.data, golden.y.data)).toBeLessThan(1e-12);
  });

  test("and after it was kept as a run", () => {
    const kept = readOnnx(writeOnnx(opened(golden)));
    const { tensors, asTheyAre } = pyTorchDictionary(kept);
    expect(asTheyAre).toEqual([]);
    const { y } = modelOutputs(fromPyTorch({ tensors, ordered: true }, "m", golden.import), { x: golden.x });
    expect(largestDifference(y.data, golden.y.data)).toBeLessThan(1e-12);
  });
});

test("names and layouts are PyTorch's own", () => {
  const golden = cases.find(({ title }) => title === "a GRU, two layers, both ways") as Golden;
  const original = readPyTorch(new Uint8Array(Buffer.from(golden.file, "base64")), "m").tensors;
  const { tensors, layers } = pyTorchDictionary(opened(golden));
  expect(layers).toEqual(["recurrent (GRU)"]);
  expect([...tensors.keys()].sort()).toEqual([...original.keys()].map((name) => `recurrent.${name}`).sort());
  for (const [name, { dims, data }] of original) {
    const found = tensors.get(`recurrent.${name}`);
    expect(found?.dims).toEqual(dims);
    if (name.startsWith("weight")) expect(found?.data).toEqual(data);
  }
});

const modelOf = (layer: ReturnType<typeof stacked>): Model => {
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: layer(x) }));
  return { graph, weights: initialWeights(graph, 5) };
};

test("a model made here is read again from its bytes", () => {
  const model = modelOf(
    stacked([
      bidirectional("encoder", lstm({ inputs: 3, units: 4 })),
      recurrent("decoder", gru({ inputs: 8, units: 2 })),
      dense("scores", { inputs: 2, units: 5 }),
    ]),
  );
  const bytes = toPyTorch(model);
  expect(readSafetensors(bytes, "m").metadata.get("gatefold.as_they_are")).toBeUndefined();
  const again = importModel(bytes, "m") as Model;
  const x = tensor(
    [4, 2, 3],
    Float64Array.from({ length: 24 }, (_, index) => Math.sin(index)),
  );
  expect(
    largestDifference(modelOutputs(again, { x }).y.data, modelOutputs(model, { x }).y.data),
  ).toBeLessThan(1e-12);
});

test.each([
  ["a cell that PyTorch lacks", recurrent("layer", sru({ inputs: 3, units: 3 }))],
  ["a GRU that resets before its product", recurrent("layer", gru({ inputs: 3, units: 2, reset: "before" }))],
  ["an LSTM with peepholes", recurrent("layer", lstm({ inputs: 3, units: 2, peepholes: true }))],
  ["a layer that runs backwards alone", recurrent("layer", lstm({ inputs: 3, units: 2 }), { reverse: true })],
])("the weights of %s stay under their own paths as they are, and the file says so", (_, layer) => {
  const model = modelOf(stacked([layer]));
  const { tensors, metadata } = readSafetensors(toPyTorch(model), "m");
  expect(JSON.parse(metadata.get("gatefold.as_they_are") ?? "[]").sort()).toEqual(
    Object.keys(model.weights).sort(),
  );
  for (const [path, numbers] of Object.entries(model.weights))
    expect(tensors.get(path)?.data).toEqual(numbers);
});

/** State dictionaries compute what PyTorch computed with them: bench/pytorch-models.py wrote it down. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { modelOutputs } from "../../../test/model-outputs.ts";
import { InputError } from "../../graph/errors.ts";
import { inputsOf } from "../../graph/graph.ts";
import type { ArrayTensor } from "../../graph/interpret.ts";
import { compile } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import type { Model } from "../../weights/model.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../weights/safetensors.ts";
import { fromPyTorch, type PyTorchOptions } from "./pytorch.ts";
import { readPyTorch } from "./pytorch-file.ts";

interface Golden {
  title: string;
  import: PyTorchOptions;
  file: string;
  x: ArrayTensor;
  y: ArrayTensor;
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/goldens/pytorch-models.json", import.meta.url), "utf8"),
) as { cases: Golden[] };

const bytesOf = ({ file }: Golden): Uint8Array => new Uint8Array(Buffer.from(file, "base64"));
const titled = (title: string): Golden => cases.find((golden) => golden.title === title) as Golden;

const outputOf = (model: Model, x: ArrayTensor): ArrayTensor => modelOutputs(model, { x }).y;

describe.each(cases)("$title", (golden) => {
  test("computes what it computes in PyTorch, from its own file", () => {
    const model = fromPyTorch(readPyTorch(bytesOf(golden), "model.pt"), "model.pt", golden.import);
    const y = outputOf(model, golden.x);
    expect(y.shape).toEqual(golden.y.shape);
    expect(largestDifference(y.data, golden.y.data)).toBeLessThan(1e-12);
  });

  test("and from safetensors, whose tensors come in the order of their names", () => {
    const { tensors } = readPyTorch(bytesOf(golden), "model.pt");
    const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
    const file = readSafetensors(writeSafetensors(sorted), "model.safetensors");
    const model = fromPyTorch({ tensors: file.tensors, ordered: false }, "model.safetensors", golden.import);
    expect(largestDifference(outputOf(model, golden.x).data, golden.y.data)).toBeLessThan(1e-12);
  });
});

test("an imported model runs on ONNX Runtime", async () => {
  const golden = titled("an embedding, an LSTM and a linear layer");
  const model = fromPyTorch(readPyTorch(bytesOf(golden), "model.pt"), "model.pt");
  const session = await compile(model.graph);
  const feeds = [...inputsOf(model.graph, "weight")].map(([path, { shape }]) => [
    path,
    tensor(model.weights[path], shape as readonly number[]),
  ]);
  const x = tensor(golden.x.data, golden.x.shape, "int32");
  const { y } = await session.run({ x, ...Object.fromEntries(feeds) });
  expect(largestDifference(y.data as Float32Array, golden.y.data)).toBeLessThan(1e-6);
  await session.release();
});

test("weights keep the prefixes that they have in PyTorch", () => {
  const golden = titled("an embedding, an LSTM and a linear layer");
  const { weights } = fromPyTorch(readPyTorch(bytesOf(golden), "model.pt"), "model.pt");
  expect(Object.keys(weights).sort()).toEqual([
    "embed.weight",
    "fc.bias",
    "fc.weight",
    "rnn.l0.bias",
    "rnn.l0.input",
    "rnn.l0.recurrent",
  ]);
});

const floats = (...dims: number[]): StoredTensor => ({
  dtype: "float32",
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
});
const linear = (name: string, rows: number, columns: number): [string, StoredTensor][] => [
  [`${name}.weight`, floats(rows, columns)],
  [`${name}.bias`, floats(rows)],
];
const lstm: [string, StoredTensor][] = [
  ["rnn.weight_ih_l0", floats(16, 3)],
  ["rnn.weight_hh_l0", floats(16, 4)],
];

test.each<[string, [string, StoredTensor][], PyTorchOptions, RegExp]>([
  ["nothing", [], {}, /^m: holds no|^m holds no weights$/],
  [
    "layers that fit in two orders",
    [...linear("a", 4, 4), ...linear("b", 4, 4)],
    {},
    /^m: its layers fit over one another in several orders \(a → b, or b → a\): name theirs by the option layers$/,
  ],
  [
    "layers that do not fit",
    [...linear("a", 4, 3), ...linear("b", 2, 5)],
    {},
    /in any order \(a 3 → 4, b 5 → 2\): name those/,
  ],
  [
    "an order that does not fit",
    [...lstm, ...linear("fc", 2, 4)],
    { layers: ["fc", "rnn"] },
    /do not fit .* fc 4 → 2, rnn 3 → 4$/,
  ],
  ["an unknown layer", lstm, { layers: ["gru"] }, /^m has no layer "gru", only "rnn"$/],
  ["an unknown layer's activation", lstm, { activations: { fc: "relu" } }, /^m has no layer "fc"/],
  [
    "an unknown activation",
    linear("fc", 2, 3),
    { activations: { fc: "gelu" as "relu" } },
    /option activations.fc: is unknown/,
  ],
  [
    "a convolution",
    [["conv.weight", floats(2, 3, 3)]],
    {},
    /^m: "conv.weight" \[2, 3, 3\] belongs to none of the layers/,
  ],
  ["half an LSTM", lstm.slice(0, 1), {}, /^m: "rnn.weight_hh_l0" is missing$/],
  [
    "a cell of five gates",
    [
      ["c.weight_ih", floats(20, 3)],
      ["c.weight_hh", floats(20, 4)],
    ],
    {},
    /has 20 rows for 4 units: an LSTM/,
  ],
  [
    "a bias of another length",
    [...lstm, ["rnn.bias_ih_l0", floats(12)]],
    {},
    /^m: "rnn.bias_ih_l0" is \[12\] and should be \[16\]/,
  ],
  [
    "a layer that is left out",
    [
      ["r.weight_ih_l1", floats(16, 3)],
      ["r.weight_hh_l1", floats(16, 4)],
    ],
    {},
    /one is missing/,
  ],
  [
    "whole numbers",
    [
      ["fc.weight", { dtype: "int32", dims: [1, 1], data: new Int32Array(1) }],
      ["fc.bias", floats(1)],
    ],
    {},
    /holds int32, not floating-point numbers$/,
  ],
])("refuses %s", (_, tensors, options, message) => {
  const read = () => fromPyTorch({ tensors: new Map(tensors), ordered: false }, "m", options);
  expect(read).toThrow(InputError);
  expect(read).toThrow(message);
});

test("the order in which layers were made is taken where it fits", () => {
  const tensors = new Map([...linear("b", 4, 4), ...linear("a", 4, 4)]);
  const { graph } = fromPyTorch({ tensors, ordered: true }, "m");
  expect(graph.inputs.map(({ name }) => name).slice(1)).toEqual(["b.weight", "b.bias", "a.weight", "a.bias"]);
});

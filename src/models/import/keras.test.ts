/** Keras's files compute what Keras computed with them: bench/keras-models.py wrote it down, with Keras 2 and 3. */
import { readFileSync } from "node:fs";
import { unzlibSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { modelOutputs, timeFirst } from "../../../test/model-outputs.ts";
import { mutated } from "../../../test/mutated.ts";
import { isZip, readArchive } from "../../data/archive.ts";
import { readHdf5 } from "../../data/hdf5/read.ts";
import { InputError } from "../../graph/errors.ts";
import type { ArrayTensor } from "../../graph/interpret.ts";
import type { Model } from "../../weights/model.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import { fromKeras } from "./keras.ts";
import { readConfig } from "./keras-config.ts";
import { kerasOfArchive, kerasOfHdf5 } from "./keras-file.ts";

interface Golden {
  title: string;
  keras: string;
  file: string;
  x: ArrayTensor;
  y: ArrayTensor;
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/goldens/keras-models.json", import.meta.url), "utf8"),
) as { cases: Golden[] };

const bytesOf = ({ file }: Golden): Uint8Array => unzlibSync(Buffer.from(file, "base64"));

function open(bytes: Uint8Array): Model {
  if (isZip(bytes)) return fromKeras(kerasOfArchive(readArchive(bytes, "m"), "m"), "m");
  return fromKeras(kerasOfHdf5(readHdf5(bytes, "m"), "m"), "m");
}

const named = cases.map((golden) => ({
  ...golden,
  format: isZip(bytesOf(golden)) ? "a .keras file" : "an HDF5 file",
}));

describe.each(named)("$title, $format of Keras $keras", (golden) => {
  test("computes what it computes in Keras", () => {
    const { y } = modelOutputs(open(bytesOf(golden)), { x: timeFirst(golden.x) });
    const wanted = golden.y.shape.length === 3 ? timeFirst(golden.y) : golden.y;
    expect(y.shape).toEqual(wanted.shape);
    expect(largestDifference(y.data, wanted.data)).toBeLessThan(3e-6); // Keras computes in float32.
  });
});

/** A model of one layer, with arrays of ones. */
function layerOf(kind: string, config: object, ...shapes: number[][]): () => Model {
  const layers = [
    { class_name: "InputLayer", config: { name: "in", batch_shape: [null, null, 2] } },
    { class_name: kind, config: { name: "layer", ...config } },
  ];
  const text = JSON.stringify({ class_name: "Sequential", config: { layers } });
  const tensors = shapes.map((dims): StoredTensor => {
    const size = dims.reduce((a, b) => a * b, 1);
    return { dtype: "float32", dims, data: new Float32Array(size).fill(1) };
  });
  return () =>
    fromKeras(
      { config: readConfig(text, 3, "m"), weights: ({ name }) => (name === "in" ? [] : tensors) },
      "m",
    );
}

test.each<[string, () => Model, RegExp]>([
  [
    "an unknown layer",
    layerOf("Conv1D", {}),
    /^m: layer "layer": a Conv1D can't be imported; these can: Activation, ActivityRegularization, Add,/,
  ],
  [
    "a layer without its numbers",
    layerOf("Dense", { units: 3 }),
    /layer "layer": it has only 0 arrays, and needs more$/,
  ],
  [
    "numbers of another shape",
    layerOf("Dense", { units: 3 }, [2, 4]),
    /its array 0 is \[2, 4\] and should be \[2, 3\]$/,
  ],
  ["numbers that are left over", layerOf("Dropout", {}, [2]), /has 1 arrays, and needs 0$/],
  [
    "an unknown activation",
    layerOf("Dense", { units: 1, activation: "gelu" }, [2, 1], [1]),
    /: the activation "gelu" is not known; known are hard_sigmoid, /,
  ],
  [
    "states as outputs",
    layerOf("LSTM", { units: 1, return_state: true }),
    /option return_state: states that are put out can't/,
  ],
  ["units that are missing", layerOf("GRU", {}), /layer "layer": GRU: option units: /],
  [
    "time as what is joined",
    layerOf("Concatenate", { axis: 1 }),
    /layer "layer": a Concatenate along axis 1 can't be imported/,
  ],
  ["widths that do not fit", layerOf("Dense", { units: 1 }, [3, 1], [1]), /layer "layer": dense "layer"/],
])("refuses %s", (_, read, message) => {
  expect(read).toThrow(InputError);
  expect(read).toThrow(message);
});

test.each<[string, string, RegExp]>([
  ["no JSON", "{", /^m: its configuration is damaged: /],
  ["no model", '{"class_name": "Sequential"}', /^m: its configuration is not that of a model of layers$/],
  [
    "a model of another kind",
    '{"class_name": "Net", "config": {"layers": []}}',
    /^m is a Net, neither a Sequential nor/,
  ],
  [
    "layers in a circle",
    '{"class_name":"Functional","config":{"layers":[{"class_name":"Dense","config":{"name":"a"},"inbound_nodes":[[["a",0,0,{}]]]}]}}',
    /^m: layer "a" reads "a", of which there is no such layer or a circle$/,
  ],
  [
    "a layer that is used twice",
    '{"class_name":"Functional","config":{"layers":[{"class_name":"Dense","config":{"name":"a"},"inbound_nodes":[[["x",0,0]],[["y",0,0]]]}]}}',
    /^m: layer "a" is used 2 times: export it as ONNX$/,
  ],
  ["brackets without end", "[".repeat(1_000_000), /^m: its configuration is damaged: /],
])("refuses a configuration that is %s", (_, text, message) => {
  expect(() => readConfig(text, 3, "m")).toThrow(message);
});

test("an old Sequential, whose first layer says how wide the input is, is read", () => {
  const config = [
    { class_name: "Dense", config: { name: "only", units: 2, batch_input_shape: [null, null, 3] } },
  ];
  const read = readConfig(JSON.stringify({ class_name: "Sequential", config }), 2, "m");
  const numbers: StoredTensor[] = [
    { dtype: "float32", dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { dtype: "float32", dims: [2], data: Float32Array.of(10, 20) },
  ];
  const model = fromKeras({ config: read, weights: ({ name }) => (name === "only" ? numbers : []) }, "m");
  const x = { shape: [1, 1, 3], data: Float64Array.of(1, 1, 2) };
  expect([...modelOutputs(model, { x }).y.data]).toEqual([1 + 3 + 10 + 10, 2 + 4 + 12 + 20]);
});

test("weights without a model say how to save the model", () => {
  const root = {
    attributes: new Map(),
    groups: new Map(),
    arrays: new Map(),
    texts: new Map(),
    references: new Map(),
  };
  expect(() => kerasOfHdf5(root, "m")).toThrow(/^m holds weights alone, .*: save the whole model in Keras/);
});

/** The bytes of whole numbers, 8 each. */
const longs = (...numbers: number[]) => Buffer.from(BigInt64Array.from(numbers.map(BigInt)).buffer);

test("an array that claims 10¹² rows is refused", () => {
  const bytes = Buffer.from(bytesOf(cases[0]));
  const dims = bytes.indexOf(longs(3, 16));
  expect(dims).toBeGreaterThan(0);
  longs(1e12).copy(bytes, dims);
  expect(() => open(bytes)).toThrow(
    /^m is a damaged HDF5 file: it points at 64000000000000 bytes from byte \d+ on/,
  );
});

test("a .keras file that would unpack to far more than itself is refused", () => {
  const bomb = zipSync({ "config.json": new Uint8Array(50_000_000) }, { level: 9 });
  expect(() => open(bomb)).toThrow(
    /^m: what it holds would be more than 20 times as large as the file itself$/,
  );
});

test("of 10,000 damaged files each is read, or refused with a reason", () => {
  const files = cases.map(bytesOf);
  let slowest = 0;
  for (let seed = 0; seed < 10_000; seed++) {
    const start = performance.now();
    try {
      open(mutated(files[seed % files.length], seed, { dense: true, cut: 0.1 }));
    } catch (error) {
      if (!(error instanceof InputError)) throw new Error(`seed ${seed}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(slowest).toBeLessThan(1000);
}, 60_000);

/** Raw variables of BasicLSTM models compute what their equations say, and predict text. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { frequencyPerplexity } from "../../../test/frequency-perplexity.ts";
import { modelOutputs } from "../../../test/model-outputs.ts";
import { InputError } from "../../graph/errors.ts";
import { inputsOf } from "../../graph/graph.ts";
import { compile } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import { openModel } from "../file.ts";
import { fromTensorFlow, readManifest, readVariable } from "./tensorflow.ts";

const data = new URL("../../../../shared/data/", import.meta.url);
const present = existsSync(data);

/** BasicLSTMCells over one another, straight from TensorFlow's rnn_cell_impl: gates i, j, f, o of [x, h] · kernel + bias. */
function reference(variables: ReadonlyMap<string, StoredTensor>, text: readonly number[]): number[][] {
  const find = (pattern: RegExp) => {
    const [, tensor] = [...variables].find(([name]) => pattern.test(name)) as [string, StoredTensor];
    return {
      columns: tensor.dims[tensor.dims.length - 1],
      data: Float64Array.from(tensor.data as Float32Array),
    };
  };
  const product = (x: readonly number[], matrix: ReturnType<typeof find>, bias: ReturnType<typeof find>) =>
    Array.from({ length: matrix.columns }, (_, column) =>
      x.reduce((sum, one, row) => sum + one * matrix.data[row * matrix.columns + column], bias.data[column]),
    );
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const embedding = find(/^embedding$/);
  const cells = [0, 1].map((level) => {
    const at = (part: string) => find(new RegExp(`cell_${level}/basic_lstm_cell/(${part})$`));
    const units = at("kernel|weights").columns / 4;
    return {
      kernel: at("kernel|weights"),
      bias: at("bias|biases"),
      units,
      c: Array(units).fill(0),
      h: Array(units).fill(0),
    };
  });
  return text.map((index) => {
    let x = [...embedding.data.slice(index * embedding.columns, (index + 1) * embedding.columns)];
    for (const cell of cells) {
      const sums = product([...x, ...cell.h], cell.kernel, cell.bias);
      const gate = (number: number, unit: number) => sums[number * cell.units + unit];
      cell.c = cell.c.map(
        (c, unit) => c * sigmoid(gate(2, unit) + 1) + sigmoid(gate(0, unit)) * Math.tanh(gate(1, unit)),
      );
      cell.h = cell.c.map((c, unit) => Math.tanh(c) * sigmoid(gate(3, unit)));
      x = cell.h;
    }
    return product(x, find(/softmax_w$/), find(/softmax_b$/));
  });
}

/** A model's folder, and text in the numbers of its characters. */
interface Case {
  name: string;
  text: string;
  /** The perplexity, against that of the characters' frequencies in the text alone. */
  share: number;
}

const shakespeare = present ? readFileSync(new URL("memory/tinyshakespeare.txt", data), "utf8") : "";
const wiki = present ? readFileSync(new URL("memory/wikitext2.test.txt", data), "utf8") : "";
const cases: Case[] = [
  { name: "shakespeare", text: shakespeare.slice(0, 4000), share: 0.2 },
  // Encyclopedic text, without the marks of its own, for a model of novels.
  {
    name: "charlotte_bronte",
    text: wiki
      .replace(/<unk>| @|@ |=/g, "")
      .replace(/ ([.,;])/g, "$1")
      .slice(0, 4000),
    share: 0.8,
  },
];

describe.skipIf(!present).each(cases)(
  "ml5's model of $name (needs ../shared/data)",
  ({ name, text, share }) => {
    const folder = new URL(`models/ml5_charRNN/${name}/`, data);
    const written: Record<string, number> = JSON.parse(readFileSync(new URL("vocab.json", folder), "utf8"));
    // The Shakespeare vocabulary was damaged when it was written: it calls "u" two spaces and "U" nothing.
    const vocabulary: Record<string, number> = {
      ...written,
      u: written.u ?? written["  "],
      U: written.U ?? written[""],
    };
    const numbers = [...text].map((one) => vocabulary[one]).filter((one) => one !== undefined);

    test("gives the sums that TensorFlow's equations give", async () => {
      const manifest = readManifest(readFileSync(new URL("manifest.json", folder), "utf8"), "manifest.json");
      const variables = Object.entries(manifest).map(
        ([variable, { filename, shape }]): [string, StoredTensor] => [
          variable,
          readVariable(readFileSync(new URL(filename, folder)), shape, filename),
        ],
      );
      const start = numbers.slice(0, 60);
      const model = await openModel(folder.pathname);
      const { y } = modelOutputs(model, { x: { shape: [60, 1], data: Float64Array.from(start) } });
      // One of our biases, f's, is a sum that is rounded to float32.
      expect(largestDifference(y.data, reference(new Map(variables), start).flat())).toBeLessThan(1e-5);
    });

    test("predicts text", async () => {
      const { graph, weights } = await openModel(folder.pathname);
      const session = await compile(graph);
      const fixed = [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
        path,
        tensor(weights[path], shape as number[]),
      ]);
      const x = tensor(Int32Array.from(numbers.slice(0, -1)), [numbers.length - 1, 1], "int32");
      const { y } = await session.run({ x, ...Object.fromEntries(fixed) });
      await session.release();
      const width = y.dims[2];
      const loss = numbers.slice(1).map((next, step) => {
        const sums = Array.from(y.data.subarray(step * width, (step + 1) * width) as Float32Array);
        return Math.log(sums.reduce((total, one) => total + Math.exp(one - sums[next]), 0));
      });
      const found = Math.exp(loss.reduce((a, b) => a + b, 0) / loss.length);
      const alone = frequencyPerplexity(numbers);
      console.log(
        `${name}, ${loss.length} characters: perplexity ${found.toFixed(2)} a character, of frequencies ${alone.toFixed(2)}`,
      );
      expect(found).toBeLessThan(share * alone);
    });
  },
);

const variable = (...dims: number[]): StoredTensor => ({
  dtype: "float32",
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
});

test("without an embedding, vectors come in", () => {
  const variables = new Map([
    ["rnn/basic_lstm_cell/kernel", variable(5, 8)],
    ["rnn/basic_lstm_cell/bias", variable(8)],
  ]);
  const { graph, weights } = fromTensorFlow(variables, "m", { forgetBias: 2 });
  expect(graph.inputs[0].shape.map(String)).toEqual(["time", "batch", "3"]);
  expect([...weights["rnn.basic_lstm_cell.bias"]]).toEqual([0, 0, 2, 2, 0, 0, 0, 0]);
});

test.each<[string, [string, StoredTensor][], RegExp]>([
  ["nothing", [], /^m holds no layers$/],
  [
    "another layer",
    [["conv/kernel", variable(3, 3)]],
    /^m: "conv\/kernel" \[3, 3\] belongs to none of the layers/,
  ],
  [
    "a kernel that has no room for inputs",
    [["basic_lstm_cell/kernel", variable(2, 8)]],
    /is \[2, 8\], and should be \[inputs \+ units, 4 × units\]$/,
  ],
  [
    "a missing bias",
    [["basic_lstm_cell/kernel", variable(5, 8)]],
    /^m: "basic_lstm_cell\/bias" is missing, and should be \[8\]$/,
  ],
  ["half a softmax", [["softmax_b", variable(8)]], /^m: "softmax_w" is missing$/],
])("refuses %s", (_, variables, message) => {
  expect(() => fromTensorFlow(new Map(variables), "m")).toThrow(InputError);
  expect(() => fromTensorFlow(new Map(variables), "m")).toThrow(message);
});

test.each([
  ["text", "{", /^m is no JSON/],
  ["a list", "[]", /^m: /],
  ["a way out of its folder", '{"a": {"filename": "../secret", "shape": [1]}}', /^m: option a.filename: /],
  ["sizes without end", '{"a": {"filename": "a", "shape": [1e12]}}', /^m: option a.shape.0: /],
])("refuses a manifest that is %s", (_, text, message) => {
  expect(() => readManifest(text, "m")).toThrow(InputError);
  expect(() => readManifest(text, "m")).toThrow(message);
});

test("a variable's file has the bytes that its shape needs", () => {
  expect(() => readVariable(new Uint8Array(7), [2], "a")).toThrow(
    /^a has 7 bytes, and \[2\] in float32 needs 8$/,
  );
});

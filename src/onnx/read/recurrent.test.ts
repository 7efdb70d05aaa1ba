/** ONNX's recurrent operators in all their options, against ONNX Runtime on the same bytes. */
import { describe, expect, test } from "vitest";
import { randomFeeds } from "../../../test/feeds.ts";
import {
  type AttributeValue,
  expectRuntimes,
  Float,
  graph,
  modelBytes,
  node,
  randomTensor,
  type Shaped,
} from "../../../test/onnx-models.ts";
import { allUnits } from "../../graph/graph.ts";
import { type ArrayTensor, interpret } from "../../graph/interpret.ts";
import { isLoopUnit } from "../../graph/schedule.ts";
import { readOnnx } from "./model.ts";

type Kind = "LSTM" | "GRU" | "RNN";

interface Options {
  title: string;
  attributes?: Record<string, AttributeValue>;
  /** What is given beside the sequence and the weights. */
  with?: ("bias" | "lengths" | "initial" | "memory" | "peepholes")[];
  batch?: number;
}

const [inputs, units, time] = [3, 4, 5];
const gates = { LSTM: 4, GRU: 3, RNN: 1 };

function modelOf(kind: Kind, { attributes = {}, with: given = [], batch = 2 }: Options): Uint8Array {
  const directions = attributes.direction === "bidirectional" ? 2 : 1;
  const batchFirst = attributes.layout === 1;
  const stateShape = batchFirst ? [batch, directions, units] : [directions, batch, units];
  const has = (what: NonNullable<Options["with"]>[number], name: string) =>
    given.includes(what) ? name : "";
  const declared: Record<string, Shaped> = {
    x: { shape: batchFirst ? [batch, "time", inputs] : ["time", batch, inputs] },
  };
  if (given.includes("lengths")) declared.lengths = { shape: [batch], type: "int32" };
  if (given.includes("initial")) declared.initial = { shape: stateShape };
  if (given.includes("memory")) declared.memory = { shape: stateShape };
  const operands = ["x", "W", "R", has("bias", "B"), has("lengths", "lengths"), has("initial", "initial")];
  if (kind === "LSTM") operands.push(has("memory", "memory"), has("peepholes", "P"));
  const names = kind === "LSTM" ? ["Y", "Y_h", "Y_c"] : ["Y", "Y_h"];
  const outputs = Object.fromEntries(names.map((name) => [name, {}]));
  const wide = gates[kind] * units;
  const weights = [
    randomTensor("W", [directions, wide, inputs]),
    randomTensor("R", [directions, wide, units]),
    randomTensor("B", [directions, 2 * wide]),
    randomTensor("P", [directions, 3 * units]),
  ].filter(({ name }) => operands.includes(name));
  const one = node(kind, operands, names, { hidden_size: units, ...attributes });
  return modelBytes(graph(declared, outputs, [one], weights));
}

const activations = [
  "Tanh",
  "Sigmoid",
  "Relu",
  "Affine",
  "LeakyRelu",
  "ThresholdedRelu",
  "ScaledTanh",
  "HardSigmoid",
  "Elu",
  "Softsign",
  "Softplus",
];
/** What ONNX Runtime takes for their parameters is not what ONNX's text says. */
const unsettled = ["Affine", "ThresholdedRelu", "ScaledTanh"];

const floats = (...numbers: number[]) => numbers.map((one) => new Float(one));

const everywhere: Options[] = [
  { title: "alone" },
  { title: "with a bias", with: ["bias"] },
  { title: "backward", attributes: { direction: "reverse" }, with: ["bias", "initial"] },
  { title: "in both directions", attributes: { direction: "bidirectional" }, with: ["bias", "initial"] },
  { title: "over sequences of unequal length", with: ["bias", "lengths"] },
  {
    title: "over sequences of unequal length, in both directions, from given states",
    attributes: { direction: "bidirectional" },
    with: ["bias", "lengths", "initial"],
  },
  { title: "with a clip", attributes: { clip: new Float(0.3) }, with: ["bias", "initial"] },
];

const lstms: Options[] = [
  ...everywhere,
  {
    title: "with everything",
    attributes: { direction: "bidirectional" },
    with: ["bias", "lengths", "initial", "memory", "peepholes"],
  },
  { title: "with coupled gates", attributes: { input_forget: 1 }, with: ["bias", "peepholes"] },
  {
    title: "with peepholes and a clip",
    attributes: { clip: new Float(0.4) },
    with: ["bias", "peepholes", "memory"],
  },
  {
    title: "with other activations in each direction",
    attributes: {
      direction: "bidirectional",
      activations: ["HardSigmoid", "Softsign", "LeakyRelu", "Sigmoid", "Elu", "Tanh"],
      activation_alpha: floats(0.3, 0.1, 0.7),
      activation_beta: floats(0.4),
    },
    with: ["bias"],
  },
];

const grus: Options[] = [
  ...everywhere,
  {
    title: "with the reset after the product",
    attributes: { linear_before_reset: 1 },
    with: ["bias", "initial"],
  },
  {
    title: "with the reset after the product, in both directions, without bias",
    attributes: { linear_before_reset: 1, direction: "bidirectional" },
    with: ["lengths"],
  },
  {
    title: "with other activations",
    attributes: {
      activations: ["HardSigmoid", "Softsign"],
      activation_alpha: floats(0.25),
      activation_beta: floats(0.45),
    },
    with: ["bias"],
  },
];

const rnns: Options[] = [
  ...everywhere,
  ...activations
    .filter((name) => !unsettled.includes(name))
    .map((name) => ({
      title: `with ${name}`,
      attributes: { activations: [name] },
      with: ["bias" as const],
    })),
  ...activations.map((name) => ({
    title: `with ${name} and its parameters`,
    attributes: { activations: [name], activation_alpha: floats(0.6), activation_beta: floats(0.35) },
  })),
];

const run = { run: { time }, fixed: { lengths: [3, 5] } };

describe("an LSTM", () => {
  test.each(lstms)("$title", async (options) => {
    const model = await expectRuntimes(modelOf("LSTM", options), run);
    expect(model.states).toBeUndefined();
  });
});

describe("a GRU", () => {
  test.each(grus)("$title", async (options) => {
    await expectRuntimes(modelOf("GRU", options), run);
  });
});

describe("an RNN", () => {
  test.each(rnns)("$title", async (options) => {
    await expectRuntimes(modelOf("RNN", options), run);
  });
});

test("activations without agreed parameters must have theirs", () => {
  const attributes = { activations: ["ScaledTanh"] };
  expect(() => readOnnx(modelOf("RNN", { title: "", attributes }))).toThrow(
    'model.onnx: node "/net/RNN" of type RNN: the activation "ScaledTanh" needs its activation_alpha',
  );
});

test("weights lie as in our own cells: gates side by side, one product with the input and one with the state", () => {
  const { graph, weights } = readOnnx(
    modelOf("LSTM", { title: "", with: ["bias", "peepholes"], attributes: { direction: "bidirectional" } }),
  );
  const shapes = graph.inputs
    .filter(({ role }) => role === "weight")
    .map(({ name, shape }) => `${name} ${shape.join(" × ")}`);
  const sides = ["forward", "reverse"];
  const wanted = sides.flatMap((side) => [
    `W.${side} 3 × 16`,
    `R.${side} 4 × 16`,
    `B.${side} 16`,
    `P.${side} 12`,
  ]);
  expect(shapes).toEqual(wanted);
  expect(Object.keys(weights)).toEqual(wanted.map((one) => one.split(" ")[0]));
  const given = randomTensor("W", [2, 16, 3]).floatData;
  const at = (gate: number, unit: number, input: number) => given[(gate * 4 + unit) * 3 + input];
  // i, o, f, g in ONNX; i, f, g, o here
  [0, 2, 3, 1].forEach((theirs, ours) => {
    expect(weights["W.forward"][2 * 16 + ours * 4 + 1]).toBe(Math.fround(at(theirs, 1, 2)));
  });
});

test.each(["LSTM", "GRU", "RNN"] as const)("an %s over one step is in place, without a loop", (kind) => {
  const { graph } = readOnnx(modelOf(kind, { title: "", with: ["bias"] }), { sizes: { time: 1 } });
  expect([...allUnits(Object.values(graph.outputs))].some(isLoopUnit)).toBe(false);
});

test("widths that do not fit are named", () => {
  const attributes = { hidden_size: 5 };
  expect(() => readOnnx(modelOf("GRU", { title: "", attributes }), { source: "gru.onnx" })).toThrow(
    'gru.onnx: node "/net/GRU" of type GRU: recurrent weights [1, 12, 4] do not fit 1 direction of 5 units',
  );
});

test.each(["LSTM", "GRU", "RNN"] as const)(
  "an %s with the batch first gives the same numbers, turned",
  (kind) => {
    // ONNX Runtime itself refuses this layout.
    const options: Options = {
      title: "",
      attributes: { direction: "bidirectional" },
      with: ["bias", "initial"],
    };
    const plain = readOnnx(modelOf(kind, options));
    const batchFirst = readOnnx(
      modelOf(kind, { ...options, attributes: { ...options.attributes, layout: 1 } }),
    );
    const feeds = randomFeeds(plain.graph, { sizes: { time } });
    for (const [path, data] of Object.entries(plain.weights)) feeds[path].data = Float64Array.from(data);
    const swap = ({ shape: [a, b, c], data }: ArrayTensor): ArrayTensor => ({
      shape: [b, a, c],
      data: Float64Array.from(
        data,
        (_, at) => data[((Math.floor(at / c) % a) * b + Math.floor(at / c / a)) * c + (at % c)],
      ),
    });
    const expected = interpret(plain.graph, feeds);
    const found = interpret(batchFirst.graph, { ...feeds, x: swap(feeds.x), initial: swap(feeds.initial) });
    expect(found.Y_h).toEqual(swap(expected.Y_h));
    const [steps, directions, batch, wide] = expected.Y.shape; // → [batch, time, directions, units]
    expect(found.Y.shape).toEqual([batch, steps, directions, wide]);
    expect(found.Y.data).toEqual(
      swap({ shape: [steps * directions, batch, wide], data: expected.Y.data }).data,
    );
  },
);

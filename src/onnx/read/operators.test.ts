/** Operators of other programs' models, in the versions they come in, against ONNX Runtime on the same bytes. */
import type { NodeProto, TensorProto } from "onnx-buf";
import { describe, expect, test } from "vitest";
import {
  type AttributeValue,
  type ElementName,
  expectRuntimes,
  Float,
  graph,
  modelBytes,
  node,
  type Run,
  randomTensor,
  type Shaped,
  tensorProto,
} from "../../../test/onnx-models.ts";
import { InputError } from "../../graph/errors.ts";
import { readOnnx } from "./model.ts";

interface Case extends Run {
  title: string;
  nodes: NodeProto[];
  inputs?: Record<string, Shaped>;
  outputs?: string[];
  /** The type of the outputs; float unless stated. */
  type?: ElementName;
  weights?: TensorProto[];
  opset?: number;
}

const ints = (name: string, ...numbers: number[]) => tensorProto(name, [numbers.length], numbers, "int64");
const float = (number: number) => new Float(number);

const bytesOf = ({
  nodes,
  inputs = { x: { shape: ["time", 4] } },
  outputs = ["y"],
  type,
  weights = [],
  opset,
}: Case) =>
  modelBytes(
    graph(inputs, Object.fromEntries(outputs.map((name) => [name, { type }])), nodes, weights),
    opset,
  );

const one = (
  op: string,
  attributes: Record<string, AttributeValue> = {},
  more: Partial<Case> = {},
): Case => ({
  title: `${op} ${JSON.stringify(attributes)} ${more.opset ?? ""}`,
  nodes: [node(op, ["x", ...(more.weights ?? []).map(({ name }) => name)], ["y"], attributes)],
  ...more,
});

const elementwise: Case[] = [
  ..."Abs Neg Exp Tanh Sigmoid Relu Elu Selu LeakyRelu HardSigmoid Softplus Softsign ThresholdedRelu HardSwish Sign Celu Reciprocal Mish Identity Dropout"
    .split(" ")
    .map((op) => one(op, {}, op === "Mish" ? { opset: 18 } : {})),
  one("LeakyRelu", { alpha: float(0.2) }),
  one("Erf"),
  one("Gelu", {}, { opset: 20 }),
  one("Gelu", { approximate: "tanh" }, { opset: 20 }),
  one("Elu", { alpha: float(0.5) }),
  one("ThresholdedRelu", { alpha: float(0.4) }),
  one("HardSigmoid", { alpha: float(0.3), beta: float(0.4) }),
  one("Clip", { min: float(-0.5), max: float(0.5) }, { opset: 7 }),
  one("Clip", {}, { weights: [tensorProto("low", [], [-0.5]), tensorProto("high", [], [0.25])] }),
  {
    title: "Clip from below alone",
    nodes: [node("Clip", ["x", "", "high"], ["y"])],
    weights: [tensorProto("high", [], [0.25])],
  },
  ...[2, 3].map((exponent) => one("Pow", {}, { weights: [tensorProto("by", [], [exponent])] })),
  {
    title: "Pow by other exponents",
    nodes: [node("Abs", ["x"], ["a"]), node("Pow", ["a", "by"], ["y"])],
    weights: [tensorProto("by", [4], [0.5, 1.5, -1, 0])],
  },
  one("Pow", {}, { weights: [tensorProto("by", [], [2], "int64")] }),
  one("PRelu", {}, { weights: [randomTensor("slope", [4])] }),
  ...["Softmax", "LogSoftmax"].flatMap((op) => [
    one(op),
    one(op, { axis: 0 }),
    one(op, { axis: 1 }, { opset: 11, inputs: { x: { shape: [2, 3, 4] } } }),
  ]),
  ..."Max Min Sum Mean".split(" ").map((op) => ({
    title: op,
    nodes: [node(op, ["x", "a", "b"], ["y"])],
    weights: [randomTensor("a", [4]), randomTensor("b", [1, 1])],
  })),
  ..."Less Greater LessOrEqual GreaterOrEqual"
    .split(" ")
    .map((op) => one(op, {}, { type: "bool", weights: [randomTensor("a", [4])] })),
  {
    title: "Where of comparisons",
    nodes: [
      node("Greater", ["x", "a"], ["g"]),
      node("Not", ["g"], ["l"]),
      node("Xor", ["g", "l"], ["e"]),
      node("And", ["g", "e"], ["c"]),
      node("Where", ["c", "x", "a"], ["y"]),
    ],
    weights: [randomTensor("a", [4])],
  },
  {
    title: "Cast there and back",
    nodes: [
      node("Mul", ["x", "ten"], ["t"]),
      node("Cast", ["t"], ["i"], { to: 7 }),
      node("Cast", ["i"], ["y"], { to: 1 }),
    ],
    weights: [tensorProto("ten", [], [10])],
  },
];

const boxes = { inputs: { x: { shape: [2, 3, 4] } } };

const layouts: Case[] = [
  one("Squeeze", { axes: [1] }, { opset: 7, inputs: { x: { shape: [2, 1, 4] } } }),
  one("Squeeze", {}, { inputs: { x: { shape: [2, 1, 4] } } }),
  one("Squeeze", {}, { inputs: { x: { shape: ["time", 1, 4] } }, weights: [ints("axes", -2)] }),
  one("Unsqueeze", { axes: [0, 3] }, { opset: 7 }),
  one("Unsqueeze", {}, { weights: [ints("axes", -1, 0)] }),
  one("Flatten", { axis: 2 }, boxes),
  one("Flatten", { axis: 0 }, boxes),
  one("Transpose", {}, boxes),
  one("Transpose", { perm: [1, 2, 0] }, boxes),
  one("Reshape", {}, { ...boxes, weights: [ints("shape", 0, -1)] }),
  one("Slice", { starts: [1, 0], ends: [-1, 2_147_483_647], axes: [2, 1] }, { ...boxes, opset: 9 }),
  one(
    "Slice",
    {},
    {
      ...boxes,
      weights: [ints("starts", -1, -9), ints("ends", -9, 2), ints("axes", 2, 1), ints("steps", -2, 1)],
    },
  ),
  one("Slice", {}, { weights: [ints("starts", 1), ints("ends", -1), ints("axes", 0), ints("steps", 2)] }),
  {
    title: "Split by an attribute",
    nodes: [node("Split", ["x"], ["y", "z"], { axis: 1, split: [1, 3] })],
    outputs: ["y", "z"],
    opset: 11,
  },
  {
    title: "Split by an input",
    nodes: [node("Split", ["x", "sizes"], ["y", "z"], { axis: -1 })],
    outputs: ["y", "z"],
    weights: [ints("sizes", 3, 1)],
  },
  {
    title: "Split unevenly",
    nodes: [node("Split", ["x"], ["y", "z", "w"], { axis: 1, num_outputs: 3 })],
    outputs: ["y", "z", "w"],
    inputs: { x: { shape: ["time", 5] } },
    opset: 18,
  },
  one("Gather", { axis: 1 }, { weights: [ints("at", 2, -1, 0)] }),
  one("Gather", { axis: 1 }, { weights: [tensorProto("at", [], [-2], "int64")] }),
  {
    title: "Gather from an embedding",
    nodes: [node("Gather", ["table", "ids"], ["y"])],
    inputs: { ids: { shape: ["time"], type: "int64" } },
    weights: [randomTensor("table", [5, 3])],
    fixed: { ids: [4, 0, 2] },
    run: { time: 3 },
  },
  one("Expand", {}, { weights: [ints("shape", 2, 1, 4)] }),
  one("Tile", {}, { weights: [ints("repeats", 2, 3)] }),
  ...["constant", "reflect", "edge"]
    .map((mode) => one("Pad", { mode }, { ...boxes, weights: [ints("pads", 0, 1, 2, 1, 0, 3)] }))
    .map((one) => one),
  one("Pad", { pads: [0, 1, 0, 2], value: float(0.5) }, { opset: 9 }),
  one("Pad", { mode: "reflect" }, { weights: [ints("pads", 2, 0, 1, 0)] }),
  one("CumSum", { exclusive: 1, reverse: 1 }, { weights: [tensorProto("axis", [], [0], "int64")] }),
  one("Trilu", { upper: 0 }, { inputs: { x: { shape: [3, 4] } } }),
  {
    title: "a shape computed from a shape",
    nodes: [
      node("Shape", ["x"], ["s"]),
      node("Gather", ["s", "first"], ["t"]),
      node("Mul", ["t", "two"], ["double"]),
      node("Concat", ["double", "rest"], ["to"], { axis: 0 }),
      node("Reshape", ["x", "to"], ["y"]),
    ],
    weights: [ints("first", 0), ints("two", 2), ints("rest", 2)],
  },
  {
    title: "zeros of a shape",
    nodes: [
      node("Shape", ["x"], ["s"]),
      node("ConstantOfShape", ["s"], ["c"], { value: tensorProto("v", [1], [0.25]) }),
      node("Add", ["x", "c"], ["y"]),
    ],
  },
  {
    title: "Expand to a shape chosen by Where",
    nodes: [
      node("Shape", ["x"], ["s"]),
      node("Equal", ["s", "minus"], ["e"]),
      node("Where", ["e", "ones", "s"], ["to"]),
      node("Expand", ["w", "to"], ["y"]),
    ],
    weights: [ints("minus", -1, -1), ints("ones", 1, 1), randomTensor("w", [4])],
  },
  {
    title: "positions by Range",
    nodes: [
      node("Shape", ["x"], ["s"]),
      node("Gather", ["s", "first"], ["t"]),
      node("Range", ["nil", "t", "step"], ["r"]),
      node("Cast", ["r"], ["f"], { to: 1 }),
      node("Unsqueeze", ["f", "axes"], ["u"]),
      node("Add", ["x", "u"], ["y"]),
    ],
    weights: [
      tensorProto("first", [], [0], "int64"),
      tensorProto("nil", [], [0], "int64"),
      tensorProto("step", [], [1], "int64"),
      ints("axes", 1),
    ],
  },
];

const images = { inputs: { x: { shape: [2, 4, 7, 6] } } };
const lines = { inputs: { x: { shape: ["batch", 4, "time"] } } };

const products: Case[] = [
  one("MatMul", {}, { weights: [randomTensor("net.weight", [4, 3])] }),
  one("MatMul", {}, { weights: [randomTensor("v", [4])] }),
  one(
    "Gemm",
    { transB: 1, alpha: float(0.5), beta: float(2) },
    { weights: [randomTensor("w", [3, 4]), randomTensor("b", [3])] },
  ),
  one("Gemm", { transA: 1 }, { inputs: { x: { shape: [4, 2] } }, weights: [randomTensor("w", [4, 3])] }),
  one(
    "Conv",
    { pads: [1, 2], strides: [2], dilations: [2] },
    { ...lines, weights: [randomTensor("w", [5, 4, 3]), randomTensor("b", [5])] },
  ),
  ...["SAME_UPPER", "SAME_LOWER", "VALID"].map((auto_pad) =>
    one("Conv", { auto_pad, strides: [2, 1] }, { ...images, weights: [randomTensor("w", [3, 4, 3, 2])] }),
  ),
  one("Conv", { group: 2, pads: [1, 1, 1, 1] }, { ...images, weights: [randomTensor("w", [6, 2, 3, 3])] }),
  one(
    "Conv",
    { group: 4, pads: [1, 0, 1, 1], strides: [2, 1] },
    { ...images, weights: [randomTensor("w", [8, 1, 3, 2]), randomTensor("b", [8])] },
  ),
  one("Conv", { group: 4, pads: [1, 1] }, { ...lines, weights: [randomTensor("w", [4, 1, 3])] }),
  one(
    "BatchNormalization",
    { epsilon: float(0.01) },
    {
      ...images,
      weights: [
        randomTensor("scale", [4]),
        randomTensor("shift", [4]),
        randomTensor("mean", [4]),
        tensorProto("variance", [4], [0.5, 1, 2, 3]),
      ],
    },
  ),
  one(
    "LayerNormalization",
    { axis: -1 },
    { weights: [randomTensor("scale", [4]), randomTensor("shift", [4])] },
  ),
  one(
    "InstanceNormalization",
    {},
    { ...images, weights: [randomTensor("scale", [4]), randomTensor("shift", [4])] },
  ),
  one("MaxPool", { kernel_shape: [3, 2], pads: [1, 0, 1, 1], strides: [2, 1] }, images),
  one("MaxPool", { kernel_shape: [2], strides: [2] }, lines),
  one("AveragePool", { kernel_shape: [3, 2], pads: [1, 0, 1, 1] }, images),
  one("AveragePool", { kernel_shape: [3, 2], pads: [1, 0, 1, 1], count_include_pad: 1 }, images),
  one("GlobalAveragePool", {}, images),
  one("GlobalMaxPool", {}, images),
];

const reduced =
  "ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp".split(" ");

const reductions: Case[] = [
  ...reduced.map((op) =>
    one(
      op,
      { ...(op === "ReduceSum" ? {} : { axes: [-1] }), keepdims: 0 },
      op === "ReduceSum" ? { weights: [ints("axes", -1)] } : { opset: 12 },
    ),
  ),
  ...reduced.map((op) => one(op, {}, { weights: [ints("axes", 0)], opset: 18 })),
  one("ReduceSum", { axes: [0] }, { opset: 11 }),
  one("ReduceMean"),
  one("ArgMax", { axis: 1, keepdims: 0 }, { type: "int64" }),
  one("ArgMin", { axis: 0 }, { type: "int64" }),
];

const body = graph({ h: { shape: [4] }, e: { shape: [4] } }, { next: {}, out: {} }, [
  node("Add", ["h", "e"], ["s"]),
  node("Tanh", ["s"], ["next"]),
  node("Mul", ["next", "gain"], ["out"]),
]);
const counted = graph(
  { step: { type: "int64", shape: [] }, on: { type: "bool", shape: [] }, h: { shape: [4] } },
  { on2: { type: "bool" }, next: {}, out: {} },
  [
    node("Identity", ["on"], ["on2"]),
    node("Cast", ["step"], ["f"], { to: 1 }),
    node("Add", ["h", "f"], ["next"]),
    node("Mul", ["next", "gain"], ["out"]),
  ],
);
const start = [randomTensor("h0", [4]), randomTensor("gain", [4])];

const loops: Case[] = [
  {
    title: "Scan",
    nodes: [node("Scan", ["h0", "x"], ["last", "y"], { body, num_scan_inputs: 1 })],
    outputs: ["last", "y"],
    weights: start,
  },
  {
    title: "Scan backward, put out forward, along other axes",
    nodes: [
      node("Scan", ["h0", "x"], ["last", "y"], {
        body,
        num_scan_inputs: 1,
        scan_input_directions: [1],
        scan_input_axes: [1],
        scan_output_axes: [1],
      }),
    ],
    inputs: { x: { shape: [4, "time"] } },
    outputs: ["last", "y"],
    weights: start,
  },
  {
    title: "Loop that counts",
    nodes: [node("Loop", ["count", "yes", "x"], ["last", "y"], { body: counted })],
    inputs: { x: { shape: [4] } },
    outputs: ["last", "y"],
    weights: [...start, tensorProto("count", [], [3], "int64"), tensorProto("yes", [], [1], "bool")],
  },
  {
    title: "If by a shape",
    nodes: [
      node("Shape", ["x"], ["s"]),
      node("Size", ["s"], ["rank"]),
      node("Equal", ["rank", "two"], ["flat"]),
      node("If", ["flat"], ["y"], {
        then_branch: graph({}, { a: {} }, [node("Exp", ["x"], ["a"])]),
        else_branch: graph(
          {},
          { b: {} },
          [node("Foo", ["x"], ["b"])].slice(1).concat(node("Neg", ["x"], ["b"])),
        ),
      }),
    ],
    weights: [tensorProto("two", [], [2], "int64")],
  },
];

const all = { elementwise, layouts, products, reductions, loops };

describe.each(Object.entries(all))("%s", (_, cases) => {
  test.each(cases)("$title", async (one) => {
    await expectRuntimes(bytesOf(one), { run: { time: 5, batch: 2, ...one.run }, fixed: one.fixed });
  });
});

test("a dense layer's weight lies as products here read it, whatever way round the file has it", () => {
  const w = randomTensor("fc.weight", [3, 4]);
  const model = readOnnx(bytesOf(one("Gemm", { transB: 1 }, { weights: [w, randomTensor("fc.bias", [3])] })));
  expect(Object.keys(model.weights)).toEqual(["fc.weight", "fc.bias"]);
  expect(model.graph.inputs.map(({ name, shape }) => `${name} [${shape}]`)).toEqual([
    "x [time,4]",
    "fc.weight [4,3]",
    "fc.bias [3]",
  ]);
  expect(model.weights["fc.weight"][1]).toBe(w.floatData[4]);
});

test("weights that exporters only number get their node's name", () => {
  const product = { ...node("MatMul", ["x", "onnx::MatMul_12"], ["y"]), name: "/head/MatMul" };
  const bytes = modelBytes(
    graph({ x: { shape: ["time", 4] } }, { y: {} }, [product], [randomTensor("onnx::MatMul_12", [4, 2])]),
  );
  expect(Object.keys(readOnnx(bytes).weights)).toEqual(["head.weight"]);
});

test("an input can be fixed, and open sizes given numbers or other names", () => {
  const bytes = bytesOf({
    title: "",
    nodes: [node("Mul", ["x", "rate"], ["y"])],
    inputs: { x: { shape: ["sequence", undefined] }, rate: { shape: [] } },
  });
  const { graph: found } = readOnnx(bytes, { sizes: { sequence: "time", "x.1": 3 }, values: { rate: 2 } });
  expect(found.inputs.map(({ name, shape }) => `${name} [${shape}]`)).toEqual(["x [time,3]"]);
  expect(() => readOnnx(bytes, { sizes: { length: 2 } })).toThrow(
    'model.onnx: it has no open size "length", only "sequence", "x.1"',
  );
  expect(() => readOnnx(bytes, { values: { speed: 2 } })).toThrow(
    'model.onnx: it has no input "speed", only "x", "rate"',
  );
});

test("a branch that can't be known says what to fix", () => {
  const branches = {
    then_branch: graph({}, { a: {} }, [node("Exp", ["x"], ["a"])]),
    else_branch: graph({}, { b: {} }, [node("Neg", ["x"], ["b"])]),
  };
  const inputs: Record<string, Shaped> = { x: { shape: [2] }, fast: { shape: [], type: "bool" } };
  const bytes = bytesOf({ title: "", nodes: [node("If", ["fast"], ["y"], branches)], inputs });
  expect(() => readOnnx(bytes)).toThrow(InputError);
  expect(() => readOnnx(bytes)).toThrow(
    'model.onnx: node "/net/If" of type If: whether "fast" holds is not known when the model is read: fix an input by values',
  );
  expect(readOnnx(bytes, { values: { fast: 0 } }).graph.outputs.y.node.op).toBe("neg");
});

describe("states of a model of one step", () => {
  const step = (before: string, after: string, more: Record<string, Shaped> = {}) =>
    modelBytes(
      graph({ x: { shape: [1, 2] }, [before]: { shape: [1, 2] }, ...more }, { [after]: {}, y: {} }, [
        node("Add", ["x", before], [after]),
        node("Neg", [after], ["y"]),
      ]),
    );

  test.each([
    ["state", "stateN"],
    ["h_in", "h_out"],
    ["h0", "hn"],
    ["cache", "new_cache"],
    ["h", "h_n"],
  ])("%s becomes %s", (before, after) => {
    expect(readOnnx(step(before, after)).states).toEqual({ [before]: after });
  });

  test("are left out where names say nothing", () => {
    expect(readOnnx(step("a", "b")).states).toBeUndefined();
  });

  test("can be said", () => {
    expect(readOnnx(step("a", "b"), { states: { a: "b" } }).states).toEqual({ a: "b" });
    expect(() => readOnnx(step("a", "b"), { states: { a: "c" } })).toThrow(
      'model.onnx: state "a" becomes "c": the graph has no output of that name',
    );
  });
});

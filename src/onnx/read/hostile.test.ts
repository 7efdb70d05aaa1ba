/** Files that are broken, or made to do harm: each ends in an error that says what is wrong, or in a model, and soon. */
import { existsSync, readFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
} from "onnx-buf";
import { describe, expect, test } from "vitest";
import { graph, modelBytes, node, randomTensor, tensorProto } from "../../../test/onnx-models.ts";
import { InputError } from "../../graph/errors.ts";
import { tanh } from "../../graph/functions.ts";
import { trace } from "../../graph/graph.ts";
import { scan } from "../../graph/scan.ts";
import { filled, weight } from "../../graph/value.ts";
import { random } from "../../weights/random.ts";
import { writeOnnx } from "../write.ts";
import { readOnnx } from "./model.ts";

const x = { x: { shape: ["time", 3] } };
const y = { y: {} };
const file = { source: "bad.onnx" };

/** Milliseconds that the processor has worked: other programs make it take longer by the clock alone. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("what can't be is named", () => {
  const cases: [string, Uint8Array, string | RegExp][] = [
    ["an empty file", new Uint8Array(), "bad.onnx: this is no ONNX model: it has no graph"],
    ["text", new TextEncoder().encode("no model at all"), /^bad\.onnx: this is no ONNX model/],
    [
      "a length past the end",
      Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f, 1),
      /^bad\.onnx: this is no ONNX model, or a broken one: what begins before byte \d+ does not end within the 7 bytes/,
    ],
    [
      "an operator that is not known",
      modelBytes(graph(x, y, [node("Foo", ["x"], ["y"])])),
      'bad.onnx: node "/net/Foo" of type Foo: there is nothing here that computes this operator',
    ],
    [
      "a cycle",
      modelBytes(
        graph(x, y, [node("Add", ["x", "b"], ["a"]), node("Neg", ["a"], ["b"]), node("Neg", ["b"], ["y"])]),
      ),
      'bad.onnx: node "/net/Add" of type Add: it reads "b", which nothing before it computes',
    ],
    [
      "an output that nothing computes",
      modelBytes(graph(x, y, [])),
      'bad.onnx: nothing computes the output "y"',
    ],
    [
      "a name given twice",
      modelBytes(graph(x, y, [node("Neg", ["x"], ["y"]), node("Abs", ["x"], ["y"])])),
      'bad.onnx: "y" names two tensors of one graph',
    ],
    [
      "numbers that do not fill their shape",
      modelBytes(graph(x, y, [node("Add", ["x", "w"], ["y"])], [tensorProto("w", [2], [1, 2, 3])])),
      'bad.onnx: tensor "w": its 3 numbers do not fill the shape [2]',
    ],
    [
      "a tensor of 10^12 numbers",
      modelBytes(graph(x, y, [node("Add", ["x", "w"], ["y"])], [tensorProto("w", [1e6, 1e6], [1])])),
      'bad.onnx: tensor "w": a shape of [1000000, 1000000] makes no sense',
    ],
    [
      "an old version",
      modelBytes(graph(x, y, [node("Neg", ["x"], ["y"])]), 6),
      "bad.onnx: its operators are of version 6; 7 and later can be read",
    ],
    [
      "ConstantOfShape of 10^12",
      modelBytes(
        graph(
          x,
          y,
          [node("ConstantOfShape", ["s"], ["c"]), node("Add", ["c", "x"], ["y"])],
          [tensorProto("s", [2], [1e6, 1e6], "int64")],
        ),
      ),
      'bad.onnx: node "/net/ConstantOfShape" of type ConstantOfShape: its result [1000000, 1000000] has more elements than any model needs',
    ],
  ];

  test.each(cases)("%s", (_, bytes, message) => {
    expect(() => readOnnx(bytes, file)).toThrow(InputError);
    expect(() => readOnnx(bytes, file)).toThrow(message);
  });

  test("numbers in another file", () => {
    const w = { ...tensorProto("w", [3], []), dataLocation: 1 };
    expect(() => readOnnx(modelBytes(graph(x, y, [node("Add", ["x", "w"], ["y"])], [w])), file)).toThrow(
      'bad.onnx: tensor "w": its numbers lie in another file',
    );
  });

  test("states and thresholds that make no sense", () => {
    const model = fromBinary(ModelProtoSchema, modelBytes(graph(x, y, [node("Neg", ["x"], ["y"])])));
    const saying = (key: string, value: string) => {
      const { metadataProps } = fromBinary(ModelProtoSchema, toBinary(ModelProtoSchema, model));
      metadataProps.push({ $typeName: "onnx.StringStringEntryProto", key, value });
      return toBinary(ModelProtoSchema, { ...model, metadataProps });
    };
    expect(() => readOnnx(saying("gatefold.states", "[1]"), file)).toThrow(
      'bad.onnx: its metadata "gatefold.states" must be an object of names and strings',
    );
    expect(() => readOnnx(saying("gatefold.states", '{"x":"z"}'), file)).toThrow(
      'bad.onnx: state "x" becomes "z"',
    );
    expect(() => readOnnx(saying("gatefold.thresholds", '{"w":1}'), file)).toThrow(
      'bad.onnx: its metadata "gatefold.thresholds" give 1 for "w"',
    );
  });
});

describe("what would take too long or too much is refused at once", () => {
  test("graphs in graphs in graphs", () => {
    let inner = graph({}, y, [node("Identity", ["x"], ["y"])]);
    for (let depth = 0; depth < 30; depth++)
      inner = graph({}, y, [
        node("If", ["yes"], ["y"], {
          then_branch: inner,
          else_branch: inner.node.length ? graph({}, y, []) : inner,
        }),
      ]);
    const whole = create(GraphProtoSchema, {
      ...inner,
      input: graph(x, {}, []).input,
      initializer: [tensorProto("yes", [], [1], "bool")],
    });
    expect(() => readOnnx(modelBytes(whole), file)).toThrow("bad.onnx: graphs are nested more than 16 deep");
  });

  test("a million empty nodes", () => {
    const nodes = Array.from({ length: 1_000_000 }, () => create(NodeProtoSchema));
    const bytes = modelBytes(graph(x, y, nodes));
    expect(() => readOnnx(bytes, file)).toThrow("bad.onnx: the file has more than 250000 parts");
  });

  test("numbers that double forty times", () => {
    const doubled = Array.from({ length: 40 }, (_, at) =>
      node("Concat", [`c${at}`, `c${at}`], [`c${at + 1}`], { axis: 0 }),
    );
    const last = node("Identity", ["c40"], ["y"]);
    const bytes = modelBytes(
      graph(x, y, [...doubled, last], [tensorProto("c0", [4], [1, 2, 3, 4], "int64")]),
    );
    expect(() => readOnnx(bytes, file)).toThrow("to read the file would take more computing");
  });

  test("large numbers that are rearranged again and again", () => {
    const count = 20_000;
    const turned = Array.from({ length: count }, (_, at) =>
      node("Transpose", ["w"], [`w${at}`], { perm: [1, 0] }),
    );
    const added = Array.from({ length: count }, (_, at) =>
      node("Add", [at === 0 ? "x" : `y${at}`, `w${at}`], [`y${at + 1}`]),
    );
    const all = [...turned, ...added, node("Identity", [`y${count}`], ["y"])];
    const bytes = modelBytes(
      graph({ x: { shape: [400, 400] } }, y, all, [tensorProto("w", [400, 400], Array(160_000).fill(1))]),
    );
    const start = processorTime();
    readOnnx(bytes, file);
    expect(processorTime() - start).toBeLessThan(5000);
  });

  test("whole numbers that are added again and again", () => {
    const count = 20_000;
    const added = Array.from({ length: count }, (_, at) => node("Add", [`n${at}`, "n0"], [`n${at + 1}`]));
    const all = [...added, node("Identity", [`n${count}`], ["y"])];
    const bytes = modelBytes(graph(x, y, all, [tensorProto("n0", [50_000], Array(50_000).fill(1), "int64")]));
    expect(() => readOnnx(bytes, file)).toThrow(
      "to read the file would take more computing than any model's shapes do",
    );
  });

  test("a chain of 60,000 nodes is read", () => {
    const chain = Array.from({ length: 60_000 }, (_, at) =>
      node("Neg", [at === 0 ? "x" : `n${at}`], [`n${at + 1}`]),
    );
    const bytes = modelBytes(graph(x, y, [...chain, node("Identity", ["n60000"], ["y"])]));
    expect(readOnnx(bytes, file).graph.outputs.y.shape.join()).toBe("time,3");
  });

  test("sizes that multiply without end", () => {
    const squared = Array.from({ length: 40 }, (_, at) => node("Mul", [`s${at}`, `s${at}`], [`s${at + 1}`]));
    const nodes = [
      node("Shape", ["x"], ["shape"]),
      node("Add", ["shape", "one"], ["s0"]),
      ...squared,
      node("Identity", ["s40"], ["y"]),
    ];
    const bytes = modelBytes(
      graph({ x: { shape: ["a", "b"] } }, y, nodes, [tensorProto("one", [1], [1], "int64")]),
    );
    expect(() => readOnnx(bytes, file)).toThrow(/the sizes of its result are too complicated/);
  });
});

const own = (() => {
  const net = trace({ x: ["time", "batch", 3] }, ({ x }) => {
    const { outputs } = scan({
      states: { h: filled(0, ["batch", 2]) },
      sequences: { x },
      step: ({ h }, { x }) => {
        const next = tanh(x.matmul(weight("input", [3, 2])).add(h.matmul(weight("recurrent", [2, 2]))));
        return { states: { h: next }, outputs: { h: next } };
      },
    });
    return { y: outputs.h.sum(0) };
  });
  return writeOnnx({ graph: net, weights: { input: new Float32Array(6), recurrent: new Float32Array(4) } });
})();

const foreign = modelBytes(
  graph(
    { x: { shape: ["time", 1, 3] } },
    { z: {}, h: {} },
    [
      node("Shape", ["x"], ["shape"]),
      node("Gather", ["shape", "zero"], ["time"]),
      node("Concat", ["time", "four"], ["flat"], { axis: 0 }),
      node("LSTM", ["x", "W", "R", "B"], ["Y", "h"], { hidden_size: 2, direction: "bidirectional" }),
      node("Transpose", ["Y"], ["turned"], { perm: [0, 2, 1, 3] }),
      node("Reshape", ["turned", "flat"], ["rows"]),
      node("Slice", ["rows", "zero", "end", "zero"], ["some"]),
      node("MatMul", ["some", "V"], ["scores"]),
      node("Softmax", ["scores"], ["shares"], { axis: -1 }),
      node("Tile", ["shares", "repeats"], ["z"]),
    ],
    [
      randomTensor("W", [2, 8, 3]),
      randomTensor("R", [2, 8, 2]),
      randomTensor("B", [2, 16]),
      randomTensor("V", [4, 3]),
      tensorProto("zero", [1], [0], "int64"),
      tensorProto("four", [1], [4], "int64"),
      tensorProto("end", [1], [99_999_999_999], "int64"),
      tensorProto("repeats", [2], [1, 2], "int64"),
    ],
  ),
);

type Draw = (below: number) => number;

/** Flips bits, cuts, copies parts elsewhere, and writes bytes that say much. */
function mutateBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  const changed = bytes.slice();
  const kind = draw(4);
  if (kind === 0) return changed.subarray(0, draw(bytes.length));
  for (let count = draw(4); count >= 0; count--) {
    const at = draw(bytes.length);
    if (kind === 1) changed[at] ^= 1 << draw(8);
    if (kind === 2) changed[at] = [0, 1, 127, 128, 255][draw(5)];
    if (kind === 3) changed.copyWithin(draw(bytes.length), at, at + draw(64));
  }
  return changed;
}

const large = [0n, 1n, -1n, 2n, 7n, -5n, 10n ** 6n, 1n << 31n, 10n ** 12n, (1n << 63n) - 1n, -(1n << 63n)];
const others = [
  "Add",
  "Concat",
  "Conv",
  "Expand",
  "Gather",
  "GRU",
  "If",
  "Loop",
  "MatMul",
  "Pad",
  "Range",
  "Reshape",
  "Scan",
  "Slice",
  "Split",
  "Tile",
  "Transpose",
  "Trilu",
  "Where",
  "ConstantOfShape",
  "BatchNormalization",
  "OneHot",
  "Max",
];

/** Changes what a file says: operators, inputs, attributes, shapes, numbers. */
function mutateModel(bytes: Uint8Array, draw: Draw): Uint8Array {
  const model: ModelProto = fromBinary(ModelProtoSchema, bytes);
  const graphs: GraphProto[] = [model.graph!];
  for (const { node } of graphs)
    for (const { attribute } of node) for (const { g } of attribute) if (g) graphs.push(g);
  const one = <T>(of: readonly T[]): T => of[draw(of.length)];
  for (let count = draw(3); count >= 0; count--) {
    const { node: nodes, input, initializer } = one(graphs);
    const changed = one(nodes);
    const names = [...nodes.flatMap(({ output }) => output), ...input.map(({ name }) => name)];
    const changes: (() => void)[] = [
      () => {
        changed.opType = one(others);
      },
      () => {
        changed.input[draw(changed.input.length + 1)] = one(names);
      },
      () => {
        changed.input.splice(draw(4), 1);
      },
      () => {
        for (const attribute of changed.attribute) attribute.i = one(large);
      },
      () => {
        for (const { ints } of changed.attribute) if (ints.length > 0) ints[draw(ints.length)] = one(large);
      },
      () => {
        if (initializer.length > 0) one(initializer).dims[0] = one(large);
      },
      () => {
        for (const { int64Data } of initializer) if (int64Data.length > 0) int64Data[0] = one(large);
      },
    ];
    one(changes)();
  }
  return toBinary(ModelProtoSchema, model);
}

describe.each([
  { title: "our own file", bytes: own },
  { title: "a file from elsewhere", bytes: foreign },
])("$title", ({ title, bytes }) => {
  test.each([
    { way: "its bytes", mutate: mutateBytes },
    { way: "what it says", mutate: mutateModel },
  ])(
    "2500 random changes of $way end in a model or in an InputError, within a second each",
    ({ way, mutate }) => {
      const stream = random(5).stream(`${title}: ${way}`);
      const draw: Draw = (below) => Math.floor(stream.uniform() * below);
      const ends = { model: 0, error: 0 };
      for (let count = 0; count < 2500; count++) {
        const changed = mutate(bytes, draw);
        const start = processorTime();
        try {
          readOnnx(changed);
          ends.model++;
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          ends.error++;
        }
        expect(processorTime() - start).toBeLessThan(1000);
      }
      expect(ends.model).toBeGreaterThan(50);
      expect(ends.error).toBeGreaterThan(500);
    },
  );
});

const published = "../shared/data/models/silero_vad/silero_vad_16k_op15.onnx";

test.skipIf(!existsSync(published))("30 random changes of the bytes of a published model end so too", () => {
  const bytes = new Uint8Array(readFileSync(published));
  const stream = random(9).stream("published");
  for (let count = 0; count < 30; count++) {
    const changed = mutateBytes(bytes, (below) => Math.floor(stream.uniform() * below));
    const start = processorTime();
    try {
      readOnnx(changed, { sizes: { batch: 1, sequence: 576 } });
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
    }
    expect(processorTime() - start).toBeLessThan(1000);
  }
});

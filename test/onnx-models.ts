/** ONNX models written by hand, as other programs write them, and ONNX Runtime's results for them. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import { evaluateSize } from "../src/graph/dim.ts";
import { interpret } from "../src/graph/interpret.ts";
import { type ReadOnnxOptions, readOnnx } from "../src/onnx/read/model.ts";
import { random } from "../src/weights/random.ts";
import { largestDifference } from "./everywhere.ts";

export type ElementName = "float" | "int64" | "int32" | "bool" | "double";

const types: Record<ElementName, TensorProto_DataType> = {
  float: TensorProto_DataType.FLOAT,
  int64: TensorProto_DataType.INT64,
  int32: TensorProto_DataType.INT32,
  bool: TensorProto_DataType.BOOL,
  double: TensorProto_DataType.DOUBLE,
};

/** A number with a decimal point, whatever it is: attributes tell 1 from 1.0. */
export class Float {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}

export type AttributeValue =
  | number
  | Float
  | string
  | number[]
  | Float[]
  | string[]
  | TensorProto
  | GraphProto;

export interface Shaped {
  type?: ElementName;
  shape?: (number | string | undefined)[];
}

export function tensorProto(
  name: string,
  dims: readonly number[],
  data: readonly number[],
  type: ElementName = "float",
) {
  const values = {
    float: { floatData: [...data] },
    double: { doubleData: [...data] },
    int64: { int64Data: type === "int64" ? data.map(BigInt) : [] },
    int32: { int32Data: [...data] },
    bool: { int32Data: [...data] },
  }[type];
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: types[type], ...values });
}

/** A tensor of random numbers in (−0.8, 0.8), the same for a name each time. */
export function randomTensor(name: string, dims: readonly number[]): TensorProto {
  const stream = random(7).stream(name);
  const count = dims.reduce((a, b) => a * b, 1);
  return tensorProto(
    name,
    dims,
    Array.from({ length: count }, () => Math.fround(1.6 * stream.uniform() - 0.8)),
  );
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  const Type = AttributeProto_AttributeType;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const make = (): Partial<AttributeProto> => {
    if (typeof value === "number") return { type: Type.INT, i: BigInt(value) };
    if (typeof value === "string") return { type: Type.STRING, s: bytes(value) };
    if (value instanceof Float) return { type: Type.FLOAT, f: value.number };
    if (!Array.isArray(value))
      return value.$typeName === "onnx.GraphProto"
        ? { type: Type.GRAPH, g: value }
        : { type: Type.TENSOR, t: value };
    const [first] = value;
    if (first instanceof Float)
      return { type: Type.FLOATS, floats: (value as Float[]).map(({ number }) => number) };
    if (typeof first === "string") return { type: Type.STRINGS, strings: (value as string[]).map(bytes) };
    return { type: Type.INTS, ints: (value as number[]).map(BigInt) };
  };
  return create(AttributeProtoSchema, { name, ...make() } as never);
}

/** node("Add", ["x", "y"], ["z"]) */
export function node(
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, AttributeValue> = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
  return create(NodeProtoSchema, { name: `/net/${opType}`, opType, input, output, attribute });
}

export function graph(
  inputs: Record<string, Shaped>,
  outputs: Record<string, Shaped>,
  nodes: NodeProto[],
  initializer: TensorProto[] = [],
): GraphProto {
  const infos = (of: Record<string, Shaped>) =>
    Object.entries(of).map(([name, { type = "float", shape }]) => {
      const dim = shape?.map((size) =>
        size === undefined
          ? {}
          : typeof size === "number"
            ? { value: { case: "dimValue" as const, value: BigInt(size) } }
            : { value: { case: "dimParam" as const, value: size } },
      );
      return create(ValueInfoProtoSchema, {
        name,
        type: {
          value: { case: "tensorType", value: { elemType: types[type], ...(dim && { shape: { dim } }) } },
        },
      });
    });
  return create(GraphProtoSchema, {
    name: "net",
    node: countNames(nodes),
    input: infos(inputs),
    output: infos(outputs),
    initializer,
  });
}

/** Names that come twice are counted, as exporters do. */
function countNames(nodes: readonly NodeProto[]): NodeProto[] {
  const counts = new Map<string, number>();
  return nodes.map((one) => {
    const count = counts.get(one.name) ?? 0;
    counts.set(one.name, count + 1);
    return count === 0 ? one : { ...one, name: `${one.name}_${count}` };
  });
}

export function modelBytes(of: GraphProto, opset = 17): Uint8Array<ArrayBuffer> {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: "", version: BigInt(opset) }],
      graph: of,
    }),
  );
}

export interface Run extends ReadOnnxOptions {
  /** What open sizes are in the run. */
  run?: Record<string, number>;
  fixed?: Record<string, number[]>;
}

/** Expects a model to be read as a graph that computes what ONNX Runtime does; gives the model. */
export async function expectRuntimes(bytes: Uint8Array, { run = {}, fixed = {}, ...options }: Run = {}) {
  const model = readOnnx(bytes, options);
  const feeds: Record<string, { shape: number[]; data: Float64Array }> = {};
  const theirs: Record<string, ort.Tensor> = {};
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  for (const { name, role, shape, dtype } of model.graph.inputs) {
    const sizes = shape.map((size) => evaluateSize(size, new Map(Object.entries(run))));
    if (role === "weight") {
      feeds[name] = { shape: sizes, data: Float64Array.from(model.weights[name]) };
      continue;
    }
    const stream = random(11).stream(name);
    const count = sizes.reduce((a, b) => a * b, 1);
    const data = fixed[name] ?? Array.from({ length: count }, () => Math.fround(3 * stream.uniform() - 1.5));
    feeds[name] = { shape: sizes, data: Float64Array.from(data) };
    const metadata = session.inputMetadata.find((one) => one.name === name) as { type: string };
    theirs[name] =
      dtype === "int32" && metadata.type === "int64"
        ? new ort.Tensor("int64", BigInt64Array.from(data.map(BigInt)), sizes)
        : new ort.Tensor(
            dtype as "float32",
            dtype === "int32"
              ? Int32Array.from(data)
              : dtype === "bool"
                ? Uint8Array.from(data)
                : (Float32Array.from(data) as never),
            sizes,
          );
  }
  const expected = await session.run(theirs);
  const found = interpret(model.graph, feeds);
  for (const [name, { dims, data }] of Object.entries(expected)) {
    expect(found[name].shape, name).toEqual([...dims]);
    const numbers = Float64Array.from(data as Iterable<number>, Number);
    expect(largestDifference(found[name].data, numbers), name).toBeLessThan(3e-6);
  }
  await session.release();
  return model;
}

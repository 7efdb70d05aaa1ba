/** ONNX file → model. */
import type { GraphProto, ModelProto, ValueInfoProto } from "onnx-buf";
import {
  addSizes,
  floorDivide,
  multiplySizes,
  namesOf,
  reduceDim,
  type Size,
  type SizeLike,
  size,
} from "../../graph/dim.ts";
import { InputError, named } from "../../graph/errors.ts";
import { type Graph, graphOf } from "../../graph/graph.ts";
import type { DType } from "../../graph/shape.ts";
import { input, type Value } from "../../graph/value.ts";
import { checkModel, type Model } from "../../weights/model.ts";
import { mostAxes } from "./limits.ts";
import { decodeModel } from "./proto.ts";
import { Reading } from "./reading.ts";
import { Scope } from "./scope.ts";
import { parseSize, sizeName } from "./size-text.ts";
import { detectStates, parseRecord } from "./states.ts";
import { dtypeOf, Numbers, type Tensor, Whole } from "./tensor.ts";

export interface ReadOnnxOptions {
  /** What messages call the file: "model.onnx" unless stated. */
  source?: string;
  /** What open sizes of the inputs are, by name: a number, or another name ("time"). An axis without a name is "INPUT.AXIS". */
  sizes?: Readonly<Record<string, SizeLike>>;
  /** Inputs that are fixed, by name: one number, or all in row-major order. */
  values?: Readonly<Record<string, number | readonly number[]>>;
  /** For a model of one step: the output that each state becomes. Found by the names where they leave no doubt. */
  states?: Readonly<Record<string, string>>;
}

/**
 * Reads a model from an ONNX file: one of ours, just as it was, or one from elsewhere (versions 7 to 22 of ONNX's operators).
 * LSTM, GRU and RNN operators become loops; shapes are followed as open sizes; tensors that are computed with become weights,
 * whole numbers of any width int32 and 16-bit floats float32. Inputs that nothing reads are left out unless they bind a size.
 *
 * ```ts
 * const model = readOnnx(bytes, { source: "vad.onnx", sizes: { batch: 1, sequence: 576 }, values: { sr: 16000 } });
 * ```
 *
 * @throws InputError where the bytes are no ONNX model or a broken one, or the model has something that can't be read:
 * the message names the file, the node and its operator
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): Model {
  const { source = "model.onnx" } = options;
  const proto = decodeModel(bytes, source);
  const reading = new Reading({
    source,
    opset: versionOf(proto, source),
    own: proto.producerName === "gatefold",
    bytes: bytes.length,
  });
  const scope = new Scope(reading);
  const graph = named(source, () => declareInputs(proto.graph!, scope, options));
  const results = scope.run(proto.graph!);
  return named(source, () => {
    const outputs = Object.fromEntries(
      proto.graph!.output.map(({ name }, index) => [name, reading.value(results[index])]),
    );
    return modelOf(readInputs(graph, outputs), reading, proto, options);
  });
}

function versionOf({ opsetImport }: ModelProto, source: string): number {
  const own = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  const version = Number(own?.version ?? 0);
  if (version < 7)
    throw new InputError(`${source}: its operators are of version ${version}; 7 and later can be read`);
  return version;
}

/** Gives the graph's inputs values; what is fixed gets its numbers. */
function declareInputs(
  graph: GraphProto,
  scope: Scope,
  { sizes = {}, values = {} }: ReadOnnxOptions,
): Value[] {
  const initialized = new Set(graph.initializer.map(({ name }) => name));
  const open = graph.input.filter(({ name }) => !initialized.has(name));
  const types = open.map((info) => ({ name: info.name, ...typeOf(info, sizes) }));
  checkNames(
    "size",
    sizes,
    types.flatMap(({ names }) => names),
  );
  checkNames(
    "value",
    values,
    types.map(({ name }) => name),
  );
  return types.flatMap(({ name, shape, dtype }) => {
    if (Object.hasOwn(values, name)) {
      scope.set(name, fixed(name, shape, dtype, values[name]));
      return [];
    }
    const value = input(name, shape, { dtype });
    scope.set(name, value);
    return [value];
  });
}

function checkNames(what: "size" | "value", given: object, known: readonly string[]): void {
  const odd = Object.keys(given).find((name) => !known.includes(name));
  if (odd === undefined) return;
  const found = [...new Set(known)].map((name) => `"${name}"`).join(", ") || "none";
  throw new InputError(
    what === "size"
      ? `it has no open size "${odd}", only ${found}`
      : `it has no input "${odd}", only ${found}`,
  );
}

/** The type of an input, its open sizes bound, and the names that these had. */
function typeOf(
  { name, type }: ValueInfoProto,
  sizes: NonNullable<ReadOnnxOptions["sizes"]>,
): { shape: Size[]; dtype: DType; names: string[] } {
  if (type?.value.case !== "tensorType" || !type.value.value.shape)
    throw new InputError(`input "${name}" must be a tensor with a known number of axes`);
  const { elemType, shape } = type.value.value;
  if (shape.dim.length > mostAxes) throw new InputError(`input "${name}" has ${shape.dim.length} axes`);
  const declared = shape.dim.map(({ value }, axis): Size => {
    if (value.case === "dimValue" && value.value >= 0n && value.value < 2n ** 31n) return Number(value.value);
    if (value.case === "dimParam" && value.value !== "") return parseSize(value.value);
    return size(`${sizeName(name)}.${axis}`);
  });
  return {
    shape: declared.map((one) => bind(one, sizes)),
    dtype: named(`input "${name}"`, () => dtypeOf(elemType)),
    names: declared.flatMap(namesOf),
  };
}

function bind(declared: Size, sizes: NonNullable<ReadOnnxOptions["sizes"]>): Size {
  if (typeof declared === "number") return declared;
  return reduceDim<Size>(declared, {
    number: (value) => value,
    name: (name) => size(Object.hasOwn(sizes, name) ? sizes[name] : name),
    add: addSizes,
    multiply: multiplySizes,
    floorDivide,
  });
}

function fixed(
  name: string,
  shape: readonly Size[],
  dtype: DType,
  given: number | readonly number[],
): Tensor {
  if (!shape.every((size) => typeof size === "number"))
    throw new InputError(
      `input "${name}" can't be fixed while its shape [${shape.join(", ")}] is open: give its sizes`,
    );
  const count = shape.reduce((a, b) => a * b, 1);
  const numbers = typeof given === "number" ? Array<number>(Math.min(count, 2 ** 20)).fill(given) : given;
  if (numbers.length !== count)
    throw new InputError(
      `input "${name}" [${shape.join(", ")}] needs ${count} numbers and is given ${numbers.length}`,
    );
  return dtype === "int32"
    ? new Whole(shape, numbers)
    : new Numbers(shape, dtype, Float64Array.from(numbers));
}

/** The graph, without inputs that nothing reads and that no open size is bound by. */
function readInputs(declared: readonly Value[], outputs: Record<string, Value>): Graph {
  const used = new Set(graphOf([], outputs).inputs.map(({ value }) => value));
  const kept = declared.filter(
    (value) => used.has(value) || value.shape.some((one) => typeof one !== "number"),
  );
  return graphOf(kept, outputs);
}

function modelOf(graph: Graph, { weights }: Reading, proto: ModelProto, options: ReadOnnxOptions): Model {
  const metadata = new Map(proto.metadataProps.map(({ key, value }) => [key, value]));
  const read = <Entry extends "string" | "number">(key: string, entry: Entry) => {
    const json = metadata.get(key);
    return json === undefined ? undefined : parseRecord(key, json, entry);
  };
  const states = options.states ?? read("gatefold.states", "string") ?? detectStates(graph);
  const thresholds = read("gatefold.thresholds", "number");
  const paths = graph.inputs.filter(({ role }) => role === "weight").map(({ name }) => name);
  const odd = Object.entries(thresholds ?? {}).find(
    ([path, threshold]) => !paths.includes(path) || !(threshold >= 0),
  );
  if (odd)
    throw new InputError(
      `its metadata "gatefold.thresholds" give ${odd[1]} for "${odd[0]}", which makes no sense`,
    );
  const model: Model = {
    graph,
    weights: Object.fromEntries(paths.map((path) => [path, weights[path]])),
    ...(states && { states }),
    ...(thresholds && { thresholds }),
  };
  checkModel(model);
  return model;
}

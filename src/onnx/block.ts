/**
 * An ONNX graph under construction: the model's own, or the body of a Scan. Blocks nest; a name that is
 * known in an outer block may be read in an inner one.
 */
import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { reduceDim, type Size } from "../graph/dim.ts";
import { InputError } from "../graph/errors.ts";
import type { DType, Shape } from "../graph/shape.ts";
import type { Value } from "../graph/value.ts";

/** What an ONNX node's attribute may hold here. Numbers are integers: no operator used needs a float. */
export type AttributeValue = number | string | readonly number[] | GraphProto;

/** Element types on the ONNX side; int64 serves shapes alone. */
export type ElementType = DType | "int64";

const elementTypes: Record<ElementType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  float64: TensorProto_DataType.DOUBLE,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

export function elementType(of: ElementType): TensorProto_DataType {
  return elementTypes[of];
}

/** What all blocks of a model share: its names, its constants, and where open sizes are read from. */
export class Model {
  readonly initializers: TensorProto[] = [];
  /** For each open size, an input of the model and the axis that has it. */
  readonly sizeSources = new Map<string, { input: string; axis: number }>();
  private readonly constants = new Map<string, string>();
  private readonly used = new Set<string>();
  private readonly counts = new Map<string, number>();

  /** A name that nothing has yet, close to the one wished for. */
  unique(wish: string): string {
    let name = wish;
    for (let count = this.counts.get(wish) ?? 0; this.used.has(name); count++) {
      name = `${wish}_${count}`;
      this.counts.set(wish, count + 1);
    }
    this.used.add(name);
    return name;
  }

  /** A constant of the model; equal ones are one. */
  constant(data: readonly number[] | Float64Array, dtype: ElementType, dims: readonly number[]): string {
    const key = `${dtype}[${dims}]${data.length <= 64 ? data.join() : undefined}`;
    const known = data.length <= 64 ? this.constants.get(key) : undefined;
    if (known) return known;
    const name = this.unique("constant");
    this.constants.set(key, name);
    this.initializers.push(tensor(name, bytesOf(data, dtype), dtype, dims));
    return name;
  }
}

export function tensor(
  name: string,
  rawData: Uint8Array<ArrayBuffer>,
  dtype: ElementType,
  dims: readonly number[],
): TensorProto {
  return create(TensorProtoSchema, { name, rawData, dataType: elementTypes[dtype], dims: dims.map(BigInt) });
}

export class Block {
  readonly model: Model;
  readonly nodes: NodeProto[] = [];
  private readonly outer: Block | undefined;
  private readonly names = new Map<Value, string>();
  private readonly sizes = new Map<string, string>();

  constructor(model: Model, outer?: Block) {
    this.model = model;
    this.outer = outer;
  }

  /** Says under which name a value is found. */
  bind(value: Value, name: string): void {
    this.names.set(value, name);
  }

  /** The name of a value that was computed before. */
  nameOf(value: Value): string {
    const name = this.names.get(value) ?? this.outer?.nameOf(value);
    if (name === undefined) throw new Error(`${value.label()} is read before it is computed`);
    return name;
  }

  /** Whether a name is that of a node of this very block. */
  makes(name: string): boolean {
    return this.nodes.some(({ output }) => output.includes(name));
  }

  /** Adds a node with one output and gives that output's name. */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeValue> = {},
    wish = opType.toLowerCase(),
  ): string {
    return this.emitAll(opType, inputs, attributes, [wish])[0];
  }

  /** Adds a node with one output for each name wished for. */
  emitAll(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeValue>,
    wishes: readonly string[],
  ): string[] {
    const output = wishes.map((wish) => this.model.unique(wish));
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.nodes.push(
      create(NodeProtoSchema, { name: output[0], opType, input: [...inputs], output, attribute }),
    );
    return output;
  }

  /** Gives something that is computed a second name, which must have been kept free for it. */
  alias(of: string, name: string): void {
    this.nodes.push(create(NodeProtoSchema, { name, opType: "Identity", input: [of], output: [name] }));
  }

  /** int64 [1]: a size, computed when the model runs where it is open. */
  size(of: Size): string {
    if (typeof of === "number") return this.model.constant([of], "int64", [1]);
    if (this.outer) return this.outer.size(of);
    return reduceDim<string>(of, {
      number: (value) => this.model.constant([value], "int64", [1]),
      name: (name) => this.cached(name, () => this.openSize(name)),
      add: (a, b) => this.cached(`${a}+${b}`, () => this.emit("Add", [a, b], {}, "size")),
      multiply: (a, b) => this.cached(`${a}*${b}`, () => this.emit("Mul", [a, b], {}, "size")),
      floorDivide: (a, by) =>
        this.cached(`${a}/${by}`, () =>
          this.emit("Div", [a, this.model.constant([by], "int64", [1])], {}, "size"),
        ),
    });
  }

  /** int64 [rank]: a shape, computed when the model runs where it is open. */
  shape(of: Shape): string {
    if (of.every((size) => typeof size === "number")) return this.model.constant(of, "int64", [of.length]);
    if (this.outer) return this.outer.shape(of);
    return this.cached(`[${of}]`, () =>
      this.emit(
        "Concat",
        of.map((size) => this.size(size)),
        { axis: 0 },
        "shape",
      ),
    );
  }

  /** A shape for Reshape, which finds one open size itself. */
  reshapeTarget(of: Shape): string {
    const open = of.filter((size) => typeof size !== "number");
    if (open.length !== 1 || of.includes(0)) return this.shape(of);
    return this.model.constant(
      of.map((size) => (typeof size === "number" ? size : -1)),
      "int64",
      [of.length],
    );
  }

  private openSize(name: string): string {
    const source = this.model.sizeSources.get(name);
    if (!source)
      throw new InputError(
        `the size "${name}" can't be known when the model runs: no input has it as the size of an axis`,
      );
    const whole = this.emit("Shape", [source.input], {}, "shape");
    return this.emit("Gather", [whole, this.model.constant([source.axis], "int64", [1])], { axis: 0 }, name);
  }

  private cached(key: string, make: () => string): string {
    const name = this.sizes.get(key) ?? make();
    this.sizes.set(key, name);
    return name;
  }

  /** The finished graph. */
  toGraph(
    name: string,
    input: ValueInfoProto[],
    output: ValueInfoProto[],
    initializer: TensorProto[] = [],
  ): GraphProto {
    return create(GraphProtoSchema, { name, node: this.nodes, input, output, initializer });
  }
}

/** Name, type and shape of an input or output. */
export function valueInfo(name: string, { dtype, shape }: { dtype: DType; shape: Shape }): ValueInfoProto {
  const dim = shape.map((size) =>
    typeof size === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(size) } }
      : { value: { case: "dimParam" as const, value: size.key } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: elementTypes[dtype], shape: { dim } } } },
  });
}

function attributeOf(name: string, value: AttributeValue) {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if ("$typeName" in value)
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g: value });
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INTS,
    ints: value.map(BigInt),
  });
}

function bytesOf(data: readonly number[] | Float64Array, dtype: ElementType): Uint8Array<ArrayBuffer> {
  if (dtype === "float32") return new Uint8Array(Float32Array.from(data).buffer);
  if (dtype === "float64") return new Uint8Array(Float64Array.from(data).buffer);
  if (dtype === "int32") return new Uint8Array(Int32Array.from(data).buffer);
  if (dtype === "int64") return new Uint8Array(BigInt64Array.from([...data].map(BigInt)).buffer);
  return Uint8Array.from(data);
}

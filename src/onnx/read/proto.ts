/** ONNX bytes → messages. What the bytes claim is checked before anything is built from them. */
import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema } from "onnx-buf";
import { InputError } from "../../graph/errors.ts";
import { deepestGraph, mostMessages } from "./limits.ts";

/** Which fields of a message are messages themselves, by their numbers in onnx.proto. */
interface Layout {
  graph?: true;
  fields: () => Readonly<Record<number, Layout>>;
}

const leaf: Layout = { fields: () => ({}) };
const tensorLayout: Layout = { fields: () => ({ 13: leaf }) };
const dimensionLayout: Layout = { fields: () => ({ 1: leaf }) };
const typeLayout: Layout = { fields: () => ({ 1: { fields: () => ({ 2: dimensionLayout }) } }) };
const valueLayout: Layout = { fields: () => ({ 2: typeLayout, 4: leaf }) };
const attributeLayout: Layout = {
  fields: () => ({ 5: tensorLayout, 6: graphLayout, 10: tensorLayout, 11: graphLayout, 14: typeLayout }),
};
const nodeLayout: Layout = { fields: () => ({ 5: attributeLayout, 9: leaf }) };
const graphLayout: Layout = {
  graph: true,
  fields: () => ({
    1: nodeLayout,
    5: tensorLayout,
    11: valueLayout,
    12: valueLayout,
    13: valueLayout,
    14: leaf,
    15: leaf,
    16: leaf,
  }),
};
const modelLayout: Layout = {
  fields: () => ({ 7: graphLayout, 8: leaf, 14: leaf, 20: leaf, 25: { fields: () => ({ 7: nodeLayout }) } }),
};

/**
 * The messages of an ONNX file.
 *
 * @throws InputError where a length goes past the end of what holds it, graphs are nested too deeply, there are
 * more messages than any model has, or the bytes are no ONNX at all
 */
export function decodeModel(bytes: Uint8Array, source: string): ModelProto {
  new Walk(bytes, source).message(0, bytes.length, modelLayout, 0);
  const model = decode(bytes, source);
  if (!model.graph || model.opsetImport.length === 0)
    throw new InputError(`${source}: this is no ONNX model: it has no ${model.graph ? "version" : "graph"}`);
  return model;
}

function decode(bytes: Uint8Array, source: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw new InputError(`${source}: this is no ONNX model: ${(cause as Error).message}`, { cause });
  }
}

/** A walk over the bytes that builds nothing. */
class Walk {
  private readonly bytes: Uint8Array;
  private readonly source: string;
  private messages = 0;

  constructor(bytes: Uint8Array, source: string) {
    this.bytes = bytes;
    this.source = source;
  }

  message(start: number, end: number, layout: Layout, depth: number): void {
    if (++this.messages > mostMessages)
      throw new InputError(`${this.source}: the file has more than ${mostMessages} parts`);
    if (depth > deepestGraph)
      throw new InputError(`${this.source}: graphs are nested more than ${deepestGraph} deep`);
    const inner = layout.fields();
    for (let at = start; at < end; ) {
      const [tag, value] = this.varint(at, end);
      const wire = tag % 8;
      at = value;
      if (wire === 0) [, at] = this.varint(at, end);
      else if (wire === 1) at += 8;
      else if (wire === 5) at += 4;
      else if (wire === 2) {
        const [length, from] = this.varint(at, end);
        at = from + length;
        const known = inner[Math.floor(tag / 8)];
        if (known && at <= end) this.message(from, at, known, depth + Number(known.graph ?? false));
      } else this.broken(at);
      if (at > end) this.broken(at);
    }
  }

  private varint(from: number, end: number): [value: number, next: number] {
    let value = 0;
    for (let at = from; at < Math.min(end, from + 10); at++) {
      value += (this.bytes[at] & 127) * 2 ** (7 * (at - from));
      if (this.bytes[at] < 128) return [value, at + 1];
    }
    return this.broken(from);
  }

  private broken(at: number): never {
    throw new InputError(
      `${this.source}: this is no ONNX model, or a broken one: what begins before byte ${at} does not end within the ${this.bytes.length} bytes there are`,
    );
  }
}

/** What a reader knows of a tensor: its numbers, whole numbers with open sizes among them, or only how it is computed. */
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import type { Size } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import type { DType } from "../../graph/shape.ts";
import type { Value } from "../../graph/value.ts";
import { mostAxes, mostElements } from "./limits.ts";

/** Whole numbers, which shapes are computed with; some may be open sizes. */
export class Whole {
  readonly shape: readonly number[];
  readonly sizes: readonly Size[];

  constructor(shape: readonly number[], sizes: readonly Size[]) {
    this.shape = shape;
    this.sizes = sizes;
  }
}

/** Known numbers: of a weight, where they have a path, or constants. */
export class Numbers {
  readonly shape: readonly number[];
  readonly dtype: Exclude<DType, "int32">;
  readonly data: Float32Array | Float64Array;
  readonly path: string | undefined;

  constructor(
    shape: readonly number[],
    dtype: Exclude<DType, "int32">,
    data: Float32Array | Float64Array,
    path?: string,
  ) {
    this.shape = shape;
    this.dtype = dtype;
    this.data = data;
    this.path = path;
  }
}

export type Tensor = Value | Whole | Numbers;

type Decode = (view: DataView, at: number) => number;

const half = new Float64Array(2 ** 16).fill(Number.NaN);

/** IEEE 754's binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  if (Number.isNaN(half[bits])) {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction > 0
            ? Number.NaN
            : Number.POSITIVE_INFINITY
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    half[bits] = bits < 2 ** 15 ? size : -size;
  }
  return half[bits];
}

const asFloat = new DataView(new ArrayBuffer(4));
function fromBrain(bits: number): number {
  asFloat.setUint32(0, bits * 2 ** 16);
  return asFloat.getFloat32(0);
}

interface Element {
  dtype: DType;
  bytes: number;
  decode: Decode;
}

const elements: Partial<Record<number, Element>> = {
  [TensorProto_DataType.FLOAT]: {
    dtype: "float32",
    bytes: 4,
    decode: (view, at) => view.getFloat32(at, true),
  },
  [TensorProto_DataType.DOUBLE]: {
    dtype: "float64",
    bytes: 8,
    decode: (view, at) => view.getFloat64(at, true),
  },
  [TensorProto_DataType.FLOAT16]: {
    dtype: "float32",
    bytes: 2,
    decode: (view, at) => fromHalf(view.getUint16(at, true)),
  },
  [TensorProto_DataType.BFLOAT16]: {
    dtype: "float32",
    bytes: 2,
    decode: (view, at) => fromBrain(view.getUint16(at, true)),
  },
  [TensorProto_DataType.UINT8]: { dtype: "int32", bytes: 1, decode: (view, at) => view.getUint8(at) },
  [TensorProto_DataType.INT8]: { dtype: "int32", bytes: 1, decode: (view, at) => view.getInt8(at) },
  [TensorProto_DataType.UINT16]: { dtype: "int32", bytes: 2, decode: (view, at) => view.getUint16(at, true) },
  [TensorProto_DataType.INT16]: { dtype: "int32", bytes: 2, decode: (view, at) => view.getInt16(at, true) },
  [TensorProto_DataType.INT32]: { dtype: "int32", bytes: 4, decode: (view, at) => view.getInt32(at, true) },
  [TensorProto_DataType.UINT32]: { dtype: "int32", bytes: 4, decode: (view, at) => view.getUint32(at, true) },
  [TensorProto_DataType.INT64]: {
    dtype: "int32",
    bytes: 8,
    decode: (view, at) => Number(view.getBigInt64(at, true)),
  },
  [TensorProto_DataType.UINT64]: {
    dtype: "int32",
    bytes: 8,
    decode: (view, at) => Number(view.getBigUint64(at, true)),
  },
  [TensorProto_DataType.BOOL]: {
    dtype: "bool",
    bytes: 1,
    decode: (view, at) => Number(view.getUint8(at) !== 0),
  },
};

/**
 * The type by which a graph computes with an ONNX element type: whole numbers of any width are int32, float16 and
 * bfloat16 are float32.
 */
export function dtypeOf(element: number): DType {
  const found = elements[element]?.dtype;
  if (!found) {
    const name = TensorProto_DataType[element] ?? element;
    throw new InputError(`elements of type ${name} can't be read, only numbers and truth values`);
  }
  return found;
}

/**
 * The numbers of a tensor.
 *
 * @throws InputError where its data is not in the file, is of an unknown type, or does not fill its shape
 */
export function numbersOf(tensor: TensorProto, path?: string): Whole | Numbers {
  const dtype = dtypeOf(tensor.dataType);
  const shape = shapeOf(tensor);
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0)
    throw new InputError("its numbers lie in another file: save the model as one file, with its data inside");
  if (tensor.segment) throw new InputError("its numbers come in segments, which can't be read");
  const count = shape.reduce((a, b) => a * b, 1);
  const data = dataOf(tensor, elements[tensor.dataType]!, count);
  if (data.length !== count)
    throw new InputError(`its ${data.length} numbers do not fill the shape [${shape.join(", ")}]`);
  return dtype === "int32" ? new Whole(shape, Array.from(data)) : new Numbers(shape, dtype, data, path);
}

function shapeOf({ dims }: TensorProto): number[] {
  if (dims.length > mostAxes) throw new InputError(`it has ${dims.length} axes, more than ${mostAxes}`);
  const shape = dims.map(Number);
  if (shape.some((size) => size < 0) || shape.reduce((a, b) => a * Math.max(1, b), 1) > mostElements)
    throw new InputError(`a shape of [${shape.join(", ")}] makes no sense`);
  return shape;
}

function dataOf(tensor: TensorProto, element: Element, count: number): Float32Array | Float64Array {
  const Data = element.dtype === "float32" ? Float32Array : Float64Array;
  const { rawData, floatData, doubleData, int32Data, int64Data, uint64Data } = tensor;
  if (rawData.length > 0 || count === 0) {
    if (rawData.length !== count * element.bytes)
      throw new InputError(
        `its ${rawData.length} bytes do not fill the shape [${tensor.dims.join(", ")}] with ${element.bytes} bytes a number`,
      );
    const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
    const data = new Data(count);
    for (let index = 0; index < count; index++) data[index] = element.decode(view, index * element.bytes);
    return data;
  }
  const typed =
    [floatData, doubleData, int32Data, int64Data, uint64Data].find(({ length }) => length > 0) ?? [];
  const fromBits = bitsOf[tensor.dataType];
  const data = new Data(typed.length);
  for (let index = 0; index < typed.length; index++) {
    const number = Number(typed[index]);
    data[index] = fromBits ? fromBits(number & 65535) : number;
  }
  return data;
}

/** Types that lists of int32 hold as bits. */
const bitsOf: Partial<Record<number, (bits: number) => number>> = {
  [TensorProto_DataType.FLOAT16]: fromHalf,
  [TensorProto_DataType.BFLOAT16]: fromBrain,
};

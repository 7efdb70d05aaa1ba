/** Element types of HDF5 (format specification 3.0, part IV.A.2.d), as the number types of this program. */
import { fromFloat16 } from "../../weights/half-precision.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import type { Hdf5Bytes } from "./bytes.ts";

/** What the bytes of an element mean. */
export type ElementType = { bytes: number } & (
  | { kind: "number"; type: keyof typeof numberTypes }
  | { kind: "text" }
  | { kind: "text elsewhere" }
  | { kind: "reference" }
  | { kind: "other" }
);

type Numbers = StoredTensor extends infer Tensor
  ? Tensor extends unknown
    ? Omit<Tensor, "dims">
    : never
  : never;

const whole = (data: ArrayLike<number>): Numbers => ({ dtype: "int32", data: Int32Array.from(data) });

/** Whole numbers of less than 4 bytes become int32, those of 4 bytes without a sign float64. */
const numberTypes = {
  float16: (buffer: ArrayBuffer): Numbers => ({
    dtype: "float32",
    data: fromFloat16(new Uint16Array(buffer)),
  }),
  float32: (buffer: ArrayBuffer): Numbers => ({ dtype: "float32", data: new Float32Array(buffer) }),
  float64: (buffer: ArrayBuffer): Numbers => ({ dtype: "float64", data: new Float64Array(buffer) }),
  int8: (buffer: ArrayBuffer) => whole(new Int8Array(buffer)),
  int16: (buffer: ArrayBuffer) => whole(new Int16Array(buffer)),
  int32: (buffer: ArrayBuffer): Numbers => ({ dtype: "int32", data: new Int32Array(buffer) }),
  int64: (buffer: ArrayBuffer): Numbers => ({ dtype: "int64", data: new BigInt64Array(buffer) }),
  uint8: (buffer: ArrayBuffer) => whole(new Uint8Array(buffer)),
  uint16: (buffer: ArrayBuffer) => whole(new Uint16Array(buffer)),
  uint32: (buffer: ArrayBuffer): Numbers => ({
    dtype: "float64",
    data: Float64Array.from(new Uint32Array(buffer)),
  }),
  uint64: (buffer: ArrayBuffer): Numbers => ({ dtype: "int64", data: new BigInt64Array(buffer) }),
};

export function readType(file: Hdf5Bytes, start: number): ElementType {
  const kind = file.byte(start) & 0x0f;
  const bits = file.byte(start + 1);
  const bytes = file.int(start + 4);
  if (kind === 3) return { kind: "text", bytes };
  if (kind === 7 && (bits & 0x0f) === 0 && bytes === 8) return { kind: "reference", bytes };
  if (kind === 9 && (bits & 0x0f) === 1 && bytes === 16) return { kind: "text elsewhere", bytes };
  if (kind === 8) return readType(file, start + 8); // an enumeration, as h5py has for true and false, is its numbers
  const isLittle = (bits & 1) === 0;
  const name = kind === 1 ? "float" : kind === 0 ? (bits & 8 ? "int" : "uint") : "";
  const type = `${name}${8 * bytes}`;
  if (isLittle && Object.hasOwn(numberTypes, type))
    return { kind: "number", type: type as keyof typeof numberTypes, bytes };
  return { kind: "other", bytes };
}

/** The numbers in bytes, which are copied where they don't lie in a buffer of their own. */
export function numbersOf(element: ElementType & { kind: "number" }, bytes: Uint8Array): Numbers {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return numberTypes[element.type]((isWhole ? bytes : Uint8Array.from(bytes)).buffer as ArrayBuffer);
}

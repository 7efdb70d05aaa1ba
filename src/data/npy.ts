/** Reads NPY files, NumPy's format of one array (NEP 1, "A Simple File Format for NumPy Arrays"). */
import { InputError } from "../graph/errors.ts";
import { fromFloat16 } from "../weights/half-precision.ts";

export interface NpyArray {
  dims: readonly number[];
  /** Row-major. */
  data: Float64Array;
}

type Read = (view: DataView, at: number, little: boolean) => number;

/** By kind and bytes, as the header's "descr" names them. */
const elementTypes: Readonly<Record<string, Read>> = {
  f2: (view, at, little) => fromFloat16(Uint16Array.of(view.getUint16(at, little)))[0],
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  b1: (view, at) => view.getUint8(at),
};

const header =
  /^\{\s*'descr':\s*'([<>|=])([fiub])(\d)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\s]*)\),?\s*\}\s*$/;

/**
 * Reads an NPY file of numbers.
 *
 * ```ts
 * const { dims, data } = readNpy(await readFile("frames.npy"), "frames.npy"); // dims [1200, 40]
 * ```
 *
 * @param name what messages call the file.
 * @throws InputError where it is no NPY file, holds no numbers (Python objects, text), or is cut off.
 */
export function readNpy(file: Uint8Array, name: string): NpyArray {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wide = file[6] >= 2;
  const start = wide ? 12 : 10;
  if (file.length < start || String.fromCharCode(...file.subarray(0, 6)) !== "\x93NUMPY")
    throw new InputError(`${name}: this is no NPY file: it does not begin with \\x93NUMPY and a version`);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const text = String.fromCharCode(...file.subarray(start, Math.min(start + length, start + 4096)));
  const [, order, kind, bytes, fortran, shape] = header.exec(text) ?? [];
  const read = elementTypes[`${kind}${bytes}`];
  if (!read)
    throw new InputError(
      `${name}: its array can't be read: only plain numbers (float, int, bool) can, and its header says ${text.trim().slice(0, 80) || "nothing"}`,
    );
  const dims = (shape.match(/\d+/g) ?? []).map(Number);
  const count = dims.reduce((product, side) => product * side, 1);
  const expected = start + length + count * Number(bytes);
  if (file.length !== expected)
    throw new InputError(
      `${name}: an array of ${dims.join(" × ") || "one number"} has ${expected} bytes with its header, this file ${file.length}: ${file.length < expected ? "it is cut off" : "something follows the numbers"}`,
    );
  const little = order !== ">";
  const flat = Float64Array.from({ length: count }, (_, at) =>
    read(view, start + length + at * Number(bytes), little),
  );
  return { dims, data: fortran === "True" ? rowMajor(flat, dims) : flat };
}

/** From an order in which the first axis changes fastest to one in which the last does. */
function rowMajor(data: Float64Array, dims: readonly number[]): Float64Array {
  return data.map((_, index) => {
    let rest = index;
    const position = dims.toReversed().map((side) => {
      const at = rest % side;
      rest = (rest - at) / side;
      return at;
    });
    return data[position.reduce((flat, at, axis) => flat * dims[dims.length - 1 - axis] + at, 0)];
  });
}

/** Reads IDX files, in which the MNIST digits come (Y. LeCun, C. Cortes, C. Burges: "The MNIST database", file formats). */
import { InputError } from "../graph/errors.ts";

export type IdxArray = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

export interface IdxTensor {
  dims: readonly number[];
  /** Row-major. */
  data: IdxArray;
}

interface ElementType {
  bytes: number;
  array: new (length: number) => IdxArray;
  read: (view: DataView, at: number) => number;
}

/** By the third byte of a file; numbers are big-endian. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  8: { bytes: 1, array: Uint8Array, read: (view, at) => view.getUint8(at) },
  9: { bytes: 1, array: Int8Array, read: (view, at) => view.getInt8(at) },
  11: { bytes: 2, array: Int16Array, read: (view, at) => view.getInt16(at) },
  12: { bytes: 4, array: Int32Array, read: (view, at) => view.getInt32(at) },
  13: { bytes: 4, array: Float32Array, read: (view, at) => view.getFloat32(at) },
  14: { bytes: 8, array: Float64Array, read: (view, at) => view.getFloat64(at) },
};

/**
 * Reads an IDX file, as it is or compressed by gzip.
 *
 * ```ts
 * const { dims, data } = await readIdx(await readFile("t10k-images-idx3-ubyte.gz"), "images"); // dims [10000, 28, 28]
 * ```
 *
 * @param name what messages call the file.
 * @throws InputError where it is no IDX file, is cut off, or has more in it than its sizes say.
 */
export async function readIdx(file: Uint8Array, name: string): Promise<IdxTensor> {
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? await gunzip(file, name) : file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes[0] === 0 && bytes[1] === 0 ? elementTypes[bytes[2]] : undefined;
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (!type || !(bytes.length >= start))
    throw new InputError(
      `${name}: this is no IDX file: it does not begin with two zero bytes, a type, a number of axes and their sizes`,
    );
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = dims.reduce((product, side) => product * side, 1);
  const expected = start + count * type.bytes;
  if (bytes.length !== expected)
    throw new InputError(
      `${name}: an IDX file of size ${dims.join(" × ")} has ${expected} bytes, this one ${bytes.length}: ${bytes.length < expected ? "it is cut off" : "something follows the numbers"}`,
    );
  if (type.array === Uint8Array) return { dims, data: bytes.slice(start) };
  const data = new type.array(count);
  for (let i = 0; i < count; i++) data[i] = type.read(view, start + i * type.bytes);
  return { dims, data };
}

async function gunzip(file: Uint8Array, name: string): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.from(file)]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new InputError(`${name}: its compression by gzip is damaged or cut off`, { cause });
  }
}

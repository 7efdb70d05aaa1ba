/**
 * Files of named tensors in the safetensors format: the length of a JSON header, the header, then the data of
 * all tensors without a gap (github.com/huggingface/safetensors, "Format").
 */
import { z } from "zod";
import { InputError } from "../graph/errors.ts";
import { fromBfloat16, fromFloat16 } from "./half-precision.ts";

/** A tensor as stored: its values in row-major order. */
export type StoredTensor = { dims: readonly number[] } & (
  | { dtype: "float32"; data: Float32Array }
  | { dtype: "float64"; data: Float64Array }
  | { dtype: "int32"; data: Int32Array }
  | { dtype: "int64"; data: BigInt64Array }
);

export interface SafetensorsFile {
  tensors: Map<string, StoredTensor>;
  /** Free text by name. */
  metadata: Map<string, string>;
}

/** The limit of the reference implementation. */
const LARGEST_HEADER = 100_000_000;

/** Bytes a value takes, by the format's type names; those that can be read. */
const ITEM_BYTES: Record<string, number> = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2 };

const TYPE_NAMES = { float32: "F32", float64: "F64", int32: "I32", int64: "I64" };

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * Reads a file's tensors. F16 and BF16 become float32. Data is not copied where it lies aligned in `bytes`.
 *
 * @param source names the file in messages.
 * @throws InputError for anything but a whole, consistent file: nothing in it is believed unchecked.
 */
export function readSafetensors(bytes: Uint8Array, source: string): SafetensorsFile {
  const { header, data } = splitHeader(bytes, source);
  const file: SafetensorsFile = { tensors: new Map(), metadata: new Map() };
  const ranges: { name: string; start: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      const metadata = metadataSchema.safeParse(value);
      if (!metadata.success) throw new InputError(`${source}: its metadata are not all text`);
      file.metadata = new Map(Object.entries(metadata.data));
      continue;
    }
    const entry = entrySchema.safeParse(value);
    if (!entry.success)
      throw new InputError(
        `${source}: the header's entry for "${name}" lacks a valid dtype, shape or data_offsets`,
      );
    const { dtype, shape, data_offsets } = entry.data;
    const [start, end] = data_offsets;
    checkRange(source, name, dtype, shape, start, end, data.length);
    ranges.push({ name, start, end });
    file.tensors.set(name, storedTensor(dtype, shape, data.subarray(start, end)));
  }
  checkNoGaps(source, ranges, data.length);
  return file;
}

function splitHeader(bytes: Uint8Array, source: string): { header: object; data: Uint8Array } {
  if (bytes.length < 8)
    throw new InputError(`${source} is no safetensors file: it has only ${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LARGEST_HEADER)
    throw new InputError(`${source} is no safetensors file: its header would have ${length} bytes`);
  if (length > bytes.length - 8)
    throw new InputError(
      `${source} is cut short: its header has ${length} bytes, and ${bytes.length - 8} follow`,
    );
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
    const header: unknown = JSON.parse(text);
    if (typeof header === "object" && header !== null && !Array.isArray(header))
      return { header, data: bytes.subarray(8 + length) };
  } catch {} // Text that is no JSON and JSON that is no object are the same mistake.
  throw new InputError(`${source} is no safetensors file: its header is not a JSON object`);
}

function checkRange(
  source: string,
  name: string,
  dtype: string,
  shape: readonly number[],
  start: number,
  end: number,
  available: number,
): void {
  const itemBytes = Object.hasOwn(ITEM_BYTES, dtype) ? ITEM_BYTES[dtype] : undefined;
  if (itemBytes === undefined)
    throw new InputError(
      `${source}: "${name}" has the type ${dtype}, which cannot be read; ${Object.keys(ITEM_BYTES).join(", ")} can`,
    );
  if (end > available || start > end)
    throw new InputError(
      `${source}: "${name}" lies at bytes ${start} to ${end}, but there are ${available}: the file is cut short or damaged`,
    );
  const needed = shape.reduce((product, side) => product * side, itemBytes);
  if (needed !== end - start)
    throw new InputError(
      `${source}: "${name}" of type ${dtype} and shape [${shape.join(", ")}] needs ${needed} bytes and has ${end - start}`,
    );
}

/** The format forbids gaps and overlaps, so that no file hides other content. */
function checkNoGaps(
  source: string,
  ranges: { name: string; start: number; end: number }[],
  available: number,
): void {
  let reached = 0;
  for (const { name, start, end } of ranges.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== reached)
      throw new InputError(
        `${source}: "${name}" starts at byte ${start}, where the tensor before ends at ${reached}`,
      );
    reached = end;
  }
  if (reached !== available)
    throw new InputError(`${source}: ${available - reached} bytes follow the last tensor`);
}

function storedTensor(dtype: string, dims: readonly number[], bytes: Uint8Array): StoredTensor {
  // Not bytes.slice(): a Node Buffer shares its memory with its slices.
  const aligned = bytes.byteOffset % ITEM_BYTES[dtype] === 0 ? bytes : new Uint8Array(bytes);
  const [buffer, offset, count] = [aligned.buffer, aligned.byteOffset, bytes.length / ITEM_BYTES[dtype]];
  switch (dtype) {
    case "F64":
      return { dtype: "float64", dims, data: new Float64Array(buffer, offset, count) };
    case "I64":
      return { dtype: "int64", dims, data: new BigInt64Array(buffer, offset, count) };
    case "I32":
      return { dtype: "int32", dims, data: new Int32Array(buffer, offset, count) };
    case "F16":
      return { dtype: "float32", dims, data: fromFloat16(new Uint16Array(buffer, offset, count)) };
    case "BF16":
      return { dtype: "float32", dims, data: fromBfloat16(new Uint16Array(buffer, offset, count)) };
    default:
      return { dtype: "float32", dims, data: new Float32Array(buffer, offset, count) };
  }
}

/**
 * The bytes of a file with these tensors.
 *
 * @throws InputError where a tensor's values don't fill its dims, or its name is reserved or comes twice.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  // Wider types first, so that every tensor is aligned to its own.
  const entries = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header = new Map<string, object>();
  if (Object.keys(metadata).length > 0) header.set("__metadata__", metadata);
  let end = 0;
  for (const [name, { dtype, dims, data }] of entries) {
    if (name === "__metadata__" || header.has(name))
      throw new InputError(`a safetensors file cannot hold two entries named "${name}"`);
    if (dims.reduce((product, side) => product * side, 1) !== data.length)
      throw new InputError(`${data.length} values do not fill "${name}", [${dims.join(", ")}]`);
    const start = end;
    end += data.byteLength;
    header.set(name, { dtype: TYPE_NAMES[dtype], shape: dims, data_offsets: [start, end] });
  }
  const text = new TextEncoder().encode(jsonObject(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(text, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** JSON with the map's keys as they are: an object would reorder those that look like numbers. */
function jsonObject(entries: Map<string, object>): string {
  return `{${[...entries].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
}

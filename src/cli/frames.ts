/** What a model is to read, frame by frame, from a file. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { readWav, type Sound } from "../data/audio/wav.ts";
import { readNpy } from "../data/npy.ts";
import { readNumberTable } from "../data/number-table.ts";
import { InputError, unreadable } from "../graph/errors.ts";
import type { StepGraph } from "../stream/step-graph.ts";

export interface FrameOptions {
  /** For a model over raw sound: samples from frame to frame; as many as a frame has, where it is not given. */
  hop?: number;
  /** How a sound becomes frames, where the run says so. */
  ofSound?: (sound: Sound) => Float32Array[];
}

/**
 * The frames of a file, for the only input of a model: the rows of a table (.csv, .txt) or of an array (.npy), or
 * stretches of a sound (.wav).
 *
 * @throws InputError for a model of several inputs, a file that can't be read, and rows of another width
 */
export async function readFrames(
  path: string,
  { inputs }: StepGraph,
  { hop, ofSound }: FrameOptions = {},
): Promise<Float32Array[]> {
  const [[name, { shape }], ...others] = Object.entries(inputs);
  if (others.length > 0)
    throw new InputError(
      `the model has ${others.length + 1} inputs (${Object.keys(inputs).join(", ")}), and a file gives one: stream it by gatefold/stream`,
    );
  const width = (shape as readonly number[]).reduce((a, b) => a * b, 1);
  const bytes = await readFile(path).catch(unreadable(path));
  if (extname(path).toLowerCase() === ".wav") {
    const sound = readWav(bytes, path);
    return ofSound ? ofSound(sound) : stretches(sound.samples, width, hop ?? width);
  }
  if (hop !== undefined) throw new InputError(`--hop is for sounds (.wav), and ${path} is none`);
  const { rows, columns, data } =
    extname(path).toLowerCase() === ".npy" ? table(bytes, path) : text(bytes, path);
  if (columns !== width)
    throw new InputError(
      `${path}: its rows have ${columns} numbers, and the model's input "${name}" takes ${width}`,
    );
  return Array.from({ length: rows }, (_, row) =>
    Float32Array.from(data.subarray(row * columns, (row + 1) * columns)),
  );
}

const text = (bytes: Uint8Array, path: string) => readNumberTable(new TextDecoder().decode(bytes), path);

function table(bytes: Uint8Array, path: string) {
  const { dims, data } = readNpy(bytes, path);
  const [rows = 1, ...rest] = dims;
  return { rows, columns: rest.reduce((a, b) => a * b, 1), data };
}

/** Each stretch ends one hop after the one before; what lies before the beginning is silence. */
function stretches(samples: Float32Array, width: number, hop: number): Float32Array[] {
  const count = Math.floor(samples.length / hop);
  const whole = new Float32Array(Math.max(0, width - hop) + samples.length);
  whole.set(samples, whole.length - samples.length);
  return Array.from({ length: count }, (_, at) => whole.slice(at * hop, at * hop + width)).filter(
    ({ length }) => length === width,
  );
}

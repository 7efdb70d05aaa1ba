import { readFile } from "node:fs/promises";
import type { InferenceSession, Tensor } from "onnxruntime-web";
import sharp from "sharp";
import { z } from "zod";
import type { Picture } from "../../../data/video/video.ts";
import { InputError } from "../../../graph/errors.ts";
import { type Backend, loadBackend } from "../../../runtime/backend.ts";

const three = z.tuple([z.number(), z.number(), z.number()]);

/**
 * What the JSON file beside a network says of its input. A channel value of 0 to 255 becomes
 * (value × scale − mean) / std, in the order of `channels`.
 */
export const featureSettings = z.strictObject({
  /** Names; by default the first of the network. */
  input: z.string().optional(),
  output: z.string().optional(),
  width: z.int().min(8).max(2048),
  height: z.int().min(8).max(2048),
  layout: z.enum(["NCHW", "NHWC"]).default("NCHW"),
  channels: z.enum(["RGB", "BGR"]).default("RGB"),
  scale: z
    .number()
    .positive()
    .default(1 / 255),
  mean: three,
  std: three.refine((values) => values.every((value) => value > 0), "must be above 0"),
});

export type FeatureSettings = z.infer<typeof featureSettings>;

/** Pictures of one run, where the network takes any number. */
const usualBatch = 8;

/** An image network that turns each picture into a row of features. */
export interface FeatureNetwork {
  /** Side of the square pictures to give it. */
  readonly size: number;
  /** Takes the next picture; now and then runs the network. */
  add(picture: Picture, time: number): Promise<void>;
  /** Rows of all pictures added, [pictures, width]. */
  finish(): Promise<{ features: Float32Array; width: number }>;
  close(): Promise<void>;
}

/**
 * Opens an ONNX image network with one input [N, 3, height, width] (or [N, height, width, 3]) and an output [N, width],
 * described by the .json file of the same name. Throws InputError for files that are missing, broken or don't fit.
 */
export async function openFeatureNetwork(file: string, threads: number): Promise<FeatureNetwork> {
  const settings = await readSettings(file);
  const backend = await loadBackend();
  const session = await load(file, backend, threads);
  const input = pick(file, "input", settings.input, session.inputNames);
  const output = pick(file, "output", settings.output, session.outputNames);
  const batch = batchOf(session, input);
  const pictureLength = 3 * settings.width * settings.height;
  const data = new Float32Array(batch * pictureLength);
  const rows: Float32Array[] = [];
  let waiting: number[] = [];

  async function run(): Promise<void> {
    const times = waiting;
    waiting = [];
    const shape =
      settings.layout === "NCHW"
        ? [batch, 3, settings.height, settings.width]
        : [batch, settings.height, settings.width, 3];
    const feeds = { [input]: new backend.runtime.Tensor("float32", data, shape) };
    const results = await session.run(feeds, [output]).catch((error: Error) => {
      throw new InputError(
        `The feature network ${file} can't be run on pictures of [${shape}]: ${firstLine(error)}.`,
      );
    });
    const all = rowsOf(file, output, results[output] as Tensor, batch);
    const width = all.length / batch;
    times.forEach((time, k) => {
      const row = all.slice(k * width, (k + 1) * width);
      if (!row.every(Number.isFinite)) {
        throw new InputError(
          `The feature network ${file} gives values that are not numbers for the picture at ${time.toFixed(2)} s: ` +
            "check scale, mean and std in its .json file.",
        );
      }
      rows.push(row);
    });
  }

  return {
    size: Math.max(settings.width, settings.height),
    async add(picture, time) {
      const fitted = await fit(picture, settings);
      fill(data.subarray(waiting.length * pictureLength), fitted, settings);
      waiting.push(time);
      if (waiting.length === batch) await run();
    },
    async finish() {
      if (waiting.length > 0) await run();
      const width = rows[0]?.length ?? 0;
      const features = new Float32Array(rows.length * width);
      rows.forEach((row, k) => {
        features.set(row, k * width);
      });
      return { features, width };
    },
    close: () => session.release(),
  };
}

/** Where the settings of a network stand. */
export const settingsFile = (file: string): string => `${file.replace(/\.onnx$/i, "")}.json`;

async function readSettings(file: string): Promise<FeatureSettings> {
  const path = settingsFile(file);
  const text = await readFile(path, "utf8").catch(() => {
    throw new InputError(
      `The feature network ${file} needs a file ${path} beside it, such as ` +
        '{"width": 224, "height": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}.',
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}.`);
  }
  const settings = featureSettings.safeParse(json);
  if (settings.success) return settings.data;
  const [issue] = settings.error.issues;
  throw new InputError(
    `${path} does not describe a feature network: ${issue.path.join(".") || "it"}: ${issue.message}.`,
  );
}

async function load(file: string, backend: Backend, threads: number): Promise<InferenceSession> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new InputError(`Can't read the feature network ${file}: ${reason}.`);
  });
  return backend.runtime.InferenceSession.create(bytes, backend.sessionOptions({ threads })).catch(
    (error: Error) => {
      throw new InputError(`The feature network ${file} is not a usable ONNX file: ${firstLine(error)}.`);
    },
  );
}

function pick(file: string, kind: string, wanted: string | undefined, names: readonly string[]): string {
  if (wanted === undefined) return names[0];
  if (names.includes(wanted)) return wanted;
  throw new InputError(`The feature network ${file} has no ${kind} "${wanted}": it has ${names.join(", ")}.`);
}

/** How many pictures the network takes at a time. */
function batchOf({ inputMetadata }: InferenceSession, input: string): number {
  const metadata = inputMetadata.find(({ name }) => name === input);
  const first = metadata?.isTensor ? metadata.shape[0] : undefined;
  return typeof first === "number" && first > 0 ? first : usualBatch;
}

/** The values of an output that is [batch, width] once sides of 1 are left out. */
function rowsOf(file: string, output: string, { dims, data, type }: Tensor, batch: number): Float32Array {
  const [first, ...rest] = dims;
  const long = rest.filter((side) => side !== 1);
  if (type === "float32" && first === batch && long.length === 1) return data as Float32Array;
  const name = `The output "${output}" of the feature network ${file}`;
  throw new InputError(
    type === "float32"
      ? `${name} has the shape [${dims}] for ${batch} pictures where [${batch}, width] is needed: name another "output" in its .json file.`
      : `${name} is ${type} where float32 is needed: name another "output" in its .json file.`,
  );
}

/** Pictures come squared; a network that is not square gets them squeezed once more. */
async function fit(picture: Picture, { width, height }: FeatureSettings): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  const raw = { width: picture.width, height: picture.height, channels: 3 as const };
  const data = await sharp(picture.data, { raw }).resize(width, height, { fit: "fill" }).raw().toBuffer();
  return { width, height, data };
}

function fill(out: Float32Array, { data }: Picture, settings: FeatureSettings): void {
  const { width, height, layout, channels, scale, mean, std } = settings;
  const pixels = width * height;
  for (let c = 0; c < 3; c++) {
    const source = channels === "RGB" ? c : 2 - c;
    const factor = scale / std[c];
    const shift = mean[c] / std[c];
    const [start, step] = layout === "NCHW" ? [c * pixels, 1] : [c, 3];
    for (let i = 0; i < pixels; i++) out[start + i * step] = data[3 * i + source] * factor - shift;
  }
}

function firstLine(error: Error): string {
  return error.message.split("\n")[0].replace(/\.$/, "");
}

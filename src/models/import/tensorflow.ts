/**
 * TensorFlow checkpoints of BasicLSTM language models, laid out as raw files: a manifest.json that names each variable's
 * file and shape, and files of float32 numbers (as ml5's charRNN models are: github.com/ml5js/ml5-data-and-models).
 */
import { z } from "zod";
import { checkOptions } from "../../cells/define-cell.ts";
import { lstm } from "../../cells/lstm.ts";
import { InputError, named } from "../../graph/errors.ts";
import { dense } from "../../layers/dense.ts";
import { recurrent } from "../../layers/recurrent.ts";
import type { Model } from "../../weights/model.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import { type ImportedLayer, modelOf, table, under } from "./imported-layer.ts";
import { columnBlocks, floats } from "./numbers.ts";
import type { Tensors } from "./pytorch-parts.ts";

const manifestSchema = z.record(
  z.string(),
  z.object({
    // A name in the same folder, and no way out of it.
    filename: z
      .string()
      .regex(/^[^/\\:]+$/)
      .refine((name) => name !== ".." && name !== "."),
    shape: z
      .array(
        z
          .int()
          .positive()
          .max(2 ** 31),
      )
      .max(8),
  }),
);

/** Where a manifest says that variables lie. */
export type Manifest = z.output<typeof manifestSchema>;

/** @throws InputError for anything but variables' files and shapes by name */
export function readManifest(text: string, source: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${source} is no JSON: ${(cause as Error).message}`, { cause });
  }
  return checkOptions(source, manifestSchema, json);
}

/** A variable from its file. */
export function readVariable(bytes: Uint8Array, shape: readonly number[], source: string): StoredTensor {
  const count = shape.reduce((all, size) => all * size, 1);
  if (bytes.length !== 4 * count)
    throw new InputError(
      `${source} has ${bytes.length} bytes, and [${shape.join(", ")}] in float32 needs ${4 * count}`,
    );
  return { dtype: "float32", dims: shape, data: new Float32Array(new Uint8Array(bytes).buffer) };
}

const options = z.strictObject({ forgetBias: z.number().default(1) });

/** `forgetBias`: what a BasicLSTMCell adds to its forget gate, which its variables do not tell; 1 unless it was made otherwise. */
export type TensorFlowOptions = z.input<typeof options>;

const CELL = /^((?:.*?(\d*)\/)?(?:basic_)?lstm_cell)\/(kernel|weights|bias|biases)$/;
const OUTPUT = /^(.*softmax)_(w|b)$/;

/**
 * The model of a checkpoint's variables: x int32 [time, batch] → y [time, batch, characters], the sums before a softmax.
 * Without an embedding, x is [time, batch, inputs].
 *
 * @param source names the checkpoint in messages
 * @throws InputError for variables of other layers, or of shapes that do not fit
 */
export function fromTensorFlow(variables: Tensors, source: string, given: TensorFlowOptions = {}): Model {
  const { forgetBias } = named(source, () => checkOptions("import", options, given));
  const cells = new Map<string, { number: number; kernel?: StoredTensor; bias?: StoredTensor }>();
  let output: { path: string; w?: StoredTensor; b?: StoredTensor } | undefined;
  let embedding: [string, StoredTensor] | undefined;
  for (const [name, tensor] of variables) {
    const [, cell, number, part] = CELL.exec(name) ?? [];
    const [, path, letter] = OUTPUT.exec(name) ?? [];
    if (cell !== undefined) {
      const known = cells.get(cell) ?? { number: Number(number ?? 0) };
      cells.set(cell, { ...known, [/^(kernel|weights)$/.test(part) ? "kernel" : "bias"]: tensor });
    } else if (path !== undefined) output = { ...output, path: pathOf(path), [letter]: tensor };
    else if (/(^|\/)embedding$/.test(name)) embedding = [pathOf(name), tensor];
    else if (tensor.dims.length > 0)
      throw new InputError(
        `${source}: "${name}" [${tensor.dims.join(", ")}] belongs to none of the layers that are read from raw variables (embedding, BasicLSTM, softmax)`,
      );
  }
  const ordered = [...cells].sort(([, a], [, b]) => a.number - b.number);
  const layers = [
    ...(embedding ? [embeddingOf(...embedding, source)] : []),
    ...ordered.map(([name, { kernel, bias }]) => cellOf(name, kernel, bias, forgetBias, source)),
    ...(output ? [outputOf(output, source)] : []),
  ];
  if (layers.length === 0) throw new InputError(`${source} holds no layers`);
  return named(source, () => modelOf(layers, embedding ? "indices" : layers[0].inputs));
}

const pathOf = (name: string) => name.replaceAll("/", ".");

type Layer = ImportedLayer & { inputs: number };

function matrixOf(tensor: StoredTensor | undefined, name: string, source: string) {
  if (tensor?.dims.length !== 2)
    throw new InputError(
      `${source}: "${name}" ${tensor ? `is [${tensor.dims.join(", ")}], not a matrix` : "is missing"}`,
    );
  const [rows, columns] = tensor.dims;
  return { rows, columns, data: floats(tensor, `${source}: "${name}"`) };
}

function vectorOf(
  tensor: StoredTensor | undefined,
  length: number,
  name: string,
  source: string,
): Float32Array {
  if (tensor?.dims.join() !== `${length}`)
    throw new InputError(
      `${source}: "${name}" is ${tensor ? `[${tensor.dims.join(", ")}]` : "missing"}, and should be [${length}]`,
    );
  return floats(tensor, `${source}: "${name}"`);
}

function embeddingOf(path: string, tensor: StoredTensor, source: string): Layer {
  const { rows, columns, data } = matrixOf(tensor, path, source);
  return { inputs: rows, ...table(path, rows, columns, data) };
}

/** Gates lie in the order i, j, f, o, where j is the candidate; one kernel takes the input and the state below it. */
const OUR_ORDER = [0, 2, 1, 3];

function cellOf(
  name: string,
  kernel: StoredTensor | undefined,
  bias: StoredTensor | undefined,
  forgetBias: number,
  source: string,
): Layer {
  const { rows, columns, data } = matrixOf(kernel, `${name}/kernel`, source);
  const units = columns / 4;
  const inputs = rows - units;
  if (!Number.isInteger(units) || inputs < 1)
    throw new InputError(
      `${source}: "${name}/kernel" is [${rows}, ${columns}], and should be [inputs + units, 4 × units]`,
    );
  const both = columnBlocks(data, units, 4, OUR_ORDER);
  const sums = columnBlocks(vectorOf(bias, columns, `${name}/bias`, source), units, 4, OUR_ORDER);
  const path = pathOf(name);
  return {
    inputs,
    layer: recurrent(path, lstm({ inputs, units })),
    weights: under(path, {
      input: both.slice(0, inputs * columns),
      recurrent: both.slice(inputs * columns),
      bias: sums.map((one, index) => (Math.floor(index / units) === 1 ? one + forgetBias : one)),
    }),
  };
}

function outputOf(given: { path: string; w?: StoredTensor; b?: StoredTensor }, source: string): Layer {
  const { path } = given;
  const { rows, columns, data } = matrixOf(given.w, `${path}_w`, source);
  return {
    inputs: rows,
    layer: dense(path, { inputs: rows, units: columns }),
    weights: under(path, { weight: data, bias: vectorOf(given.b, columns, `${path}_b`, source) }),
  };
}

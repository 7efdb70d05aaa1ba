/**
 * What the names and shapes of a PyTorch state dictionary say: which layers there are (torch.nn.LSTM, GRU, RNN, their
 * cells, Linear, Embedding, LayerNorm), how wide, and how their numbers lie in ours.
 */
import { gru } from "../../cells/gru.ts";
import { lstm } from "../../cells/lstm.ts";
import { rnn } from "../../cells/rnn.ts";
import { InputError } from "../../graph/errors.ts";
import { dense } from "../../layers/dense.ts";
import { layerNormalization } from "../../layers/layer-normalization.ts";
import { bidirectional, recurrent, stacked } from "../../layers/recurrent.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import { type ActivationName, activations } from "./activations.ts";
import { type ImportedLayer, type InputWidth, table, under } from "./imported-layer.ts";
import { added, floats, transposed } from "./numbers.ts";

export type Tensors = ReadonlyMap<string, StoredTensor>;

/** One way in which the tensors of a prefix can be a layer. */
export interface Reading {
  inputs: InputWidth;
  outputs: number;
  /** A table stands first; a matrix without a bias that stands first would be one. */
  place: "first" | "later" | "anywhere";
  make: (choices: Choices) => ImportedLayer;
}

/** The tensors that share a prefix. */
export interface Part {
  prefix: string;
  readings: readonly Reading[];
  /** Why there is no reading. */
  problem?: string;
}

/** What a state dictionary does not say. */
export interface Choices {
  activation: ActivationName;
  nonlinearity: "tanh" | "relu";
}

/** Counters of normalization layers, which say nothing about what is computed. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/** The parts of a state dictionary, in its own order. */
export function partsOf(dictionary: Tensors, source: string): Part[] {
  const groups = new Map<string, Map<string, StoredTensor>>();
  for (const [name, tensor] of dictionary) {
    if (IGNORED.test(name)) continue;
    const dot = name.lastIndexOf(".");
    const prefix = name.slice(0, Math.max(dot, 0));
    if (!groups.has(prefix)) groups.set(prefix, new Map());
    groups.get(prefix)?.set(name.slice(dot + 1), tensor);
  }
  return [...groups].map(([prefix, tensors]) => partOf(prefix, tensors, source));
}

function partOf(prefix: string, tensors: Tensors, source: string): Part {
  const names = [...tensors.keys()];
  const shape = tensors.get("weight")?.dims;
  const only = (...allowed: string[]) => names.every((name) => allowed.includes(name));
  const unnamed = (kind: string) => prefix || kind;
  if (names.some((name) => name.startsWith("weight_ih")))
    return { prefix, readings: [recurrentReading(unnamed("recurrent"), tensors, source)] };
  if (shape?.length === 2 && only("weight", "bias"))
    return { prefix, readings: matrixReadings(unnamed("linear"), tensors, source) };
  if (shape?.length === 1 && only("weight", "bias") && tensors.has("bias"))
    return { prefix, readings: [normalization(unnamed("norm"), tensors, source)] };
  const [[name, { dims }]] = tensors;
  const full = prefix ? `${prefix}.${name}` : name;
  return {
    prefix,
    readings: [],
    problem: `"${full}" [${dims.join(", ")}] belongs to none of the layers that a state dictionary is read as (LSTM, GRU, RNN, their cells, Linear, Embedding, LayerNorm): export the model as ONNX instead`,
  };
}

/** Finds tensors of a prefix and holds them to their shapes. */
function taking(prefix: string, tensors: Tensors, source: string) {
  const label = (name: string) => `${source}: "${prefix}.${name}"`;
  const optional = (name: string, shape: readonly number[]): Float32Array | undefined => {
    const tensor = tensors.get(name);
    if (!tensor) return undefined;
    if (tensor.dims.join() !== shape.join())
      throw new InputError(
        `${label(name)} is [${tensor.dims.join(", ")}] and should be [${shape.join(", ")}] beside the others of its layer`,
      );
    return floats(tensor, label(name));
  };
  const matrix = (name: string): readonly [number, number] => {
    const { dims } = tensors.get(name) ?? { dims: undefined };
    if (!dims) throw new InputError(`${label(name)} is missing`);
    if (dims.length !== 2 || dims.includes(0))
      throw new InputError(`${label(name)} is [${dims.join(", ")}], not a matrix`);
    return [dims[0], dims[1]];
  };
  const needed = (name: string, shape: readonly number[]): Float32Array => {
    const data = optional(name, shape);
    if (!data) throw new InputError(`${label(name)} is missing`);
    return data;
  };
  return { optional, needed, matrix };
}

function matrixReadings(prefix: string, tensors: Tensors, source: string): Reading[] {
  const { optional, needed, matrix } = taking(prefix, tensors, source);
  const [rows, columns] = matrix("weight");
  const linear: Reading = {
    inputs: columns,
    outputs: rows,
    place: tensors.has("bias") ? "anywhere" : "later",
    make: ({ activation }) => ({
      layer: dense(prefix, { inputs: columns, units: rows, activation: activations[activation] }),
      weights: under(prefix, {
        weight: transposed(needed("weight", [rows, columns]), rows, columns),
        bias: optional("bias", [rows]) ?? new Float32Array(rows),
      }),
    }),
  };
  if (tensors.has("bias")) return [linear];
  const embedding: Reading = {
    inputs: "indices",
    outputs: columns,
    place: "first",
    make: () => table(prefix, rows, columns, needed("weight", [rows, columns])),
  };
  return [embedding, linear];
}

function normalization(prefix: string, tensors: Tensors, source: string): Reading {
  const { needed } = taking(prefix, tensors, source);
  const [width] = tensors.get("weight")?.dims ?? [];
  return {
    inputs: width,
    outputs: width,
    place: "anywhere",
    make: () => ({
      layer: layerNormalization(prefix, { inputs: width }),
      weights: under(prefix, { gain: needed("weight", [width]), bias: needed("bias", [width]) }),
    }),
  };
}

const DIRECTIONS = { "": "forward", _reverse: "backward" } as const;

/** A recurrent layer, or several over one another, or a cell (whose names do not end in "_l0"). */
function recurrentReading(prefix: string, tensors: Tensors, source: string): Reading {
  const named = [...tensors.keys()].map((name) =>
    /^(weight|bias)_(ih|hh|hr)(_l\d{1,3})?(_reverse)?$/.exec(name),
  );
  const odd = [...tensors.keys()].find((_, index) => !named[index]);
  if (odd !== undefined)
    throw new InputError(`${source}: "${prefix}.${odd}" is not a name that recurrent layers of PyTorch use`);
  const levels = [...new Set(named.map((match) => match?.[3] ?? ""))].sort(
    (a, b) => Number(a.slice(2)) - Number(b.slice(2)),
  );
  const missing = levels.findIndex((level, index) => level !== "" && level !== `_l${index}`);
  if (missing >= 0 || (levels.includes("") && levels.length > 1))
    throw new InputError(
      `${source}: "${prefix}" has the layers ${levels.join(", ")}: one is missing or too many`,
    );
  const both = named.some((match) => match?.[4]);
  const readings = levels.map((level) => levelOf(prefix, level, both, tensors, source));
  readings.slice(1).forEach(({ inputs }, index) => {
    if (inputs !== readings[index].outputs)
      throw new InputError(
        `${source}: layer ${index + 1} of "${prefix}" reads ${inputs} numbers, and the one below it gives ${readings[index].outputs}`,
      );
  });
  return {
    inputs: readings[0].inputs,
    outputs: readings[readings.length - 1].outputs,
    place: "anywhere",
    make: (choices) => {
      const made = readings.map(({ make }) => make(choices));
      return {
        layer: stacked(made.map(({ layer }) => layer)),
        weights: Object.assign({}, ...made.map(({ weights }) => weights)),
      };
    },
  };
}

/** One layer of a stack, in one direction or both. */
function levelOf(prefix: string, level: string, both: boolean, tensors: Tensors, source: string): Reading {
  const { matrix } = taking(prefix, tensors, source);
  const [rows, inputs] = matrix(`weight_ih${level}`);
  const projection = tensors.has(`weight_hr${level}`) ? matrix(`weight_hr${level}`) : undefined;
  const [, across] = matrix(`weight_hh${level}`);
  const units = projection?.[1] ?? across;
  const kind = kinds[rows / units];
  if (!kind || (projection && kind.name !== "LSTM"))
    throw new InputError(
      `${source}: "${prefix}.weight_ih${level}" has ${rows} rows for ${units} units: an LSTM has 4 each, a GRU 3, an RNN 1`,
    );
  const widths = { inputs, units, projection: projection?.[0], level };
  const outputs = (projection?.[0] ?? units) * (both ? 2 : 1);
  const path = `${prefix}${level.replace("_", ".")}`;
  const make = (choices: Choices): ImportedLayer => {
    const cell = kind.cell(widths, choices);
    const suffixes = (both ? ["", "_reverse"] : [""]) as ("" | "_reverse")[];
    const weights = suffixes.map((suffix) => {
      const own = both ? `${path}.${DIRECTIONS[suffix]}` : path;
      return under(own, kind.weights(`${level}${suffix}`, widths, taking(prefix, tensors, source)));
    });
    return {
      layer: both ? bidirectional(path, cell) : recurrent(path, cell),
      weights: Object.assign({}, ...weights),
    };
  };
  return { inputs, outputs, place: "anywhere", make };
}

interface Widths {
  inputs: number;
  units: number;
  projection: number | undefined;
}

type Taking = ReturnType<typeof taking>;

/** Recurrent layers by the rows that a unit has in their weights. */
const kinds: Record<
  number,
  {
    name: string;
    cell: (widths: Widths, choices: Choices) => Parameters<typeof recurrent>[1];
    weights: (suffix: string, widths: Widths, take: Taking) => Record<string, Float32Array | undefined>;
  }
> = {
  4: {
    name: "LSTM",
    cell: ({ inputs, units, projection }) => lstm({ inputs, units, projection }),
    weights: (suffix, widths, take) => {
      const { units, projection } = widths;
      const down =
        projection && transposed(take.needed(`weight_hr${suffix}`, [projection, units]), projection, units);
      return { ...twoMatrices(4, suffix, widths, take), projection: down || undefined };
    },
  },
  3: {
    name: "GRU",
    cell: ({ inputs, units }) => gru({ inputs, units, reset: "after" }),
    weights: gruWeights,
  },
  1: {
    name: "RNN",
    cell: ({ inputs, units }, { nonlinearity }) => rnn({ inputs, units, activation: nonlinearity }),
    weights: (suffix, widths, take) => twoMatrices(1, suffix, widths, take),
  },
};

function biases(gates: number, suffix: string, { units }: Widths, { optional }: Taking) {
  const zeros = new Float32Array(gates * units);
  const read = (name: string) => optional(`bias_${name}${suffix}`, [gates * units]) ?? zeros;
  return { input: read("ih"), recurrent: read("hh") };
}

/** The two biases are added up to one. */
function twoMatrices(gates: number, suffix: string, widths: Widths, take: Taking) {
  const { inputs, units, projection = units } = widths;
  const rows = gates * units;
  const bias = biases(gates, suffix, widths, take);
  return {
    input: transposed(take.needed(`weight_ih${suffix}`, [rows, inputs]), rows, inputs),
    recurrent: transposed(take.needed(`weight_hh${suffix}`, [rows, projection]), rows, projection),
    bias: added(bias.input, bias.recurrent),
  };
}

/** The reset gate acts on the candidate's recurrent sum with its bias, which therefore stays apart. */
function gruWeights(suffix: string, widths: Widths, take: Taking) {
  const { input, recurrent } = twoMatrices(3, suffix, widths, take);
  const bias = biases(3, suffix, widths, take);
  const candidateBias = bias.recurrent.slice(2 * widths.units);
  const gatesAlone = bias.recurrent.map((one, index) => (index < 2 * widths.units ? one : 0));
  return { input, recurrent, bias: added(bias.input, gatesAlone), candidateBias };
}

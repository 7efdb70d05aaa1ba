/** Models as PyTorch's state dictionaries: names and layouts of torch.nn.LSTM, GRU, RNN, Linear, Embedding and LayerNorm. */
import { allUnits, inputsOf } from "../graph/graph.ts";
import { isLoopUnit } from "../graph/schedule.ts";
import { checkModel, type Model } from "../weights/model.ts";
import { type StoredTensor, writeSafetensors } from "../weights/safetensors.ts";
import { transposed } from "./import/numbers.ts";

/** A state dictionary, and which of a model's weights it holds as layers of PyTorch. */
export interface PyTorchDictionary {
  tensors: Map<string, StoredTensor>;
  /** The layers, by the prefixes of their names, in the order of computation: 'encoder (LSTM)'. */
  layers: string[];
  /** Weights that belong to none, under their own paths as they are. */
  asTheyAre: string[];
}

/**
 * The bytes of a safetensors file with a model's weights in PyTorch's naming. Its metadata tell which weights belong to no layer
 * that PyTorch has, and stand under their own paths as they are ("gatefold.as_they_are").
 *
 * @throws InputError where the model's numbers do not fill its graph's weights
 */
export function toPyTorch(model: Model): Uint8Array<ArrayBuffer> {
  const { tensors, layers, asTheyAre } = pyTorchDictionary(model);
  return writeSafetensors(tensors, {
    format: "pt",
    "gatefold.layers": JSON.stringify(layers),
    ...(asTheyAre.length > 0 && { "gatefold.as_they_are": JSON.stringify(asTheyAre) }),
  });
}

/**
 * A model's weights by PyTorch's names. A GRU that resets before its product, an LSTM with peepholes, a layer that runs
 * backwards alone, and cells that PyTorch lacks stay as they are.
 *
 * @throws InputError where the model's numbers do not fill its graph's weights
 */
export function pyTorchDictionary(model: Model): PyTorchDictionary {
  checkModel(model);
  const found = new Finding(model);
  for (const unit of allUnits(Object.values(model.graph.outputs))) {
    if (isLoopUnit(unit)) found.recurrent(unit.loop.name, unit.loop.reverse);
    else if (unit.is("matmul")) found.linear(nameOf(unit.operands[1]));
    else if (unit.is("gather")) found.embedding(nameOf(unit.operands[0]));
    else if (unit.is("mul")) for (const operand of unit.operands) found.normalization(nameOf(operand));
  }
  return found.result();
}

/** The path of a weight, where a value is one. */
function nameOf({ node }: Model["graph"]["inputs"][number]["value"]): string {
  return node.is("input") && node.attributes.role === "weight" ? node.attributes.name : "";
}

/** Recurrent layers by our cells' names: what PyTorch calls them, and how many gates they have. */
const kinds: Readonly<Record<string, { name: string; gates: number }>> = {
  lstm: { name: "LSTM", gates: 4 },
  gru: { name: "GRU", gates: 3 },
  rnn: { name: "RNN", gates: 1 },
};

class Finding {
  private readonly model: Model;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  private readonly left: Set<string>;
  private readonly layers = new Set<string>();
  private readonly tensors = new Map<string, StoredTensor>();
  /** Layers that run from the end, which are half of a pair or nothing of PyTorch's. */
  private readonly backward = new Set<string>();

  constructor(model: Model) {
    this.model = model;
    this.shapes = new Map(
      [...inputsOf(model.graph, "weight")].map(([path, { shape }]) => [path, shape as number[]]),
    );
    this.left = new Set(this.shapes.keys());
  }

  result(): PyTorchDictionary {
    const asTheyAre = [...this.left];
    for (const path of asTheyAre) this.put(path, this.shapes.get(path) as number[], this.model.weights[path]);
    return { tensors: this.tensors, layers: [...this.layers], asTheyAre };
  }

  /** A loop bears the name of its cell and the path of its layer: 'lstm "encoder.l0.forward"'. */
  recurrent(loop: string, reverse: boolean): void {
    const [, cell, path] = /^([a-z-]+) "(.+)"$/.exec(loop) ?? [];
    const kind = cell !== undefined && Object.hasOwn(kinds, cell) ? kinds[cell] : undefined;
    if (!kind || !this.isPyTorchs(path, kind.gates)) return;
    const half = path.replace(/\.(forward|backward)$/, "");
    if (half === path) {
      if (!reverse) this.putRecurrent(path, path, "", kind);
      return;
    }
    // Both halves are needed; the second to come finds the first.
    this.backward.add(path);
    if (!this.backward.has(`${half}.forward`) || !this.backward.has(`${half}.backward`)) return;
    this.putRecurrent(`${half}.forward`, half, "", kind);
    this.putRecurrent(`${half}.backward`, half, "_reverse", kind);
  }

  /** Whether a layer's weights are those that PyTorch's has, and of the same form. */
  private isPyTorchs(path: string, gates: number): boolean {
    const [inputs, columns] = this.shapes.get(`${path}.input`) ?? [];
    const recurrent = this.shapes.get(`${path}.recurrent`);
    const bias = this.shapes.get(`${path}.bias`);
    const odd = ["peephole", "candidate"].some((name) => this.shapes.has(`${path}.${name}`));
    return (
      inputs !== undefined &&
      !odd &&
      bias?.[0] === columns &&
      recurrent?.[1] === columns &&
      columns % gates === 0
    );
  }

  private putRecurrent(
    path: string,
    layer: string,
    direction: string,
    kind: { name: string; gates: number },
  ): void {
    const [, prefix, number] = /^(.*)\.l(\d+)$/.exec(layer) ?? [undefined, layer, "0"];
    const suffix = `_l${number}${direction}`;
    const rows = (this.shapes.get(`${path}.bias`) as number[])[0];
    const units = rows / kind.gates;
    this.putTransposed(`${path}.input`, `${prefix}.weight_ih${suffix}`);
    this.putTransposed(`${path}.recurrent`, `${prefix}.weight_hh${suffix}`);
    this.put(`${prefix}.bias_ih${suffix}`, [rows], this.take(`${path}.bias`));
    const second = new Float32Array(rows);
    if (this.shapes.has(`${path}.candidateBias`)) second.set(this.take(`${path}.candidateBias`), 2 * units);
    this.put(`${prefix}.bias_hh${suffix}`, [rows], second);
    if (this.shapes.has(`${path}.projection`))
      this.putTransposed(`${path}.projection`, `${prefix}.weight_hr${suffix}`);
    this.layers.add(`${prefix} (${kind.name})`);
  }

  linear(path: string): void {
    const prefix = path.replace(/\.weight$/, "");
    const [, units] = this.shapes.get(path) ?? [];
    if (prefix === path || !this.left.has(path) || this.shapes.get(`${prefix}.bias`)?.join() !== `${units}`)
      return;
    this.putTransposed(path, path);
    this.put(`${prefix}.bias`, [units], this.take(`${prefix}.bias`));
    this.layers.add(`${prefix} (Linear)`);
  }

  embedding(path: string): void {
    const shape = this.shapes.get(path);
    if (shape?.length !== 2 || !path.endsWith(".weight") || !this.left.has(path)) return;
    this.put(path, shape, this.take(path));
    this.layers.add(`${path.replace(/\.weight$/, "")} (Embedding)`);
  }

  normalization(path: string): void {
    const prefix = path.replace(/\.gain$/, "");
    const shape = this.shapes.get(path);
    if (prefix === path || !shape || !this.left.has(path) || !this.left.has(`${prefix}.bias`)) return;
    this.put(`${prefix}.weight`, shape, this.take(path));
    this.put(`${prefix}.bias`, shape, this.take(`${prefix}.bias`));
    this.layers.add(`${prefix} (LayerNorm)`);
  }

  private take(path: string): Float32Array {
    this.left.delete(path);
    return this.model.weights[path];
  }

  private putTransposed(path: string, name: string): void {
    const [rows, columns] = this.shapes.get(path) as number[];
    this.put(name, [columns, rows], transposed(this.take(path), rows, columns));
  }

  private put(name: string, dims: readonly number[], data: Float32Array): void {
    this.tensors.set(name, { dtype: "float32", dims, data });
  }
}

/** One cell run along time: its sizes, its numbers, and our own side. */
import type { Cell } from "../../src/cells/define-cell.ts";
import { evaluateSize } from "../../src/graph/dim.ts";
import { type Graph, trace } from "../../src/graph/graph.ts";
import { recurrent } from "../../src/layers/recurrent.ts";
import { compile } from "../../src/runtime/session.ts";
import { type Tensor, tensor } from "../../src/runtime/tensor.ts";
import { gradient } from "../../src/transform/gradient.ts";
import { initialWeights } from "../../src/weights/declare.ts";
import { random } from "../../src/weights/random.ts";
import type { Learner } from "../learner.ts";
import { took } from "../measure.ts";

export interface CellCase {
  /** The function of torch_cells.py that does the same. */
  name: string;
  cell: Cell;
  /** [steps, batch, …] */
  input: readonly number[];
}

/** Numbers of one input of the graph. */
export interface Given {
  dims: readonly number[];
  data: Float32Array;
  /** Whether its gradient is wanted: those of weights are. */
  trained: boolean;
}

/** What both sides begin with: "x", "target", the cell's weights by its own names, and "noise.NAME". */
export type CellNumbers = Record<string, Given>;

const path = "layer.";
const shortened = (name: string) => (name.startsWith(path) ? name.slice(path.length) : name);

/** The sum of output × target and the gradients of all weights, time and batch left open. */
export function cellGraph({ cell, input }: CellCase): Graph {
  const layer = recurrent("layer", cell);
  const sequence = ["time", "batch", ...input.slice(2)];
  const outputs = trace({ x: sequence }, ({ x }) => ({ y: layer(x) })).outputs.y.shape;
  const graph = trace({ x: sequence, target: outputs }, ({ x, target }) => ({
    loss: layer(x).mul(target).sum(),
  }));
  const weights = graph.inputs.filter(({ role }) => role === "weight").map(({ name }) => name);
  return gradient(graph, { of: "loss", with: weights });
}

/** Draws the numbers of a case; the same at every call. */
export function cellNumbers({ input: [steps, batch] }: CellCase, graph: Graph): CellNumbers {
  const sizes = new Map(Object.entries({ time: steps, batch }));
  const begun = initialWeights(graph, 1);
  const draws = random(1);
  const numbers = graph.inputs.map(({ name, role, shape }) => {
    const dims = shape.map((size) => evaluateSize(size, sizes));
    const [low, high] = role === "noise" ? [0, 1] : [-0.5, 0.5];
    const drawn = new Float32Array(dims.reduce((product, side) => product * side, 1));
    const data = begun[name] ?? draws.stream(name).uniforms(drawn, low, high);
    return [shortened(name), { dims, data, trained: role === "weight" }];
  });
  return Object.fromEntries(numbers);
}

/** Our own side. Several threads spin, as PyTorch's do. */
export async function gatefold(graph: Graph, numbers: CellNumbers, threads: number): Promise<Learner> {
  const session = await compile(graph, { backend: "native", threads, spin: threads > 1, keepMemory: true });
  const feeds = graph.inputs.map(({ name }) => {
    const { dims, data } = numbers[shortened(name)];
    return [name, tensor(data, dims)];
  });
  let results: Record<string, Tensor> = {};
  return {
    turn: () =>
      took(async () => {
        results = await session.run(Object.fromEntries(feeds));
      }),
    async outcome() {
      const { loss, ...gradients } = results;
      const arrays = Object.entries(gradients).map(([name, { data }]) => [
        shortened(name.replace("gradient.", "")),
        data as Float32Array,
      ]);
      return { loss: loss.data[0], arrays: Object.fromEntries(arrays) };
    },
    close: () => session.release(),
  };
}

/** Layers that PyTorch has too give its outputs and its gradients: bench/goldens.py wrote them down. */
import { describe, test } from "vitest";
import type { Cell } from "../src/cells/define-cell.ts";
import { gru } from "../src/cells/gru.ts";
import { lstm } from "../src/cells/lstm.ts";
import { rnn } from "../src/cells/rnn.ts";
import { concat, conv, stack } from "../src/graph/functions.ts";
import { type Graph, trace } from "../src/graph/graph.ts";
import { type Value, weight } from "../src/graph/value.ts";
import { attention } from "../src/layers/attention.ts";
import { recurrent } from "../src/layers/recurrent.ts";
import type { Tensors } from "./everywhere.ts";
import {
  added,
  type Counterpart,
  expectGolden,
  type Golden,
  parts,
  readGoldens,
  rearranged,
  transposed,
} from "./golden.ts";

/** How a recurrent layer of PyTorch is written here. */
interface RecurrentSystem {
  file: string;
  gates: number;
  cell: (widths: { inputs: number; units: number }) => Cell;
  /** One layer's weights in one direction by our names; `suffix` ends PyTorch's names of them. */
  weights: (suffix: string) => Record<string, Counterpart>;
}

const recurrentSystems: RecurrentSystem[] = [
  { file: "lstm", gates: 4, cell: lstm, weights: twoMatrices },
  {
    file: "lstm-projection",
    gates: 4,
    cell: (widths) => lstm({ ...widths, projection: 2 }),
    weights: (suffix) => ({
      ...twoMatrices(suffix),
      projection: rearranged((from) => transposed(from[`weight_hr_${suffix}`])),
    }),
  },
  { file: "gru", gates: 3, cell: gru, weights: gruWeights },
  { file: "rnn-tanh", gates: 1, cell: rnn, weights: twoMatrices },
  {
    file: "rnn-relu",
    gates: 1,
    cell: (widths) => rnn({ ...widths, activation: "relu" }),
    weights: twoMatrices,
  },
];

/** Our one bias is the sum of PyTorch's two; each of those has the gradient of the sum. */
function twoMatrices(suffix: string): Record<string, Counterpart> {
  return {
    input: rearranged((from) => transposed(from[`weight_ih_${suffix}`])),
    recurrent: rearranged((from) => transposed(from[`weight_hh_${suffix}`])),
    bias: {
      value: (weights) => added(weights[`bias_ih_${suffix}`], weights[`bias_hh_${suffix}`]),
      gradient: (gradients) => gradients[`bias_hh_${suffix}`],
    },
  };
}

/** The reset gate acts on the candidate's recurrent sum, so that its bias stays apart. */
function gruWeights(suffix: string): Record<string, Counterpart> {
  const { input, recurrent } = twoMatrices(suffix);
  const candidate = (from: Tensors) => parts(from[`bias_hh_${suffix}`], 3, [2]);
  const others = (weights: Tensors) => {
    const { shape, data } = weights[`bias_hh_${suffix}`];
    const zeroed = data.map((value, index) => (index < (2 / 3) * data.length ? value : 0));
    return { shape, data: zeroed };
  };
  return {
    input,
    recurrent,
    bias: {
      value: (weights) => added(weights[`bias_ih_${suffix}`], others(weights)),
      gradient: (gradients) => gradients[`bias_ih_${suffix}`],
    },
    candidateBias: rearranged(candidate),
  };
}

/** The layers of a golden from below, each with its directions: paths, and how PyTorch's names end. */
function directionsOf({ options }: Golden) {
  const { num_layers: count = 1, bidirectional = false } = options as {
    num_layers?: number;
    bidirectional?: boolean;
  };
  const directions = bidirectional ? ["forward", "backward"] : ["forward"];
  return Array.from({ length: count }, (_, layer) =>
    directions.map((direction) => ({
      path: `layers.${layer}.${direction}`,
      suffix: `l${layer}${direction === "backward" ? "_reverse" : ""}`,
      reverse: direction === "backward",
    })),
  );
}

function recurrentGraph({ cell, gates }: RecurrentSystem, golden: Golden): Graph {
  const [time, batch, inputs] = golden.inputs.x.shape;
  const units = golden.weights.bias_hh_l0.shape[0] / gates;
  const mask = golden.lengths && { mask: { shape: [time, batch], dtype: "bool" as const } };
  return trace({ ...shapesOf(golden), ...mask }, (given: Record<string, Value>) => {
    const states: Record<string, Value>[] = [];
    const upwards = directionsOf(golden).reduce(
      (below, directions) => {
        const one = cell({ inputs: below.width, units });
        const outputs = directions.map(({ path, reverse }) => {
          const named = Object.keys(one.state).filter((name) => name in given);
          const initial = Object.fromEntries(named.map((name) => [name, given[name].at(0, states.length)]));
          const { outputs, state } = recurrent(path, one, { reverse }).run(below.x, {
            mask: given.mask,
            initial,
          });
          states.push(state);
          return outputs;
        });
        return { x: concat(outputs), width: one.outputs * outputs.length };
      },
      { x: given.x, width: inputs },
    );
    const last = Object.keys(states[0]).map((name) => [`last.${name}`, stack(states.map((of) => of[name]))]);
    return { outputs: upwards.x, ...Object.fromEntries(last) };
  });
}

function shapesOf({ inputs }: Golden) {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
}

describe.each(recurrentSystems)("$file, as PyTorch has it", (system) => {
  test.each(readGoldens(system.file))("$title", async (golden) => {
    const counterparts = directionsOf(golden)
      .flat()
      .flatMap(({ path, suffix }) =>
        Object.entries(system.weights(suffix)).map(([name, one]) => [`${path}.${name}`, one] as const),
      );
    await expectGolden(golden, recurrentGraph(system, golden), Object.fromEntries(counterparts));
  });
});

describe("a convolution, as PyTorch has it", () => {
  test.each(readGoldens("convolution"))("$title", async (golden) => {
    const { stride, dilation, padding = 0 } = golden.options as Record<string, number | number[] | undefined>;
    const { shape } = golden.weights.weight;
    const graph = trace(shapesOf(golden), ({ x }) => {
      const bias = weight("bias", [shape[0]]).reshape([shape[0], ...shape.slice(2).map(() => 1)]);
      const borders = typeof padding === "number" ? padding : padding.map((one) => [one, one] as const);
      return { outputs: conv(x, weight("weight", shape), { stride, dilation, padding: borders }).add(bias) };
    });
    const same = (name: string) => rearranged((from) => from[name]);
    await expectGolden(golden, graph, { weight: same("weight"), bias: same("bias") });
  });
});

describe("attention with several heads, as PyTorch has it", () => {
  test.each(readGoldens("attention"))("$title", async (golden) => {
    const { x, memory = x } = golden.inputs;
    const [, , inputs] = x.shape;
    const { heads, causal } = golden.options as { heads: number; causal: boolean };
    const mask = golden.lengths && { mask: { shape: memory.shape.slice(0, 2), dtype: "bool" as const } };
    const graph = trace({ ...shapesOf(golden), ...mask }, (given: Record<string, Value>) => {
      const layer = attention("layer", { inputs, units: inputs, heads, causal, memory: memory.shape[2] });
      const { outputs, weights } = layer.run(given.x, { memory: given.memory, memoryMask: given.mask });
      return { outputs, attention: weights };
    });
    const projections = ["query", "key", "value"].flatMap((name, index) => {
      const apart = `${name[0]}_proj_weight`;
      const weight = (from: Tensors) => from[apart] ?? parts(from.in_proj_weight, 3, [index]);
      return [
        [`layer.${name}.weight`, rearranged((from) => transposed(weight(from)))] as const,
        [`layer.${name}.bias`, rearranged((from) => parts(from.in_proj_bias, 3, [index]))] as const,
      ];
    });
    await expectGolden(golden, graph, {
      ...Object.fromEntries(projections),
      "layer.output.weight": rearranged((from) => transposed(from["out_proj.weight"])),
      "layer.output.bias": rearranged((from) => from["out_proj.bias"]),
    });
  });
});

/**
 * LSTM, GRU and RNN as loops over their equations, with weights in the layout of our own cells: [inputs, gates × units], the
 * gates in the order i, f, g, o or r, z, n, one product with the input and one with the state, one bias.
 */
import type { Size } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { stack } from "../../graph/functions.ts";
import { scan } from "../../graph/scan.ts";
import { formatShape } from "../../graph/shape.ts";
import { filled, iota, type Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { activations } from "./elementwise.ts";
import { type Direction, gru, type Kind, lstm, rnn, type Slice, type State } from "./recurrent-cells.ts";
import { Numbers, type Tensor } from "./tensor.ts";
import { commonPath, isCounted } from "./weight-path.ts";

function read(call: Call, kind: Kind): Value[] {
  const given = call.value(0);
  const batchFirst = call.int("layout", 0) === 1;
  const x = batchFirst ? given.transpose([1, 0, 2]) : given; // [time, batch, inputs]
  if (given.rank !== 3) throw new InputError(`its input ${formatShape(given.shape)} needs three axes`);
  const way = call.string("direction", "forward");
  if (!["forward", "reverse", "bidirectional"].includes(way))
    throw new InputError(`there is no direction "${way}"`);
  const count = way === "bidirectional" ? 2 : 1;
  const units = unitsOf(call, kind, count);
  const [time, batch] = x.shape;
  const present = call.has(4) ? presentSteps(call.value(4), time, batch) : undefined;
  const directions = Array.from({ length: count }, (_, index) => {
    const reverse = way === "reverse" || index === 1;
    const step = kind.cell(call, directionOf(call, kind, { index, count, units }));
    const initial = Object.fromEntries(
      kind.states.map((name, state) => [
        name,
        initialState(call, 5 + state, { index, batch, units, batchFirst }),
      ]),
    );
    return run(x, { step, initial, reverse, present, name: call.node.opType });
  });
  const outputs = stack(
    directions.map(({ outputs }) => outputs),
    batchFirst ? 2 : 1,
  );
  const y = batchFirst ? outputs.transpose([1, 0, 2, 3]) : outputs;
  return [
    y,
    ...kind.states.map((name) =>
      stack(
        directions.map(({ last }) => last[name]),
        batchFirst ? 1 : 0,
      ),
    ),
  ];
}

/** Which steps of a batch are there: bool [time, batch]. */
function presentSteps(lengths: Value, time: Size, batch: Size): Value {
  if (lengths.rank !== 1) throw new InputError("the lengths of its sequences need one axis");
  return iota(time)
    .unsqueeze(1)
    .less(lengths.expand([batch]));
}

function unitsOf(call: Call, { gates }: Kind, count: number): number {
  const [directions, , units] = call.tensor(2).shape;
  const stated = call.int("hidden_size", Number(units));
  if (typeof units !== "number" || units < 1 || directions !== count || stated !== units)
    throw new InputError(
      `recurrent weights ${formatShape(call.tensor(2).shape)} do not fit ${count} ${count === 1 ? "direction" : "directions"} of ${stated} units`,
    );
  const wanted: [number, number | undefined][] = [
    [1, gates * units],
    [2, gates * units],
    [3, 2 * gates * units],
    [7, 3 * units],
  ];
  for (const [index, width] of wanted) {
    const shape = call.inputs[index]?.shape;
    if (shape && (shape[0] !== count || shape[1] !== width || shape.length !== (index < 3 ? 3 : 2)))
      throw new InputError(`its input ${index + 1} ${formatShape(shape)} does not fit ${units} units`);
  }
  return units;
}

function directionOf(
  call: Call,
  kind: Kind,
  { index, count, units }: { index: number; count: number; units: number },
): Direction {
  const side = count === 1 ? "" : index === 0 ? ".forward" : ".reverse";
  const weight: Slice = (inputs, role, write) => {
    const tensors = inputs.map((input) => call.tensor(input));
    const path = weightPath(call, tensors, { role, side });
    return call.reading.derive(tensors, { as: `${role}${index}`, path }, (...all) =>
      write(...all.map((one) => one.at(0, index))),
    );
  };
  return { index, units, weight, activate: activationsOf(call, kind, index, count) };
}

/** The path of a layer's weights: what the tensors' names say, or else where the node stands, as in our own layers. */
function weightPath(
  call: Call,
  tensors: readonly Tensor[],
  { role, side }: { role: string; side: string },
): string {
  const named = commonPath(tensors.map((tensor) => (tensor instanceof Numbers ? tensor.path : undefined)));
  const part = role === "candidate" || role === "candidateBias" ? `.${role}` : "";
  if (named !== undefined && !isCounted(named)) return `${named}${side}${part}`;
  return `${call.reading.layerPath(call.node)}${side}.${role}`;
}

/** Activations for which ONNX Runtime has other parameters than ONNX's own text. */
const unsettled = ["Affine", "ThresholdedRelu", "ScaledTanh"];

/** The activations of a direction. α and β go to those that have one, in order, over all directions. */
function activationsOf(call: Call, kind: Kind, direction: number, count: number): Direction["activate"] {
  const names = call.strings("activations") ?? Array.from({ length: count }, () => kind.activations).flat();
  const width = kind.activations.length;
  if (names.length !== width * count)
    throw new InputError(`it needs ${width * count} activations and has ${names.length}`);
  const [alphas, betas] = [[...call.floats("activation_alpha")], [...call.floats("activation_beta")]];
  const all = names.map((wanted) => {
    const name = Object.keys(activations).find((one) => one.toLowerCase() === wanted.toLowerCase());
    if (!name) throw new InputError(`the activation "${wanted}" can't be read`);
    const { alpha, beta, apply } = activations[name];
    if (unsettled.includes(name) && alphas.length === 0)
      throw new InputError(
        `the activation "${name}" needs its activation_alpha: runtimes differ in what it is otherwise`,
      );
    const [a, b] = [
      alpha === undefined ? 0 : (alphas.shift() ?? alpha),
      beta === undefined ? 0 : (betas.shift() ?? beta),
    ];
    return (x: Value) => apply(x, a, b);
  });
  return (index) => all[direction * width + index];
}

function initialState(
  call: Call,
  input: number,
  { index, batch, units, batchFirst }: { index: number; batch: Size; units: number; batchFirst: boolean },
): Value {
  if (!call.has(input)) return filled(0, [batch, units], call.value(0).dtype);
  const all = call.value(input);
  if (all.rank !== 3) throw new InputError(`its initial state ${formatShape(all.shape)} needs three axes`);
  return all.at(batchFirst ? 1 : 0, index);
}

/** All steps: by a loop, or in place where there is only one. */
function run(
  x: Value,
  {
    step,
    initial,
    reverse,
    present,
    name,
  }: {
    step: (x: Value, state: State) => State;
    initial: State;
    reverse: boolean;
    present: Value | undefined;
    name: string;
  },
): { outputs: Value; last: State } {
  if (x.shape[0] === 1 && !present) {
    const last = step(x.at(0, 0), initial);
    return { outputs: last.hidden.unsqueeze(0), last };
  }
  const { states, outputs } = scan<string, "x", "hidden">({
    name,
    states: initial,
    sequences: { x },
    reverse,
    mask: present,
    step: (state, { x }) => {
      const next = step(x, state);
      return { states: next, outputs: { hidden: next.hidden } };
    },
  });
  return { outputs: outputs.hidden, last: states };
}

export const recurrent: Readonly<Record<string, Operation>> = {
  LSTM: (call) => read(call, lstm),
  GRU: (call) => read(call, gru),
  RNN: (call) => read(call, rnn),
};

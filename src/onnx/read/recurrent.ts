/**
 * LSTM, GRU and RNN as loops over their equations, with weights in the layout of our own cells: [inputs, gates × units], the
 * gates in the order i, f, g, o or r, z, n, one product with the input and one with the state, one bias.
 */
import type { Size } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { clip, concat, stack } from "../../graph/functions.ts";
import { scan } from "../../graph/scan.ts";
import { formatShape } from "../../graph/shape.ts";
import { filled, iota, type Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { activations } from "./elementwise.ts";
import { Numbers, type Tensor } from "./tensor.ts";
import { commonPath, isCounted } from "./weight-path.ts";

type State = Record<string, Value>;

/** One direction of one operator: the weights it reads, and a step. */
interface Direction {
  index: number;
  units: number;
  /** The n-th activation of this direction. */
  activate: (index: number) => (x: Value) => Value;
  weight: Slice;
}

/** A part of a direction's weights: gates in our order, with units along the last axis. */
type Slice = (inputs: readonly number[], role: string, write: (...parts: Value[]) => Value) => Value;

interface Kind {
  gates: number;
  /** The activations of a direction, where none are named. */
  activations: readonly string[];
  states: readonly string[];
  cell: (call: Call, direction: Direction) => (x: Value, state: State) => State;
}

/** Gates along the first axis, in another order. */
const gatesOf = (x: Value, order: readonly number[]): Value => {
  const gates = Math.max(...order) + 1;
  const parts = x.split(gates, 0);
  const chosen = order.map((gate) => parts[gate]);
  return order.every((gate, index) => gate === index) && order.length === gates ? x : concat(chosen, 0);
};

/** ONNX has W [gates × units, inputs] for each direction; products here have [inputs, gates × units]. */
const turned = (order: readonly number[]) => (x: Value) => gatesOf(x, order).transpose();

/** Both of ONNX's biases, of the input's and of the state's product, as one. */
const summedBias = (order: readonly number[]) => (both: Value) => {
  const [input, recurrent] = both.split(2, 0);
  return gatesOf(input, order).add(gatesOf(recurrent, order));
};

/** i, o, f, g in ONNX. */
const lstmOrder = [0, 2, 3, 1];

const lstm: Kind = {
  gates: 4,
  activations: ["Sigmoid", "Tanh", "Tanh"],
  states: ["hidden", "memory"],
  cell(call, { weight, activate }) {
    const input = weight([1], "input", turned(lstmOrder));
    const recurrent = weight([2], "recurrent", turned(lstmOrder));
    const bias = call.has(3) ? weight([3], "bias", summedBias(lstmOrder)) : undefined;
    // i, o, f in ONNX; i, f, o here
    const peepholes = call.has(7) ? weight([7], "peephole", (x) => gatesOf(x, [0, 2, 1])).split(3) : [];
    const [peepInput, peepForget, peepOutput] = peepholes;
    const coupled = call.int("input_forget", 0) === 1;
    const held = clipOf(call);
    const [gateActivation, candidate, output] = [0, 1, 2].map(activate);
    const gate = (sum: Value) => gateActivation(held(sum));
    const peep = (sum: Value, memory: Value, by?: Value) => (by ? sum.add(memory.mul(by)) : sum);
    return (x, { hidden, memory }) => {
      const product = x.matmul(input).add(hidden.matmul(recurrent));
      const [i, f, g, o] = (bias ? product.add(bias) : product).split(4);
      const enters = gate(peep(i, memory, peepInput));
      const stays = coupled ? enters.rsub(1) : gate(peep(f, memory, peepForget));
      const next = stays.mul(memory).add(enters.mul(candidate(held(g))));
      return { hidden: gate(peep(o, next, peepOutput)).mul(output(next)), memory: next };
    };
  },
};

const gru: Kind = {
  gates: 3,
  activations: ["Sigmoid", "Tanh"],
  states: ["hidden"],
  cell(call, { weight, activate, units }) {
    // z, r, n in ONNX; r, z, n here
    const input = weight([1], "input", turned([1, 0, 2]));
    const held = clipOf(call);
    const [gate, candidate] = [0, 1].map(activate);
    const resetAfter = call.int("linear_before_reset", 0) !== 0;
    const recurrent = weight([2], "recurrent", (x) =>
      resetAfter
        ? turned([1, 0, 2])(x)
        : x
            .split(3, 0)
            .slice(0, 2)
            .reverse()
            .reduce((r, z) => concat([r, z], 0))
            .transpose(),
    );
    const inner = resetAfter ? undefined : weight([2], "candidate", (x) => x.split(3, 0)[2].transpose());
    const bias = call.has(3) ? weight([3], "bias", (both) => gruBias(both, resetAfter)) : undefined;
    const innerBias =
      call.has(3) && resetAfter ? weight([3], "candidateBias", (both) => both.split(6, 0)[5]) : undefined;
    return (x, { hidden }) => {
      const product = x.matmul(input);
      const [xGates, xCandidate] = (bias ? product.add(bias) : product).split([2 * units, units]);
      const [hGates, hCandidate] = inner
        ? [hidden.matmul(recurrent)]
        : hidden.matmul(recurrent).split([2 * units, units]);
      const [r, z] = gate(held(xGates.add(hGates))).split(2);
      const recalled = inner
        ? r.mul(hidden).matmul(inner)
        : r.mul(innerBias ? hCandidate.add(innerBias) : hCandidate);
      const n = candidate(held(xCandidate.add(recalled)));
      return { hidden: n.add(z.mul(hidden.sub(n))) };
    };
  },
};

/** Both biases of each gate in one; where the reset comes after the product, the state's bias of the candidate stays apart. */
function gruBias(both: Value, resetAfter: boolean): Value {
  const [z, r, n, recurrentZ, recurrentR, recurrentN] = both.split(6, 0);
  return concat([r.add(recurrentR), z.add(recurrentZ), resetAfter ? n : n.add(recurrentN)], 0);
}

const rnn: Kind = {
  gates: 1,
  activations: ["Tanh"],
  states: ["hidden"],
  cell(call, { weight, activate }) {
    const input = weight([1], "input", turned([0]));
    const recurrent = weight([2], "recurrent", turned([0]));
    const bias = call.has(3) ? weight([3], "bias", summedBias([0])) : undefined;
    const [held, output] = [clipOf(call), activate(0)];
    return (x, { hidden }) => {
      const product = x.matmul(input).add(hidden.matmul(recurrent));
      return { hidden: output(held(bias ? product.add(bias) : product)) };
    };
  },
};

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

/** Holds the sums that go into gates between two bounds; the memory is not held, by ONNX Runtime's reading of the option. */
function clipOf(call: Call): (x: Value) => Value {
  const limit = call.float("clip", 0);
  return (x) => (limit > 0 ? clip(x, -limit, limit) : x);
}

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

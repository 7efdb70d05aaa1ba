/** The equations of ONNX's recurrent operators, over weights in the layout of our own cells. */
import { clip, concat } from "../../graph/functions.ts";
import type { Value } from "../../graph/value.ts";
import type { Call } from "./call.ts";

export type State = Record<string, Value>;

/** One direction of one operator: the weights it reads, and a step. */
export interface Direction {
  index: number;
  units: number;
  /** The n-th activation of this direction. */
  activate: (index: number) => (x: Value) => Value;
  weight: Slice;
}

/** A part of a direction's weights: gates in our order, with units along the last axis. */
export type Slice = (inputs: readonly number[], role: string, write: (...parts: Value[]) => Value) => Value;

export interface Kind {
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

export const lstm: Kind = {
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

export const gru: Kind = {
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

export const rnn: Kind = {
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

/** Holds the sums that go into gates between two bounds; the memory is not held, by ONNX Runtime's reading of the option. */
function clipOf(call: Call): (x: Value) => Value {
  const limit = call.float("clip", 0);
  return (x) => (limit > 0 ? clip(x, -limit, limit) : x);
}

/** Operators that hold graphs: branches and loops. */
import type { GraphProto } from "onnx-buf";
import { equalSizes } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { scan } from "../../graph/scan.ts";
import { apply, iota, type Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { Numbers, type Tensor } from "./tensor.ts";

/** The branch that is taken, where that is known. */
function branch(call: Call): readonly Tensor[] {
  const condition = call.tensor(0);
  if (!(condition instanceof Numbers))
    throw new InputError(
      `whether "${call.node.input[0]}" holds is not known when the model is read: fix an input by values, or an open size by sizes`,
    );
  return call.readGraph(call.graph(condition.data[0] !== 0 ? "then_branch" : "else_branch"), []);
}

/** What walks along a first axis, and what comes out of it; ONNX lets each choose its axis and its direction. */
interface Walk {
  graph: GraphProto;
  states: Value[];
  sequences: Value[];
  reverse: boolean;
}

/** Runs a loop; gives the states after it and what is put out at each step, each [time, …]. */
function walk(
  call: Call,
  { graph, states, sequences, reverse }: Walk,
  step: (states: readonly Value[], elements: readonly Value[]) => readonly Tensor[],
): { finals: Value[]; stacks: Value[] } {
  const named = (values: readonly Value[]) =>
    Object.fromEntries(values.map((value, index) => [`${index}`, value]));
  let outputs = 0;
  const found = scan<string, string, string>({
    name: graph.name || "a scan",
    states: named(states),
    sequences: named(sequences),
    reverse,
    step: (before, elements) => {
      const results = step(
        states.map((_, index) => before[index]),
        sequences.map((_, index) => elements[index]),
      ).map((result) => call.reading.value(result));
      outputs = results.length - states.length;
      return { states: named(results.slice(0, states.length)), outputs: named(results.slice(states.length)) };
    },
  });
  return {
    finals: states.map((_, index) => found.states[index]),
    stacks: Array.from({ length: outputs }, (_, index) => found.outputs[index]),
  };
}

function scanned(call: Call): readonly Tensor[] {
  if (call.opset < 9) throw new InputError("the Scan of versions below 9 can't be read");
  const graph = call.graph("body");
  const values = call.values();
  const count = call.int("num_scan_inputs", 1);
  if (count < 1 || count > values.length || graph.output.length < values.length - count)
    throw new InputError("its states and sequences do not fit its body");
  const states = values.slice(0, values.length - count);
  const outputs = graph.output.length - states.length;
  const directions = call.ints("scan_input_directions") ?? [];
  const axes = call.ints("scan_input_axes") ?? [];
  const reverse = directions[0] === 1;
  const sequences = values.slice(-count).map((value, index) => {
    const [axis] = call.axes([axes[index] ?? 0], value.rank);
    const first = axis === 0 ? value : value.transpose(toFront(axis, value.rank));
    return (directions[index] === 1) === reverse ? first : apply("flip", [first], { axis: 0 });
  });
  const lengths = sequences.map(({ shape }) => shape[0]);
  const odd = lengths.find((length) => !equalSizes(length, lengths[0]));
  if (odd !== undefined)
    throw new InputError(`it walks along sequences of ${lengths[0]} and of ${odd} steps`);
  const { finals, stacks } = walk(call, { graph, states, sequences, reverse }, (before, elements) =>
    call.readGraph(graph, [...before, ...elements]),
  );
  if (stacks.length !== outputs) throw new InputError("its outputs do not fit its body");
  const outputDirections = call.ints("scan_output_directions") ?? [];
  const outputAxes = call.ints("scan_output_axes") ?? [];
  const placed = stacks.map((stack, index) => {
    const turned = (outputDirections[index] === 1) === reverse ? stack : apply("flip", [stack], { axis: 0 });
    const [axis] = call.axes([outputAxes[index] ?? 0], stack.rank);
    const order = stack.shape.map((_, at) => (at < axis ? at + 1 : at === axis ? 0 : at));
    return axis === 0 ? turned : turned.transpose(order);
  });
  return [...finals, ...placed];
}

const toFront = (axis: number, rank: number): number[] => [
  axis,
  ...Array.from({ length: rank }, (_, at) => at).filter((at) => at !== axis),
];

/** A loop that runs a known number of times and never ends early. */
function looped(call: Call): readonly Tensor[] {
  const graph = call.graph("body");
  const goesOn = call.inputs[1];
  if (goesOn && !(goesOn instanceof Numbers && goesOn.data[0] !== 0))
    throw new InputError("only loops that run a known number of times can be read");
  const length = call.size(0);
  const states = call.inputs.slice(2).map((_, index) => call.value(index + 2));
  const { finals, stacks } = walk(
    call,
    { graph, states, sequences: [iota(length)], reverse: false },
    (before, [step]) => {
      const always = new Numbers([], "bool", Float64Array.of(1));
      const [next, ...results] = call.readGraph(graph, [step, always, ...before]);
      if (!(next instanceof Numbers && next.data[0] !== 0))
        throw new InputError("only loops that never end early can be read");
      return results;
    },
  );
  return [...finals, ...stacks];
}

export const control: Readonly<Record<string, Operation>> = { If: branch, Scan: scanned, Loop: looped };

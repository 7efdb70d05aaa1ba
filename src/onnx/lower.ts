/**
 * Graph → ONNX model. Loops become Scan; a body reads outer values by name. Inputs keep their names;
 * weights are inputs too, or initializers where their numbers are given.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, type TensorProto, type ValueInfoProto } from "onnx-buf";
import { namesOf } from "../graph/dim.ts";
import { InputError } from "../graph/errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Loop } from "../graph/loop.ts";
import type { Operator } from "../graph/operators.ts";
import { bodyResults, isLoopUnit, type LoopUnit, schedule } from "../graph/schedule.ts";
import type { Node, Value } from "../graph/value.ts";
import { expandInverses } from "../transform/expand-inverses.ts";
import { Block, Model, tensor, valueInfo } from "./block.ts";
import { lowerings } from "./lowerings.ts";

/** The version of ONNX's operators that models are written in. */
export const opset = 18;
/** The file format's version that goes with it. */
const irVersion = 8;

export interface OnnxOptions {
  /** Weights that become part of the model, by name; the others stay inputs. */
  weights?: Readonly<Record<string, Float32Array>>;
  /** What else the file says of the model, by key. */
  metadata?: Readonly<Record<string, string>>;
}

/** An ONNX model (opset 18) that computes a graph. */
export function toOnnx(
  graph: Graph,
  { weights = {}, metadata = {} }: OnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const { inputs, outputs } = expandInverses(graph);
  const model = new Model();
  const block = new Block(model);
  const declared: ValueInfoProto[] = [];
  for (const { name, value, shape } of inputs) {
    block.bind(value, model.unique(name));
    if (weights[name]) model.initializers.push(weightTensor(name, value, weights[name]));
    else declared.push(valueInfo(name, value));
    shape.forEach((size, axis) => {
      const [open] = namesOf(size);
      if (open === String(size) && !model.sizeSources.has(open))
        model.sizeSources.set(open, { input: name, axis });
    });
  }
  for (const name of Object.keys(outputs)) {
    if (inputs.some((input) => input.name === name))
      throw new InputError(`"${name}" names both an input and an output`);
    model.unique(name); // or a node on the way to it could take the name first
  }
  lowerUnits(Object.values(outputs), null, block);
  const results = Object.entries(outputs).map(([name, value]) => {
    block.alias(block.nameOf(value), name);
    return valueInfo(name, value);
  });
  const whole = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: "gatefold",
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: block.toGraph("gatefold", declared, results, model.initializers),
  });
  return toBinary(ModelProtoSchema, whole);
}

function lowerUnits(wanted: readonly Value[], scope: Loop | null, block: Block): void {
  for (const unit of schedule(wanted, scope)) {
    if (isLoopUnit(unit)) lowerLoop(unit, block);
    else if (!unit.is("input") && !unit.is("parameter")) lowerNode(unit, block);
  }
}

function lowerNode(node: Node, block: Block): void {
  const lowering = lowerings[node.op] as (
    node: Node<Operator>,
    operands: readonly string[],
    block: Block,
  ) => string[];
  const names = lowering(
    node,
    node.operands.map((operand) => block.nameOf(operand)),
    block,
  );
  node.results.forEach((result, index) => {
    block.bind(result, names[index]);
  });
}

function lowerLoop(unit: LoopUnit, block: Block): void {
  const { loop, reach, finals, stacks } = unit;
  const body = new Block(block.model, block);
  const states = [...reach.states].map((state) => loop.states[state]);
  const sequences = [...reach.sequences].map((sequence) => loop.sequences[sequence]);
  const parameters = [...states, ...sequences].map(({ parameter }) => {
    const name = block.model.unique("step");
    body.bind(parameter, name);
    return valueInfo(name, parameter);
  });
  const sources = sequences.map(({ source }) => block.nameOf(source));
  if (sources.length === 0) {
    // Scan counts its steps on a sequence, so one is needed even where the body reads none.
    sources.push(counter(loop, block));
    parameters.push(valueInfo(block.model.unique("step"), { dtype: "int32", shape: [] }));
  }
  const wanted = bodyResults(unit);
  lowerUnits(wanted, loop, body);
  const taken = new Set<string>();
  const results = wanted.map((value) => valueInfo(bodyResult(body.nameOf(value), taken, body), value));

  const backward = Number(loop.reverse);
  const outputs = block.emitAll(
    "Scan",
    [...states.map(({ initial }) => block.nameOf(initial)), ...sources],
    {
      body: body.toGraph(loop.name, parameters, results),
      num_scan_inputs: sources.length,
      scan_input_directions: sources.map(() => backward),
      scan_output_directions: stacks.map(() => backward),
    },
    results.map(() => "scan"),
  );
  for (const { state, value } of finals) block.bind(value, outputs[states.indexOf(loop.states[state])]);
  stacks.forEach(({ value }, index) => {
    block.bind(value, outputs[states.length + index]);
  });
}

/** A body's results must be computed in it, each under a name of its own. */
function bodyResult(name: string, taken: Set<string>, body: Block): string {
  const result = body.makes(name) && !taken.has(name) ? name : body.emit("Identity", [name], {}, "next");
  taken.add(result);
  return result;
}

function counter(loop: Loop, block: Block): string {
  const zero = block.model.constant([0], "int32", []);
  return block.emit("Expand", [zero, block.shape([loop.length])]);
}

function weightTensor(name: string, value: Value, data: Float32Array): TensorProto {
  const dims = value.shape as readonly number[];
  if (data.length !== dims.reduce((a, b) => a * b, 1)) {
    throw new InputError(
      `weight "${name}" has ${data.length} numbers where [${dims}] needs ${dims.reduce((a, b) => a * b, 1)}`,
    );
  }
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return tensor(name, bytes, "float32", dims);
}

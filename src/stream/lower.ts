/** A step's values as a listing of instructions. */
import { InputError } from "../graph/errors.ts";
import type { Graph } from "../graph/graph.ts";
import { schedule } from "../graph/schedule.ts";
import type { Node, Value } from "../graph/value.ts";
import { simplify } from "../transform/simplify.ts";
import { Assembly, count, type Products, shapeOf, volumeOf } from "./assembly.ts";
import { emitElementwise } from "./emit-elementwise.ts";
import { emitLayout } from "./emit-layout.ts";
import { type ProductEntry, SumWriter } from "./emit-sums.ts";
import { emitGate, findGates } from "./gates.ts";
import { Known } from "./known.ts";
import { type Buffer, type Listing, newBuffer, shifted, type View, viewOf } from "./listing.ts";
import { productOf } from "./products.ts";
import type { StepGraph } from "./step-graph.ts";
import { findSums } from "./sums.ts";

/** A step before its buffers have addresses. */
export interface Lowered {
  listing: Listing;
  inputs: Record<string, View>;
  outputs: Record<string, View>;
  /** Each state's buffer and where what it becomes lies after the step. */
  states: { name: string; buffer: Buffer; after: View; numbers: number }[];
  products: readonly ProductEntry[];
}

export function lower(step: StepGraph, options: Products): Lowered {
  const { outputs, after } = prepared(step);
  const known = new Known(step.weights);
  const assembly = new Assembly(known, options);
  const inputs = Object.fromEntries(
    Object.entries(step.inputs).map(([name, value]) => [name, assembly.make(value)]),
  );
  const buffers = step.states.map(({ name, before, initial }) => {
    if (!known.has(initial))
      throw new InputError(
        `state "${name}" begins as something that a step computes; it must be made of weights`,
      );
    const buffer = newBuffer("stream", 4 * volumeOf(before), "float32", filled(assembly, initial, before));
    assembly.set(before, viewOf(buffer));
    return buffer;
  });
  const sums = new SumWriter(assembly);
  writeAll(assembly, sums, [...Object.values(outputs), ...after]);
  const isState = ({ buffer }: View) => buffers.includes(buffer);
  return {
    listing: assembly.listing,
    inputs,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => {
        const view = assembly.view(value);
        return [name, isState(view) ? copied(assembly, view, volumeOf(value)) : view];
      }),
    ),
    states: step.states.map(({ name, before }, index) => {
      const buffer = buffers[index];
      const view = assembly.view(after[index]);
      const numbers = volumeOf(before);
      const stays = view.buffer === buffer && view.offset === 0;
      const moved = isState(view) && !stays ? copied(assembly, view, numbers) : view;
      return { name, buffer, after: moved, numbers };
    }),
    products: sums.entries,
  };
}

/** What a step gives and leaves, without what is computed twice or for nothing. */
function prepared(step: StepGraph): { outputs: Record<string, Value>; after: Value[] } {
  const names = Object.keys(step.outputs);
  const wanted = [...Object.values(step.outputs), ...step.states.map(({ after }) => after)];
  const graph: Graph = {
    inputs: [],
    outputs: Object.fromEntries(wanted.map((value, at) => [`${at}`, value])),
  };
  const simple = Object.values(simplify(graph).outputs);
  return {
    outputs: Object.fromEntries(names.map((name, at) => [name, simple[at]])),
    after: simple.slice(names.length),
  };
}

function writeAll(assembly: Assembly, writer: SumWriter, wanted: readonly Value[]): void {
  const { known } = assembly;
  const nodes = schedule(wanted, null).filter(
    (unit): unit is Node => !("loop" in unit) && !unit.is("input") && !known.has(unit.results[0]),
  );
  const uses = new Map<Value, number>();
  for (const value of [...wanted, ...nodes.flatMap(({ operands }) => operands)])
    uses.set(value, (uses.get(value) ?? 0) + 1);
  const { sums, parts } = findSums(nodes, uses, (node) => productOf(node, known));
  const gated = findGates(
    nodes,
    uses,
    (node) => parts.has(node) || sums.has(node) || known.has(node.results[0]),
  );
  for (const node of nodes) {
    if (parts.has(node) || gated.parts.has(node)) continue;
    const sum = sums.get(node);
    const gate = gated.gates.get(node);
    if (sum) writer.write(sum);
    else if (gate) emitGate(assembly, gate);
    else writeNode(assembly, node);
  }
}

function writeNode(assembly: Assembly, node: Node): void {
  for (const value of [...node.operands, ...node.results]) shapeOf(value);
  if (emitElementwise(assembly, node) || emitLayout(assembly, node)) return;
  if (node.is("matmul")) emitMultiply(assembly, node);
  else
    throw new InputError(
      `stream: a step can't hold ${node.op} (${node.results[0].label()}) of values that change`,
    );
}

/** A product of two values that both change. */
function emitMultiply(assembly: Assembly, node: Node<"matmul">): void {
  const [a, b] = node.operands;
  const [result] = node.results;
  const [m, n] = shapeOf(result).slice(-2);
  const k = shapeOf(a).at(-1)!;
  const lead = shapeOf(result).slice(0, -2);
  const y = assembly.make(result);
  const matrices = count(lead);
  const [as, bs] = [a, b].map((value) => {
    const own = count(shapeOf(value).slice(0, -2));
    if (own !== 1 && own !== matrices)
      throw new InputError(
        `stream: a step can't hold a product of [${shapeOf(a).join(", ")}] and [${shapeOf(b).join(", ")}], whose leading axes differ`,
      );
    return own === 1 ? 0 : 4;
  });
  for (let at = 0; at < matrices; at++) {
    const fields = {
      a: shifted(assembly.view(a), as * m * k * at),
      b: shifted(assembly.view(b), bs * k * n * at),
      y: shifted(y, 4 * m * n * at),
      ...{ m, k, n },
    };
    assembly.listing.emit("multiply", fields, "arithmetic");
  }
}

function copied({ listing }: Assembly, x: View, n: number): View {
  const y = listing.scratch(n);
  listing.emit("copy", { x, y, n }, "states");
  return y;
}

function filled(assembly: Assembly, initial: Value, like: Value): Float32Array {
  return Float32Array.from(assembly.constant(initial, shapeOf(like)));
}

/** Finds what gates do, c + σ(i) ⊙ tanh(g) and its like, which takes one pass instead of four. */
import type { Node, Value } from "../graph/value.ts";
import { type Assembly, volumeOf } from "./assembly.ts";

/** from + f(a) ⊙ g(b), or without `from`. */
export interface Gate {
  value: Value;
  /** What is multiplied: 0 a · b, 1 σ(a) · b, 2 tanh(a) · b, 3 σ(a) · tanh(b). */
  mode: number;
  a: Value;
  b: Value;
  from?: Value;
}

/**
 * The gates of a step, by the node that gives each, and the nodes that are computed as parts of them.
 *
 * @param nodes in the order of computation
 * @param uses how often each value is read
 * @param isTaken nodes that are written otherwise
 */
export function findGates(
  nodes: readonly Node[],
  uses: ReadonlyMap<Value, number>,
  isTaken: (node: Node) => boolean,
): { gates: Map<Node, Gate>; parts: Set<Node> } {
  const gates = new Map<Node, Gate>();
  const parts = new Set<Node>();
  for (const node of nodes.toReversed()) {
    if (parts.has(node) || isTaken(node)) continue;
    const found = node.is("add") ? addedGate(node, uses, isTaken) : product(node, uses, isTaken);
    if (!found || (found.gate.mode === 0 && !found.gate.from)) continue;
    gates.set(node, found.gate);
    for (const part of found.parts) parts.add(part);
  }
  return { gates, parts };
}

interface Found {
  gate: Gate;
  parts: Node[];
}

function addedGate(
  node: Node,
  uses: ReadonlyMap<Value, number>,
  isTaken: (node: Node) => boolean,
): Found | undefined {
  const [result] = node.results;
  if (!isWhole(node)) return undefined;
  for (const [term, from] of [node.operands, node.operands.toReversed()]) {
    if (uses.get(term) !== 1 || isTaken(term.node)) continue;
    const found = product(term.node, uses, isTaken);
    if (found) return { gate: { ...found.gate, value: result, from }, parts: [term.node, ...found.parts] };
  }
  return undefined;
}

function product(
  node: Node,
  uses: ReadonlyMap<Value, number>,
  isTaken: (node: Node) => boolean,
): Found | undefined {
  if (!node.is("mul") || !isWhole(node)) return undefined;
  const own = (value: Value, op: "sigmoid" | "tanh") =>
    value.node.is(op) && uses.get(value) === 1 && !isTaken(value.node);
  const inner = (value: Value) => value.node.operands[0];
  const [value] = node.results;
  for (const [a, b] of [node.operands, node.operands.toReversed()]) {
    if (own(a, "sigmoid") && own(b, "tanh"))
      return { gate: { value, mode: 3, a: inner(a), b: inner(b) }, parts: [a.node, b.node] };
  }
  for (const [a, b] of [node.operands, node.operands.toReversed()]) {
    if (own(a, "sigmoid")) return { gate: { value, mode: 1, a: inner(a), b }, parts: [a.node] };
    if (own(a, "tanh")) return { gate: { value, mode: 2, a: inner(a), b }, parts: [a.node] };
  }
  const [a, b] = node.operands;
  return { gate: { value, mode: 0, a, b }, parts: [] };
}

/** Whether nothing is broadcast, and all is floating-point. */
function isWhole({ operands, results: [result] }: Node): boolean {
  return result.dtype !== "int32" && operands.every((operand) => volumeOf(operand) === volumeOf(result));
}

export function emitGate(assembly: Assembly, { value, mode, a, b, from }: Gate): void {
  const n = volumeOf(value);
  const operands = { a: assembly.view(a), b: assembly.view(b) };
  const begin = from && { from: assembly.view(from) };
  const fields = { ...operands, ...begin, y: assembly.make(value), n, mode };
  assembly.listing.emit(begin ? "gateAdd" : "gate", fields, "arithmetic");
}

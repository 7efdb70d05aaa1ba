/**
 * Computes what is constant, merges what is computed twice, and drops what changes nothing. (What nothing
 * reads is gone by itself: a graph is what its outputs lead to.)
 */
import { addSizes, Dim, equalSizes, type Size } from "../graph/dim.ts";
import { concat } from "../graph/functions.ts";
import type { Graph } from "../graph/graph.ts";
import { evaluateNode } from "../graph/interpret.ts";
import type { Attributes, Operator } from "../graph/operators.ts";
import { equalShapes } from "../graph/shape.ts";
import { apply, constant, type Node, type Value } from "../graph/value.ts";
import { rebuild, rewriteGraph } from "./rewrite.ts";

/** Larger constants are left to be computed when the graph runs. */
const largestConstant = 4096;

export function simplify(graph: Graph): Graph {
  const merge = merger();
  const merged = (value: Value) => merge(value.node, value.node.operands)[value.index];
  return rewriteGraph(graph, {
    node: (node, operands) => {
      const short = shortcut(node, operands);
      const found = short ? [short] : fold(node, operands);
      return found ? found.map(merged) : merge(node, operands);
    },
  });
}

/** A value that equals a node's only result and is there already, or needs less work. */
function shortcut(node: Node, operands: readonly Value[]): Value | undefined {
  const short = shortcuts[node.op] as
    | ((node: Node, operands: readonly Value[]) => Value | undefined)
    | undefined;
  return short?.(node, operands);
}

const shortcuts: { [O in Operator]?: (node: Node<O>, operands: readonly Value[]) => Value | undefined } = {
  add: (node, [a, b]) => keepsShape(node, a, isAll(b, 0)) ?? keepsShape(node, b, isAll(a, 0)),
  sub: (node, [a, b]) => keepsShape(node, a, isAll(b, 0)),
  mul: (node, [a, b]) => keepsShape(node, a, isAll(b, 1)) ?? keepsShape(node, b, isAll(a, 1)),
  div: (node, [a, b]) => keepsShape(node, a, isAll(b, 1)),
  neg: (_, [x]) => (x.node.is("neg") ? x.node.operands[0] : undefined),
  expand: (node, [x]) => keepsShape(node, x, true),
  sum: (node, [x]) =>
    keepsShape(
      node,
      x,
      node.attributes.axes.every((axis) => x.shape[axis] === 1),
    ),
  slice: (node, [x]) => {
    const { axis, start, end } = node.attributes;
    return keepsShape(node, x, start === 0 && equalSizes(end, x.shape[axis])) ?? partOf(x, node.attributes);
  },
  reshape: (node, [x]) => {
    const [source] = x.node.is("reshape") ? x.node.operands : [x];
    const short = keepsShape(node, source, true) ?? sideBySide(node, source);
    return short ?? (source === x ? undefined : apply("reshape", [source], node.attributes));
  },
  transpose: (node, [x]) => {
    const { order } = node.attributes;
    if (order.every((axis, position) => axis === position)) return x;
    if (!x.node.is("transpose")) return undefined;
    const inner = x.node.attributes.order;
    const both = order.map((axis) => inner[axis]);
    return both.every((axis, position) => axis === position)
      ? x.node.operands[0]
      : apply("transpose", x.node.operands, { order: both });
  },
  concat: (node, operands) => {
    const [first] = operands;
    const { node: split } = first;
    const whole =
      split.is("split") &&
      split.attributes.axis === node.attributes.axis &&
      split.results.length === operands.length &&
      split.results.every((part, index) => part === operands[index]);
    return whole ? split.operands[0] : undefined;
  },
};

function keepsShape(node: Node, x: Value, neutral: boolean): Value | undefined {
  return neutral && equalShapes(x.shape, node.results[0].shape) ? x : undefined;
}

/**
 * Parts that are stacked along an axis of their own, which then becomes one with the features: they lie side by side. So
 * exporters write the outputs of both directions.
 */
function sideBySide({ results: [{ shape }] }: Node, x: Value): Value | undefined {
  const last = shape.length - 1;
  if (x.rank !== shape.length + 1 || !equalShapes(shape.slice(0, last), x.shape.slice(0, last)))
    return undefined;
  const order = x.node.is("transpose") ? x.node.attributes.order : x.shape.map((_, axis) => axis);
  const [stacked] = x.node.is("transpose") ? x.node.operands : [x];
  const { node } = stacked;
  const axis = order[last];
  if (!node.is("concat") || node.attributes.axis !== axis) return undefined;
  if (node.operands.some((part) => part.shape[axis] !== 1)) return undefined;
  const rest = order.filter((one) => one !== axis).map((one) => (one > axis ? one - 1 : one));
  const isSame = rest.every((one, position) => one === position);
  const parts = node.operands.map((part) => {
    const [before] = part.node.is("reshape") ? part.node.operands : [part];
    const flat = part.squeeze(axis);
    const own = equalShapes(before.shape, flat.shape) ? before : flat;
    return isSame ? own : own.transpose(rest);
  });
  return concat(parts);
}

/** The part of a concatenation that a slice cuts out. */
function partOf({ node }: Value, { axis, start, end, step }: Attributes["slice"]): Value | undefined {
  if (!node.is("concat") || node.attributes.axis !== axis || step !== 1) return undefined;
  let at: Size = 0;
  return node.operands.find((part) => {
    const from = at;
    at = addSizes(at, part.shape[axis]);
    return equalSizes(from, start) && equalSizes(at, end);
  });
}

/** Whether every number of a value is known to be this one. */
function isAll({ node }: Value, number: number): boolean {
  if (node.is("constant")) return node.attributes.data.every((one) => one === number);
  return node.is("expand") && isAll(node.operands[0], number);
}

/** The results of a node whose operands are constants. */
function fold(node: Node, operands: readonly Value[]): Value[] | undefined {
  if (operands.length === 0 || node.is("expand")) return undefined;
  const known = operands.map((operand) =>
    operand.node.is("constant") ? operand.node.attributes.data : undefined,
  );
  const sizes = [...operands, ...node.results].map(({ shape }) =>
    shape.reduce<number>((a, b) => a * (b as number), 1),
  );
  if (!known.every((data) => data !== undefined) || !sizes.every((size) => size <= largestConstant))
    return undefined;
  const inputs = operands.map(({ shape }, index) => ({ shape: shape as number[], data: known[index] }));
  return evaluateNode(node, inputs).map(({ shape, data }, index) =>
    constant(data, node.results[index].dtype, shape),
  );
}

/** Gives the first of several nodes that compute the same. */
function merger(): (node: Node, operands: readonly Value[]) => readonly Value[] {
  const seen = new Map<string, readonly Value[]>();
  return (node, operands) => {
    if (entering.has(node.op)) return node.results;
    const type = node.is("constant") ? `${node.results[0].dtype}[${node.results[0].shape}]` : "";
    const reads = operands.map((operand) => `${operand.node.id}.${operand.index}`);
    const key = `${node.op}${type}(${reads})${JSON.stringify(node.attributes, plain)}`;
    const known = seen.get(key);
    if (known) return known;
    const results = rebuild(node, operands);
    seen.set(key, results);
    return results;
  };
}

/** What no operands compute. */
const entering: ReadonlySet<Operator> = new Set<Operator>(["input", "parameter", "final", "stack"]);

/** Attributes as text; JSON has no words for open sizes, infinite numbers and −0. */
function plain(_: string, value: unknown): unknown {
  if (value instanceof Dim) return value.key;
  if (value instanceof Float64Array) return Array.from(value, exactly).join();
  return typeof value === "number" ? exactly(value) : value;
}

function exactly(number: number): string {
  return Object.is(number, -0) ? "-0" : String(number);
}

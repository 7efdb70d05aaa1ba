/** Finds sums of products, so that x W + h U + b needs one buffer that begins as b. */
import type { Node, Value } from "../graph/value.ts";
import { volumeOf } from "./assembly.ts";
import { type Product, sameLayout } from "./products.ts";

export interface Term {
  value: Value;
  /** The shape of the addition that reads it, to which it broadcasts; it has as many elements as the sum. */
  shape: readonly number[];
}

/** A value that is a sum of products (at least one, all of one layout) and other terms. */
export interface Sum {
  value: Value;
  products: Product[];
  terms: Term[];
}

/**
 * The sums of a step, by the node that gives each, and the nodes that are computed as parts of them.
 *
 * @param nodes in the order of computation
 * @param uses how often each value is read
 * @param productOf the product that a node is, if it is one
 */
export function findSums(
  nodes: readonly Node[],
  uses: ReadonlyMap<Value, number>,
  productOf: (node: Node) => Product | undefined,
): { sums: Map<Node, Sum>; parts: Set<Node> } {
  const sums = new Map<Node, Sum>();
  const parts = new Set<Node>();
  for (const node of nodes.toReversed()) {
    if (parts.has(node)) continue;
    const product = productOf(node);
    if (product) {
      sums.set(node, { value: node.results[0], products: [product], terms: [] });
      continue;
    }
    if (!node.is("add")) continue;
    const found = gather(node, uses, productOf);
    if (found.sum.products.length === 0) continue;
    sums.set(node, found.sum);
    for (const part of found.parts) parts.add(part);
  }
  return { sums, parts };
}

function gather(
  root: Node,
  uses: ReadonlyMap<Value, number>,
  productOf: (node: Node) => Product | undefined,
): { sum: Sum; parts: Node[] } {
  const sum: Sum = { value: root.results[0], products: [], terms: [] };
  const parts: Node[] = [];
  const size = volumeOf(root.results[0]);
  const visit = (addition: Node): void => {
    for (const operand of addition.operands) {
      const { inner, passed } = seenThrough(operand, uses);
      const own = uses.get(operand) === 1 && volumeOf(inner) === size;
      const product = own ? productOf(inner.node) : undefined;
      if (product && sum.products.every((other) => sameLayout(product, other))) {
        sum.products.push(product);
        parts.push(...passed, inner.node);
      } else if (own && inner.node.is("add")) {
        parts.push(...passed, inner.node);
        visit(inner.node);
      } else {
        sum.terms.push({ value: operand, shape: addition.results[0].shape as number[] });
      }
    }
  };
  visit(root);
  return { sum, parts };
}

/** What is the same numbers in the same order, read by nobody else. */
function seenThrough(value: Value, uses: ReadonlyMap<Value, number>): { inner: Value; passed: Node[] } {
  const passed: Node[] = [];
  let inner = value;
  while ((inner.node.is("reshape") || inner.node.is("stop")) && uses.get(inner) === 1) {
    passed.push(inner.node);
    inner = inner.node.operands[0];
  }
  return uses.get(inner) === 1 ? { inner, passed } : { inner: value, passed: [] };
}

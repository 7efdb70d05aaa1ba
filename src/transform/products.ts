/** The matrix products of a graph with its weights: what each reads, whose features those are, and how much work it is. */
import { equalSizes, size } from "../graph/dim.ts";
import { allUnits, type Graph } from "../graph/graph.ts";
import { dependencies, type Loop } from "../graph/loop.ts";
import { isLoopUnit } from "../graph/schedule.ts";
import type { Node, Value } from "../graph/value.ts";
import { type FeatureRange, FeatureTracer } from "./features.ts";

/** One product x W of an activation x […, inputs] with a weight W [inputs, outputs]. */
export interface Product {
  /** The weight's path. */
  path: string;
  /** The weight's shape: inputs, outputs. */
  shape: readonly [number, number];
  node: Node<"matmul">;
  activation: Value;
  /** The loop whose steps compute it; null outside all. */
  loop: Loop | null;
  /** Whose features the activation's are, from its first to its last. */
  features: readonly FeatureRange[];
  /**
   * Multiplications for one step of one sequence. A product with a loop's last state counts as a step's; one that depends
   * on weights alone is known beforehand and counts nothing.
   */
  multiplications: number;
  /** Whether it is computed for every step: in a loop, or of values [time, …]. */
  alongTime: boolean;
}

/** All products of activations with weights, in the order of computation; a weight that is used twice is in two of them. */
export function products(graph: Graph): Product[] {
  const tracer = new FeatureTracer();
  const units = [...allUnits(Object.values(graph.outputs))];
  const lengths = [...units.filter(isLoopUnit).map(({ loop }) => loop.length), size("time")];
  const nodes = units.filter((unit): unit is Node<"matmul"> => !isLoopUnit(unit) && isProduct(unit));
  return nodes.map((node) => {
    const [activation, weight] = node.operands;
    const shape = weight.shape as unknown as readonly [number, number];
    const [first, ...others] = activation.shape.slice(0, -1);
    const walked = !node.scope && lengths.some((length) => equalSizes(length, first));
    const times = [walked ? 1 : first, ...others].reduce<number>(
      (all, size) => (typeof size === "number" ? all * size : all),
      1,
    );
    return {
      path: weightPath(node),
      shape,
      node,
      activation,
      loop: node.scope,
      features: tracer.of(activation),
      multiplications: dependsOnInputs(activation) ? times * shape[0] * shape[1] : 0,
      alongTime: node.scope !== null || walked,
    };
  });
}

/** Whether a range is what a step of the product's own loop made and the next one reads: what makes a product recurrent. */
export function isRecurrent({ of, past }: FeatureRange, { loop }: Product): boolean {
  return past && loop !== null && of.scope === loop;
}

/** Whether a node multiplies an activation by a weight that is a matrix. */
export function isProduct(node: Node): node is Node<"matmul"> {
  return node.is("matmul") && isMatrix(node.operands[1]) && !isMatrix(node.operands[0]);
}

/** The path of the weight by which a product multiplies. */
export function weightPath({ operands: [, weight] }: Node<"matmul">): string {
  return (weight.node as Node<"input">).attributes.name;
}

function dependsOnInputs(value: Value): boolean {
  const seen = new Set<Node>();
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    const { node } = at;
    if (node.is("parameter") || (node.is("input") && node.attributes.role === "input")) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...dependencies(node));
  }
  return false;
}

function isMatrix({ node, rank }: Value): boolean {
  return rank === 2 && node.is("input") && node.attributes.role === "weight";
}

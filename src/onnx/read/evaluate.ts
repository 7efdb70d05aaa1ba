/** Computing what is known while a file is read, as long as it is little. */
import { allUnits } from "../../graph/graph.ts";
import { type ArrayTensor, evaluateNode } from "../../graph/interpret.ts";
import { isLoopUnit } from "../../graph/schedule.ts";
import type { Node, Value } from "../../graph/value.ts";

/**
 * The numbers of values that only constants lead to.
 *
 * @param budget how many elements, and products in sums, may be computed
 * @returns the numbers and how many it took; undefined where it would take more, or a size is not known
 */
export function evaluate(
  values: readonly Value[],
  budget: number,
): { results: ArrayTensor[]; work: number } | undefined {
  const nodes: Node[] = [];
  let work = 0;
  for (const unit of allUnits(values)) {
    if (isLoopUnit(unit) || unit.is("input")) return undefined;
    work += workOf(unit);
    if (!(work <= budget)) return undefined;
    nodes.push(unit);
  }
  const known = new Map<Value, ArrayTensor>();
  for (const node of nodes) {
    const operands = node.operands.map((operand) => known.get(operand)!);
    evaluateNode(node, operands).forEach((result, index) => {
      known.set(node.results[index], result);
    });
  }
  return { results: values.map((value) => known.get(value)!), work };
}

/** How many elements a node computes; NaN where a size is open. */
function workOf(node: Node): number {
  const [first] = node.operands;
  const inner = node.is("matmul") ? first.shape.at(-1) : 1;
  const summed = node.is("conv") ? volume(node.operands[1].shape.slice(1)) : 1;
  const read = node.operands.map(({ shape }) => volume(shape)).reduce((a, b) => a + b, 0);
  const made = node.results.map(({ shape }) => volume(shape)).reduce((a, b) => a + b, 0);
  const contracted = node.is("contract") ? volume(first.shape) * Number(node.operands[1].shape.at(-1)) : 0;
  return read + made * Number(inner) * summed + contracted;
}

const volume = (shape: Value["shape"]): number =>
  shape.reduce<number>((a, b) => a * (typeof b === "number" ? b : Number.NaN), 1);

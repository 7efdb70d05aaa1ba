/** What of a step can be computed before it runs: all that is made of weights and constants alone. */
import { InputError } from "../graph/errors.ts";
import { count } from "../graph/interpret/array-tensor.ts";
import { type ArrayTensor, evaluateNode } from "../graph/interpret.ts";
import { dependencies } from "../graph/loop.ts";
import type { Node, Value } from "../graph/value.ts";

export class Known {
  private readonly weights: Readonly<Record<string, Float32Array>>;
  private readonly open = new Map<Node, boolean>();
  private readonly tensors = new Map<Value, ArrayTensor>();

  /** @param weights the numbers of every weight that is read, by path */
  constructor(weights: Readonly<Record<string, Float32Array>>) {
    this.weights = weights;
  }

  /** Whether a value is the same at every step. */
  has(value: Value): boolean {
    return !this.isOpen(value.node);
  }

  /** The numbers of a value that is the same at every step; a weight's own, not copied. */
  numbers(value: Value): Float32Array | Float64Array {
    const { node } = value;
    const own = node.is("input") && node.attributes.role === "weight";
    return own ? this.weightOf(node) : this.tensor(value).data;
  }

  /** A value that is the same at every step, in float64. */
  tensor(value: Value): ArrayTensor {
    const known = this.tensors.get(value);
    if (known) return known;
    for (const node of inOrder(value.node)) {
      if (this.tensors.has(node.results[0])) continue;
      const results = node.is("input")
        ? [this.enter(node)]
        : evaluateNode(
            node,
            node.operands.map((operand) => this.tensors.get(operand)!),
          );
      node.results.forEach((result, index) => {
        this.tensors.set(result, results[index]);
      });
    }
    return this.tensors.get(value)!;
  }

  private isOpen(node: Node): boolean {
    const found = this.open.get(node);
    if (found !== undefined) return found;
    for (const one of inOrder(node, (seen) => this.open.has(seen))) {
      const enters = one.is("input") && one.attributes.role === "input";
      this.open.set(one, enters || dependencies(one).some((operand) => this.open.get(operand.node)));
    }
    return this.open.get(node)!;
  }

  private enter(node: Node<"input">): ArrayTensor {
    const shape = node.results[0].shape as number[];
    if (node.attributes.role === "noise") return { shape, data: new Float64Array(count(shape)).fill(0.5) };
    return { shape, data: Float64Array.from(this.weightOf(node)) };
  }

  private weightOf({ attributes: { name }, results }: Node<"input">): Float32Array {
    const shape = results[0].shape as number[];
    const numbers = this.weights[name];
    if (numbers?.length !== count(shape))
      throw new InputError(
        `weight "${name}" [${shape.join(", ")}] needs ${count(shape)} numbers and has ${numbers?.length ?? "none"}`,
      );
    return numbers;
  }
}

/** The paths of the weights that a value is made of. */
export function weightsIn(value: Value): string[] {
  const paths: string[] = [];
  for (const node of inOrder(value.node))
    if (node.is("input") && node.attributes.role === "weight") paths.push(node.attributes.name);
  return paths;
}

/** A node and all that it is made of, each after its operands. */
function inOrder(last: Node, isDone: (node: Node) => boolean = () => false): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>([last]);
  const path = [{ node: last, next: 0 }];
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const reads = dependencies(top.node);
    if (top.next === reads.length) {
      order.push(path.pop()!.node);
      continue;
    }
    const { node } = reads[top.next++];
    if (seen.has(node) || isDone(node)) continue;
    seen.add(node);
    path.push({ node, next: 0 });
  }
  return order;
}

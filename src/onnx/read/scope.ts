/** A graph of a file, or one inside a node: names and what is known of what they stand for. */
import type { GraphProto, NodeProto } from "onnx-buf";
import { InputError } from "../../graph/errors.ts";
import { Call } from "./call.ts";
import { perform } from "./perform.ts";
import type { Reading } from "./reading.ts";
import type { Tensor } from "./tensor.ts";

export class Scope {
  private readonly reading: Reading;
  private readonly outer: Scope | undefined;
  private readonly tensors = new Map<string, Tensor>();

  constructor(reading: Reading, outer?: Scope) {
    this.reading = reading;
    this.outer = outer;
  }

  find(name: string): Tensor | undefined {
    return this.tensors.get(name) ?? this.outer?.find(name);
  }

  set(name: string, tensor: Tensor): void {
    if (this.tensors.has(name))
      throw new InputError(`${this.reading.source}: "${name}" names two tensors of one graph`);
    this.tensors.set(name, tensor);
  }

  /** What a graph computes. Nodes that no output needs are not looked at. */
  run(graph: GraphProto): Tensor[] {
    const needed = neededNodes(graph);
    for (const initializer of graph.initializer) {
      if (this.tensors.has(initializer.name) || !needed.names.has(initializer.name)) continue;
      const { name } = initializer;
      this.set(
        name,
        this.named(`tensor "${name}"`, () => this.reading.initializer(initializer)),
      );
    }
    if (graph.sparseInitializer.length > 0)
      throw new InputError(`${this.reading.source}: sparse initializers can't be read`);
    for (const node of needed.nodes) this.runNode(node);
    return graph.output.map(({ name }) => {
      const found = this.find(name);
      if (!found) throw new InputError(`${this.reading.source}: nothing computes the output "${name}"`);
      return found;
    });
  }

  private runNode(node: NodeProto): void {
    const what = `node "${node.name || node.output[0]}" of type ${node.opType}`;
    this.named(what, () => {
      const inputs = node.input.map((name) => (name === "" ? undefined : this.get(name)));
      const readGraph = (graph: GraphProto, given: readonly Tensor[]) => this.runInner(graph, given);
      const call = new Call({ reading: this.reading, node, inputs, readGraph });
      const results = perform(call);
      node.output.forEach((name, index) => {
        if (name === "") return;
        const result = results[index];
        if (!result) throw new InputError(`its output ${index + 1} ("${name}") is not computed here`);
        this.reading.check(result);
        this.set(name, result);
      });
    });
  }

  private runInner(graph: GraphProto, given: readonly Tensor[]): Tensor[] {
    const inner = new Scope(this.reading, this);
    const declared = graph.input;
    if (declared.length !== given.length)
      throw new InputError(
        `its graph "${graph.name}" has ${declared.length} inputs and is given ${given.length}`,
      );
    declared.forEach(({ name }, index) => {
      inner.set(name, given[index]);
    });
    return inner.run(graph);
  }

  private get(name: string): Tensor {
    const found = this.find(name);
    if (!found) throw new InputError(`it reads "${name}", which nothing before it computes`);
    return found;
  }

  /** Tells a mistake with the file and the innermost node that it was found in. */
  private named<Result>(what: string, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof InputError) || error.message.startsWith(`${this.reading.source}: `)) throw error;
      throw new InputError(`${this.reading.source}: ${what}: ${error.message}`, { cause: error });
    }
  }
}

/** The nodes that lead to a graph's outputs, in their order, and all names that these read. */
function neededNodes(graph: GraphProto): { nodes: NodeProto[]; names: Set<string> } {
  const names = new Set(graph.output.map(({ name }) => name));
  const nodes: NodeProto[] = [];
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => names.has(name))) continue;
    nodes.push(node);
    for (const name of node.input) names.add(name);
    addInnerNames(node, names);
  }
  return { nodes: nodes.reverse(), names };
}

/** Adds what the graphs inside a node may read from outside: every name that they read. */
function addInnerNames(node: NodeProto, names: Set<string>): void {
  for (const { g } of node.attribute) {
    if (!g) continue;
    for (const { name } of g.output) names.add(name);
    for (const inner of g.node) {
      for (const name of inner.input) names.add(name);
      addInnerNames(inner, names);
    }
  }
}

/** One node of a file as the reader of its operator sees it: inputs that are known or computed, attributes, the version. */
import type { AttributeProto, GraphProto, NodeProto } from "onnx-buf";
import type { Size } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import type { Value } from "../../graph/value.ts";
import { asConstant, type Reading } from "./reading.ts";
import { Numbers, numbersOf, type Tensor, Whole } from "./tensor.ts";

/** Reads an operator: gives what takes the place of its outputs. */
export type Operation = (call: Call) => Tensor | readonly (Tensor | undefined)[];

/** Reads the graph that a node holds, given what its inputs are. */
export type ReadGraph = (graph: GraphProto, inputs: readonly Tensor[]) => Tensor[];

const text = new TextDecoder();

export class Call {
  readonly reading: Reading;
  readonly node: NodeProto;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly readGraph: ReadGraph;
  /** Whether all is known, and the result shall be: weights are then constants. */
  private readonly folding: boolean;

  constructor(
    { reading, node, inputs, readGraph }: Pick<Call, "reading" | "node" | "inputs" | "readGraph">,
    folding = false,
  ) {
    this.reading = reading;
    this.node = node;
    this.inputs = inputs;
    this.readGraph = readGraph;
    this.folding = folding;
  }

  get opset(): number {
    return this.reading.opset;
  }

  /** How many outputs are asked for. */
  get outputs(): number {
    return this.node.output.length;
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  tensor(index: number): Tensor {
    const found = this.inputs[index];
    if (!found) throw new InputError(`it has no input ${index + 1}, which it needs`);
    return found;
  }

  value(index: number): Value {
    const found = this.tensor(index);
    return this.folding && found instanceof Numbers ? asConstant(found) : this.reading.value(found);
  }

  /** All inputs, none of them left out. */
  values(): Value[] {
    if (this.inputs.length === 0) throw new InputError("it has no inputs");
    return this.inputs.map((_, index) => this.value(index));
  }

  /** An input that says a shape, axes or positions. */
  sizes(index: number): readonly Size[] {
    const found = this.tensor(index);
    if (found instanceof Whole) return found.sizes;
    throw new InputError(
      `its input ${index + 1} ("${this.node.input[index]}") must be known when the model is read: fix an input by values, or an open size by sizes`,
    );
  }

  /** An input that is one size. */
  size(index: number): Size {
    const sizes = this.sizes(index);
    if (sizes.length !== 1)
      throw new InputError(`its input ${index + 1} must be one number, not ${sizes.length}`);
    return sizes[0];
  }

  /** The numbers of an input, where no open size may be among them. */
  wholeNumbers(index: number): readonly number[] {
    return this.sizes(index).map((size) => {
      if (typeof size === "number") return size;
      throw new InputError(
        `its input ${index + 1} ("${this.node.input[index]}") depends on the open size "${size}": give it by sizes`,
      );
    });
  }

  /** An input that is one known number; undefined where it is left out. */
  scalar(index: number): number | undefined {
    const found = this.inputs[index];
    if (!found) return undefined;
    const numbers = found instanceof Numbers ? found.data : this.wholeNumbers(index);
    if (numbers.length !== 1)
      throw new InputError(`its input ${index + 1} must be one number, not ${numbers.length}`);
    return numbers[0];
  }

  /** Axes or sizes: an attribute in older versions, an input in newer ones; undefined where neither is there. */
  listed(name: string, index: number): readonly number[] | undefined {
    if (this.has(index)) return this.wholeNumbers(index);
    return this.attribute(name)?.ints.map(Number);
  }

  attribute(name: string): AttributeProto | undefined {
    return this.node.attribute.find((one) => one.name === name);
  }

  int(name: string, otherwise: number): number {
    const found = this.attribute(name);
    return found ? Number(found.i) : otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.attribute(name)?.f ?? otherwise;
  }

  ints(name: string): number[] | undefined {
    return this.attribute(name)?.ints.map(Number);
  }

  floats(name: string): number[] {
    return this.attribute(name)?.floats ?? [];
  }

  string(name: string, otherwise: string): string {
    const found = this.attribute(name);
    return found ? text.decode(found.s) : otherwise;
  }

  strings(name: string): string[] | undefined {
    return this.attribute(name)?.strings.map((one) => text.decode(one));
  }

  graph(name: string): GraphProto {
    const found = this.attribute(name)?.g;
    if (!found) throw new InputError(`it has no graph "${name}"`);
    return found;
  }

  /** A tensor among the attributes. */
  constant(name: string): Whole | Numbers | undefined {
    const found = this.attribute(name);
    return found?.t ? numbersOf(found.t, this.node.output[0]) : undefined;
  }

  /** The axes of a list, counted from the front. */
  axes(from: readonly number[], rank: number): number[] {
    const axes = from.map((axis) => (axis < 0 ? axis + rank : axis));
    const odd = from.find(
      (_, index) => !(Number.isInteger(axes[index]) && axes[index] >= 0 && axes[index] < rank),
    );
    if (odd !== undefined)
      throw new InputError(`axis ${odd} is out of range for ${rank} ${rank === 1 ? "axis" : "axes"}`);
    if (new Set(axes).size < axes.length)
      throw new InputError(`an axis is named twice among ${from.join(", ")}`);
    return axes;
  }

  /** The same node with other inputs. */
  with(inputs: readonly (Tensor | undefined)[]): Call {
    return new Call({ reading: this.reading, node: this.node, inputs, readGraph: this.readGraph }, true);
  }
}

/** What all parts of one reading of a file share: its weights, and how much may still be computed on the way. */
import type { NodeProto, TensorProto } from "onnx-buf";
import { Dim } from "../../graph/dim.ts";
import { InputError } from "../../graph/errors.ts";
import { concat } from "../../graph/functions.ts";
import { apply, constant, filled, Value, weight } from "../../graph/value.ts";
import { evaluate } from "./evaluate.ts";
import {
  foldedAtLeast,
  foldedPerByte,
  longestSize,
  mostAxes,
  mostElements,
  mostNodes,
  mostTerms,
} from "./limits.ts";
import { Numbers, numbersOf, type Tensor, Whole } from "./tensor.ts";
import { nodePath, pathOf } from "./weight-path.ts";

export class Reading {
  /** The file, as messages call it. */
  readonly source: string;
  /** The version of ONNX's own operators. */
  readonly opset: number;
  /** Whether `toOnnx` wrote the file: its weights then stay just as they are. */
  private readonly own: boolean;
  /** The numbers of the weights that the graph reads, by path. */
  readonly weights: Record<string, Float32Array> = {};
  /** How many numbers may still be computed while reading. */
  private budget: number;
  private readonly values = new Map<Whole | Numbers, Value>();
  private readonly layers = new Map<string, NodeProto[]>();
  private readonly derived = new WeakMap<Numbers, Map<string, Tensor>>();
  private readonly firstNode = constant(0).node.id;

  constructor({
    source,
    opset,
    own,
    bytes,
  }: {
    source: string;
    opset: number;
    own: boolean;
    bytes: number;
  }) {
    this.source = source;
    this.opset = opset;
    this.own = own;
    this.budget = foldedAtLeast + foldedPerByte * bytes;
  }

  /** The numbers of an initializer. */
  initializer(tensor: TensorProto): Tensor {
    const { name } = tensor;
    if (!this.own) return numbersOf(tensor, pathOf(name));
    const numbers = numbersOf(tensor, isOwnConstant(name) ? undefined : name);
    const isWeight = numbers instanceof Numbers && numbers.dtype === "float32" && numbers.path !== undefined;
    return isWeight ? this.weight(numbers) : numbers;
  }

  /** A tensor as a value of the graph: the same one each time. */
  value(tensor: Tensor): Value {
    if (tensor instanceof Value) return tensor;
    const known = this.values.get(tensor);
    if (known) return known;
    const made = this.make(tensor);
    this.values.set(tensor, made);
    return made;
  }

  /** Takes something off what may still be computed; false where that is not left. */
  spend(elements: number): boolean {
    if (elements > this.budget) return false;
    this.budget -= elements;
    return true;
  }

  private make(tensor: Whole | Numbers): Value {
    if (tensor instanceof Whole) return wholeValue(tensor);
    const { path, dtype, shape, data } = tensor;
    if (path !== undefined && dtype === "float32" && shape.length > 0) return this.weight(tensor);
    if (data.length > 1 && data.every((one) => one === data[0])) return filled(data[0], shape, dtype);
    return constant(Float64Array.from(data), dtype, shape);
  }

  /** A weight of the graph under a path of its own. */
  private weight(numbers: Numbers): Value {
    const path = this.freePath(numbers.path!);
    const made = weight(path, numbers.shape);
    this.weights[path] = Float32Array.from(numbers.data);
    return made;
  }

  /** Where a recurrent node stands; those after the first at one place are counted ("rnn", "rnn.1"). */
  layerPath(node: NodeProto): string {
    const place = nodePath(node) || node.opType.toLowerCase();
    const layers = this.layers.get(place) ?? [];
    this.layers.set(place, layers);
    if (!layers.includes(node)) layers.push(node);
    const count = layers.indexOf(node);
    return count === 0 ? place : `${place}.${count}`;
  }

  /** What is computed from a tensor: at once where its numbers are known, under a path that may be better than its own. */
  derive(
    from: readonly Tensor[],
    { as, path }: { as: string; path: string },
    write: (...values: Value[]) => Value,
  ): Value {
    const computed = () => write(...from.map((one) => this.value(one)));
    if (!from.every((one) => one instanceof Numbers)) return computed();
    const [first] = from;
    const kept = this.derived.get(first) ?? new Map<string, Tensor>();
    this.derived.set(first, kept);
    const key = `${as} ${path}`;
    const known = kept.get(key);
    if (known) return this.value(known);
    if (!this.spend(elementsOf(from))) return computed();
    const [found] = this.fold([write(...from.map(asConstant))], path) ?? [];
    if (!found) return computed();
    kept.set(key, found);
    return this.value(found);
  }

  /** The numbers of values that nothing unknown leads to; undefined where that would be too much, or a size is open. */
  fold(values: readonly Value[], path?: string): Tensor[] | undefined {
    const found = evaluate(values, this.budget);
    if (!found) return undefined;
    this.budget -= found.work;
    return found.results.map(({ shape, data }, index) => {
      const { dtype } = values[index];
      if (dtype === "int32") return new Whole(shape, Array.from(data));
      return new Numbers(shape, dtype, dtype === "float32" ? Float32Array.from(data) : data, path);
    });
  }

  /** Refuses what no model needs: axes without end, sizes that can't be written down, more nodes than fit. */
  check(tensor: Tensor): void {
    const { shape } = tensor;
    if (shape.length > mostAxes)
      throw new InputError(`its result has ${shape.length} axes, more than ${mostAxes}`);
    const sizes = tensor instanceof Whole ? tensor.sizes : shape;
    const terms = sizes.map((size) => (size instanceof Dim ? size.terms.length : 1));
    const long = sizes.some((size) => size instanceof Dim && size.key.length > longestSize);
    const many =
      tensor instanceof Whole
        ? terms.some((count) => count > 16)
        : terms.reduce((a, b) => a * b, 1) > mostTerms;
    if (long || many)
      throw new InputError("the sizes of its result are too complicated: give some of them by sizes");
    const elements = shape.reduce<number>((a, b) => a * (typeof b === "number" ? Math.max(1, b) : 1), 1);
    if (elements > mostElements)
      throw new InputError(`its result [${shape.join(", ")}] has more elements than any model needs`);
    if (tensor instanceof Value && tensor.node.id - this.firstNode > mostNodes)
      throw new InputError(`the graph comes to more than ${mostNodes} nodes`);
  }

  private freePath(wish: string): string {
    if (!Object.hasOwn(this.weights, wish)) return wish;
    for (let count = 2; ; count++) {
      const path = `${wish}.${count}`;
      if (!Object.hasOwn(this.weights, path)) return path;
    }
  }
}

/** Whether a name is one that `toOnnx` gives to constants. */
const isOwnConstant = (name: string): boolean => /^constant(_\d+)?$/.test(name);

/** How many numbers are known of tensors. */
export function elementsOf(tensors: readonly (Tensor | undefined)[]): number {
  return tensors
    .map((one) => (one instanceof Numbers ? one.data.length : one instanceof Whole ? one.sizes.length : 0))
    .reduce((a, b) => a + b, 0);
}

/** Known numbers as a constant, even those of a weight. */
export function asConstant({ data, dtype, shape }: Numbers): Value {
  return constant(data instanceof Float64Array ? data : Float64Array.from(data), dtype, shape);
}

function wholeValue({ shape, sizes }: Whole): Value {
  if (sizes.every((size) => typeof size === "number")) {
    const odd = sizes.find((size) => size !== (size | 0));
    if (odd !== undefined) throw new InputError(`the whole number ${odd} does not fit into 32 bits`);
    return sizes.length > 1 && sizes.every((size) => size === sizes[0])
      ? filled(sizes[0], shape, "int32")
      : constant(sizes, "int32", shape);
  }
  const each = sizes.map((size) =>
    typeof size === "number" ? constant(size, "int32") : apply("extent", [], { size }),
  );
  if (shape.length === 0) return each[0];
  return concat(
    each.map((one) => one.reshape([1])),
    0,
  ).reshape(shape);
}

/** One node: computed at once where all that it reads is known, put into the graph where not. */
import { InputError } from "../../graph/errors.ts";
import { constant, Value } from "../../graph/value.ts";
import type { Call, Operation } from "./call.ts";
import { control } from "./control.ts";
import { elementwise } from "./elementwise.ts";
import { layout, rearranging } from "./layout.ts";
import { products } from "./products.ts";
import { elementsOf } from "./reading.ts";
import { recurrent } from "./recurrent.ts";
import { reductions } from "./reductions.ts";
import { shapes } from "./shapes.ts";
import { Numbers, type Tensor, Whole } from "./tensor.ts";
import { commonPath } from "./weight-path.ts";
import { wholeArithmetic } from "./whole.ts";

/** What has bodies or loops is put into the graph even where all is known. */
const unfolded: Readonly<Record<string, Operation>> = { ...control, ...recurrent };

const operations: Readonly<Record<string, Operation>> = {
  ...elementwise,
  ...layout,
  ...shapes,
  ...products,
  ...reductions,
  ...unfolded,
};

/** What takes the place of a node's outputs. */
export function perform(call: Call): readonly (Tensor | undefined)[] {
  const { domain, opType } = call.node;
  if (domain !== "" && domain !== "ai.onnx")
    throw new InputError(`operators of the domain "${domain}" can't be read, only ONNX's own`);
  if (!call.reading.spend(elementsOf(call.inputs.filter((input) => input instanceof Whole))))
    throw new InputError("to read the file would take more computing than any model's shapes do");
  const sizes = wholeResult(call);
  if (sizes) return sizes;
  const operation = Object.hasOwn(operations, opType) ? operations[opType] : undefined;
  if (!operation) throw new InputError("there is nothing here that computes this operator");
  const known = rearranged(call, operation) ?? folded(call, operation);
  if (known) return known;
  return list(operation(call));
}

const list = (results: ReturnType<Operation>): readonly (Tensor | undefined)[] =>
  Array.isArray(results) ? results : [results as Tensor];

const present = (call: Call): Tensor[] => call.inputs.filter((input) => input !== undefined);

/** Arithmetic with sizes. */
function wholeResult(call: Call): Tensor[] | undefined {
  const arithmetic = Object.hasOwn(wholeArithmetic, call.node.opType)
    ? wholeArithmetic[call.node.opType]
    : undefined;
  const result = arithmetic?.(call);
  return result && [result];
}

/**
 * What an operator does that only rearranges, done to whole numbers, which may be open sizes: it is done to their
 * positions, and these say which of them go where.
 */
function rearranged(call: Call, operation: Operation): Tensor[] | undefined {
  const { opType } = call.node;
  if (!Object.hasOwn(rearranging, opType)) return undefined;
  const moved = rearranging[opType] === "all" ? call.inputs : call.inputs.slice(0, 1);
  if (moved.length === 0 || !moved.every((input) => input instanceof Whole)) return undefined;
  const all = moved.flatMap(({ sizes }) => sizes);
  let count = 0;
  const positions = moved.map(({ shape, sizes }) => {
    const from = count;
    count += sizes.length;
    const numbers = Float64Array.from(sizes, (_, index) => from + index);
    return constant(numbers, "int32", shape);
  });
  const results = list(operation(call.with([...positions, ...call.inputs.slice(moved.length)])));
  const found = call.reading.fold(results as Value[]);
  return (found as Whole[] | undefined)?.map(({ shape, sizes }) => {
    return new Whole(
      shape,
      sizes.map((position) => all[position as number]),
    );
  });
}

/** The results of a node all of whose inputs are known. */
function folded(call: Call, operation: Operation): readonly (Tensor | undefined)[] | undefined {
  const inputs = present(call);
  const known = inputs.length > 0 && inputs.every((input) => !(input instanceof Value) && !isOpen(input));
  if (!known || Object.hasOwn(unfolded, call.node.opType)) return undefined;
  if (!call.reading.spend(elementsOf(inputs))) return undefined;
  const results = list(operation(call.with(call.inputs)));
  if (!results.every((result) => result instanceof Value)) return results;
  const paths = inputs.map((input) => (input instanceof Numbers ? input.path : undefined));
  return call.reading.fold(results, commonPath(paths));
}

const isOpen = (tensor: Tensor): boolean =>
  tensor instanceof Whole && tensor.sizes.some((size) => typeof size !== "number");

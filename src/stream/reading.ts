/** How a value of a model's graph looks at one step, and the size arithmetic that goes with it. */
import {
  addSizes,
  type Bindings,
  floorDivide,
  multiplySizes,
  reduceDim,
  type Size,
  size,
} from "../graph/dim.ts";
import type { Attributes } from "../graph/operators.ts";
import type { Shape } from "../graph/shape.ts";
import { applyAll, type Node, type Value } from "../graph/value.ts";

/**
 * - `fixed`: the same at every step: made of constants and weights.
 * - `along`: one entry a step along `axis`, which has size 1 in the step's `value`.
 * - `shifted`: as `along`, but entry j is the one of step j − delay (`fill` before the first), and there are `length`.
 * - `running`: what the sequence so far gives as a whole: a state after its last step, a sum over its steps.
 */
export type Reading =
  | { kind: "fixed" | "running"; value: Value }
  | { kind: "along"; value: Value; axis: number }
  | { kind: "shifted"; value: Value; axis: number; delay: number; fill: number; length: Size };

/** A size in which some names are known; the others stay open. */
export function bindSize(of: Size, bindings: Bindings): Size {
  if (typeof of === "number") return of;
  return reduceDim<Size>(of, {
    number: (value) => value,
    name: (name) => bindings.get(name) ?? size(name),
    add: addSizes,
    multiply: multiplySizes,
    floorDivide,
  });
}

export const bindShape = (of: Shape, bindings: Bindings): Shape => of.map((one) => bindSize(one, bindings));

/** Applies a node's operator to what its operands are at a step, its sizes bound. */
export function reapplyBound(node: Node, operands: readonly Value[], bindings: Bindings): Value[] {
  return applyAll(node.op, operands, boundAttributes(node, bindings) as never);
}

type Sized = { [O in keyof Attributes]?: (attributes: Attributes[O], bindings: Bindings) => Attributes[O] };

const sized: Sized = {
  iota: ({ length }, bindings) => ({ length: bindSize(length, bindings) }),
  extent: ({ size }, bindings) => ({ size: bindSize(size, bindings) }),
  reshape: ({ shape }, bindings) => ({ shape: bindShape(shape, bindings) }),
  expand: ({ shape }, bindings) => ({ shape: bindShape(shape, bindings) }),
  slice: ({ start, end, ...rest }, bindings) => ({
    ...rest,
    start: bindSize(start, bindings),
    end: bindSize(end, bindings),
  }),
  pad: ({ before, after, value }, bindings) => ({
    before: bindShape(before, bindings),
    after: bindShape(after, bindings),
    value,
  }),
  split: ({ axis, sizes }, bindings) => ({ axis, sizes: bindShape(sizes, bindings) }),
  scatterAdd: ({ axis, size }, bindings) => ({ axis, size: bindSize(size, bindings) }),
};

function boundAttributes(node: Node, bindings: Bindings): unknown {
  const bind = sized[node.op as keyof Attributes] as
    | ((attributes: unknown, bindings: Bindings) => unknown)
    | undefined;
  return bind ? bind(node.attributes, bindings) : node.attributes;
}

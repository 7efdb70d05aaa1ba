/**
 * Reading a value through projections. Since x P is linear in x, it passes through all that only moves, masks or sums
 * what x is made of: the projection of a loop's output is carried through the loop and the layers above as a value of its own,
 * computed once a step, for all that read it.
 */
import { equalSizes } from "../graph/dim.ts";
import { concat, where } from "../graph/functions.ts";
import type { Loop } from "../graph/loop.ts";
import { filled, type Node, reapply, type Value } from "../graph/value.ts";
import { isForAllFeatures, isZero } from "./features.ts";

/** Neighboring features, and the projection [size, rank] by which they are read; as they are, where there is none. */
export interface Part {
  size: number;
  projection?: Value;
}

/** How a value's last axis is read, from first to last. */
export type Layout = readonly Part[];

/** A state that carries the reduced form of another. */
interface Companion {
  of: number;
  index: number;
  layout: Layout;
}

/** Reduces the values of a graph that is being rewritten; `complete` is to be called for each loop whose body is done. */
export class Reducer {
  private readonly known = new Map<string, Map<Value, Value>>();
  private readonly companions = new Map<Loop, Companion[]>();
  private readonly completed = new Map<Loop, number>();

  /** A value […, Σ sizes] with each part projected: […, Σ ranks]. */
  reduce(x: Value, layout: Layout): Value {
    if (layout.every(({ projection }) => !projection)) return x;
    return this.arrive(x, layout) ?? this.multiply(x, layout);
  }

  /** Says what the states that were added to a loop become, now that the others' next values are known. */
  complete(loop: Loop): void {
    const companions = this.companions.get(loop) ?? [];
    for (let at = this.completed.get(loop) ?? 0; at < companions.length; at++) {
      const { of, index, layout } = companions[at];
      loop.setNext(index, this.pushed(loop.states[of].next!, layout));
    }
    this.completed.set(loop, companions.length);
  }

  /** The reduced form of a value, where it can be had without another product; undefined elsewhere. */
  private arrive(x: Value, layout: Layout): Value | undefined {
    const known = this.of(layout).get(x);
    if (known) return known;
    const found =
      this.atLoop(x, layout) ?? this.through(x, layout, (operand, own) => this.arrive(operand, own));
    if (found) this.of(layout).set(x, found);
    return found;
  }

  /** The reduced form of a value by one product, with what it is made of where it can be: with h, not with a masked h. */
  private pushed(x: Value, layout: Layout): Value {
    const unknown = features(x.node)?.filter((operand) => !this.arrive(operand, layout)) ?? [];
    const deeper =
      unknown.length > 1 ? undefined : this.through(x, layout, (operand, own) => this.pushed(operand, own));
    const found = this.arrive(x, layout) ?? deeper ?? this.multiply(x, layout);
    this.of(layout).set(x, found);
    return found;
  }

  private multiply(x: Value, layout: Layout): Value {
    const parts = layout.length === 1 ? [x] : x.split(layout.map(({ size }) => size));
    const found = concat(parts.map((part, at) => projected(part, layout[at].projection)));
    this.of(layout).set(x, found);
    return found;
  }

  private of(layout: Layout): Map<Value, Value> {
    const key = layout.map(({ size, projection }) => `${size}${projection?.label() ?? ""}`).join();
    const known = this.known.get(key) ?? new Map<Value, Value>();
    this.known.set(key, known);
    return known;
  }

  /** What enters and leaves loops. */
  private atLoop(x: Value, layout: Layout): Value | undefined {
    const { node } = x;
    if (node.is("stack")) {
      const body = this.arrive(node.attributes.value, layout);
      return body && node.attributes.loop.stack(body);
    }
    if (node.is("final")) {
      const { loop, state } = node.attributes;
      const found = this.companion(loop, state, layout);
      return found && loop.final(found.index);
    }
    if (!node.is("parameter")) return undefined;
    const { loop } = node.attributes;
    const state = loop.states.findIndex(({ parameter }) => parameter === x);
    if (state < 0) {
      const { source } = loop.sequences.find(({ parameter }) => parameter === x)!;
      const reduced = this.arrive(source, layout);
      return reduced && loop.addSequence(reduced);
    }
    const found = this.companion(loop, state, layout) ?? this.addCompanion(loop, state, layout);
    return found && loop.states[found.index].parameter;
  }

  private companion(loop: Loop, state: number, layout: Layout): Companion | undefined {
    const same = this.of(layout);
    return this.companions.get(loop)?.find((one) => one.of === state && this.of(one.layout) === same);
  }

  private addCompanion(loop: Loop, of: number, layout: Layout): Companion | undefined {
    if (this.completed.has(loop)) return undefined;
    const index = loop.states.length;
    loop.addState(this.pushed(loop.states[of].initial, layout));
    const companion = { of, index, layout };
    this.companions.set(loop, [...(this.companions.get(loop) ?? []), companion]);
    return companion;
  }

  /** An operator's result from its operands' reduced forms, where it treats all features alike. */
  private through(
    x: Value,
    layout: Layout,
    reduced: (operand: Value, layout: Layout) => Value | undefined,
  ): Value | undefined {
    const width = layout.reduce((sum, part) => sum + widthOf(part), 0);
    if (isZero(x)) return filled(0, [...x.shape.slice(0, -1), width], x.dtype);
    const { node } = x;
    const last = x.rank - 1;
    if (node.is("concat") && node.attributes.axis === last) {
      const layouts = cutLayout(
        layout,
        node.operands.map(({ shape }) => shape.at(-1) as number),
      );
      return layouts && concat(this.eachPart(node.operands, layouts, reduced));
    }
    const operands = features(node);
    if (!operands) return undefined;
    const found: Value[] = [];
    for (const operand of operands) {
      const one = reduced(operand, layout);
      if (!one) return undefined;
      found.push(one);
    }
    return replay(x, found, width);
  }

  /** Parts side by side: each is reduced where it lies, at worst by a product of its own. */
  private eachPart(
    operands: readonly Value[],
    layouts: readonly Layout[],
    reduced: (operand: Value, layout: Layout) => Value | undefined,
  ): Value[] {
    return operands.map((operand, at) => {
      const own = layouts[at];
      if (own.every(({ projection }) => !projection)) return operand;
      return reduced(operand, own) ?? this.multiply(operand, own);
    });
  }
}

const widthOf = ({ size, projection }: Part) => (projection ? (projection.shape[1] as number) : size);

function projected(x: Value, projection: Value | undefined): Value {
  if (!projection) return x;
  return x.rank === 1 ? x.unsqueeze(0).matmul(projection).squeeze(0) : x.matmul(projection);
}

/** A layout cut into layouts of given sizes; undefined where a cut goes through a part that is projected. */
function cutLayout(layout: Layout, sizes: readonly number[]): Layout[] | undefined {
  const left = [...layout];
  const cut = sizes.map((size) => {
    const own: Part[] = [];
    for (let missing = size; missing > 0; ) {
      const part = left.shift();
      if (!part) return undefined;
      if (part.size > missing && part.projection) return undefined;
      const taken = Math.min(part.size, missing);
      own.push({ ...part, size: taken });
      if (part.size > taken) left.unshift({ size: part.size - taken });
      missing -= taken;
    }
    return own;
  });
  return cut.every((own) => own !== undefined) ? cut : undefined;
}

/** The operands whose features a result's are, each at its place, where the operator treats them alike and linearly. */
function features(node: Node): readonly Value[] | undefined {
  const [first, second, third] = node.operands;
  const [{ shape }] = node.results;
  const last = shape.length - 1;
  const wide = (value: Value) => value.rank > 0 && equalSizes(value.shape.at(-1)!, shape[last]);
  if (node.is("add") || node.is("sub")) return node.operands.every(wide) ? node.operands : undefined;
  if (node.is("mul") || node.is("div")) {
    if (isForAllFeatures(second) && wide(first)) return [first];
    return node.is("mul") && isForAllFeatures(first) && wide(second) ? [second] : undefined;
  }
  if (node.is("where")) {
    const branches = [second, third].filter((branch) => !isZero(branch));
    return isForAllFeatures(first) && branches.every(wide) ? branches : undefined;
  }
  if (node.is("sum")) return node.attributes.axes.includes(last) ? undefined : [first];
  if (node.is("transpose")) return node.attributes.order[last] === last ? [first] : undefined;
  if (node.is("reshape") || node.is("expand")) return shape.length > 0 && wide(first) ? [first] : undefined;
  if (node.is("slice") || node.is("flip") || node.is("split"))
    return node.attributes.axis < last ? [first] : undefined;
  if (node.is("concat")) return node.attributes.axis < last ? node.operands : undefined;
  if (node.is("gather")) return node.attributes.axis < first.rank - 1 ? [first] : undefined;
  if (node.is("pad")) {
    const { before, after, value } = node.attributes;
    return value === 0 && before[last] === 0 && after[last] === 0 ? [first] : undefined;
  }
  return undefined;
}

/** Applies a value's operator to the reduced forms of the operands that `features` names. */
function replay(x: Value, reduced: readonly Value[], width: number): Value {
  const { node } = x;
  const [first, second, third] = node.operands;
  const [one, other] = reduced;
  const shape = [...x.shape.slice(0, -1), width];
  if (node.is("mul")) return isForAllFeatures(second) ? one.mul(second) : first.mul(one);
  if (node.is("div")) return one.div(second);
  if (node.is("where")) {
    if (isZero(second)) return where(first, 0, one);
    return where(first, one, isZero(third) ? 0 : other);
  }
  if (node.is("reshape")) return one.reshape(shape);
  if (node.is("expand")) return one.expand(shape);
  return reapply(node, node.is("gather") ? [one, second] : reduced)[x.index];
}

/**
 * Delta networks (Neil et al., ICML 2017, arXiv 1612.05571): a product is told of a number only when it has changed by at
 * least Θ since the product was last told of it.
 *
 *     x̂ ← x where |x − x̂| ≥ Θ,    x W ≈ x̂ W,    x̂ = 0 before the first step
 *
 * Where a stream runs, x̂ W + b is an accumulator that begins with b and to which (x − x̂) W is added: what has not changed
 * costs nothing. A graph of sequences, which is what is trained and evaluated, holds x̂ and computes x̂ W: the same numbers.
 */
import { InputError } from "../graph/errors.ts";
import { abs, countOf, not, stopGradient, straightThrough, where } from "../graph/functions.ts";
import { type Graph, graphOf } from "../graph/graph.ts";
import type { Loop } from "../graph/loop.ts";
import { scan } from "../graph/scan.ts";
import { equalShapes } from "../graph/shape.ts";
import { filled, type Node, noise, type Value } from "../graph/value.ts";
import { checkThreshold } from "./delta.ts";
import { type Product, products } from "./products.ts";
import { rewriteGraph } from "./rewrite.ts";

/** What is added for training and for measuring. */
export interface DeltaGraphOptions {
  /**
   * The standard deviation of Gaussian noise that is added to what the products read, while the graph is trained: another
   * way to make a network bear the rule (in the paper, in place of it: at thresholds of 0). Inputs "delta.noise.PATH".
   */
  noise?: number;
  /**
   * Adds the output "delta.cost": the mean of |x − x̂| over all that the products read but the graph's own inputs, for a
   * loss to add (the paper's L1 cost on |Δh|). Gradients flow to x.
   */
  cost?: boolean;
  /** Adds outputs "occupancy.PATH": the share of a product's numbers that were passed on. */
  occupancy?: boolean;
}

/**
 * Puts the rule before the products with some weights. Gradients pass through x̂ to x as if it were x (straight-through), so
 * that the graph can be trained with the rule in place. Shares and means are over the steps that are there, where loops
 * walk along a mask.
 *
 * ```ts
 * const graph = deltaGraph(model.graph, delta(model, { threshold: 0.1 }).thresholds);
 * ```
 *
 * @param thresholds Θ by the path of the product's weight, at least 0; with 0 the graph computes what it did
 * @throws InputError for a threshold that makes no sense, or a weight by which nothing is multiplied along time
 */
export function deltaGraph(
  graph: Graph,
  thresholds: Readonly<Record<string, number>>,
  options: DeltaGraphOptions = {},
): Graph {
  const along = products(graph).filter(({ alongTime }) => alongTime);
  for (const [path, threshold] of Object.entries(thresholds)) {
    checkThreshold(path, threshold);
    if (!along.some((product) => product.path === path))
      throw new InputError(`delta: nothing is multiplied along time by "${path}"`);
  }
  const { noise: deviation = 0 } = options;
  if (!(deviation >= 0 && deviation < Number.POSITIVE_INFINITY))
    throw new InputError(`delta: noise of deviation ${deviation} makes no sense: use a number from 0`);
  const told = new Map<Node, Product>(
    along.filter(({ path }) => path in thresholds).map((product) => [product.node, product]),
  );
  const holder = new Holder(options);
  const shared = sharedMask(along);
  const { inputs, outputs } = rewriteGraph(graph, {
    node(node, [x, weight]) {
      const product = told.get(node);
      if (!product) return undefined;
      const { path, loop } = product;
      const place = { path, threshold: thresholds[path], mask: maskOf(loop) ?? shared };
      return [(loop ? holder.inLoop(x, place) : holder.hold(x, place)).matmul(weight)];
    },
    body: (loop) => holder.complete(loop),
  });
  return graphOf(
    inputs.map(({ value }) => value),
    { ...outputs, ...holder.outputs() },
  );
}

/** Where a value is held. */
interface Place {
  path: string;
  threshold: number;
  /** Which steps are there, [time, batch]. */
  mask: Value | undefined;
  /** Whether steps run from the last to the first. */
  reverse?: boolean;
}

/** A value that is held, for the products that read it. */
interface Held extends Omit<Place, "path"> {
  paths: Set<string>;
  /** What products read in its place. */
  value: Value;
  /** x − x̂ as it was before each step: of one step for a value in a loop, else [time, …]. */
  difference: Value | undefined;
  isInput: boolean;
}

/** Sums over all numbers that are there. */
interface Totals {
  /** How many were passed on. */
  sent: Value;
  /** Σ |x − x̂|. */
  moved: Value;
  count: Value;
}

class Holder {
  private readonly options: DeltaGraphOptions;
  private readonly known = new Map<Value, Held[]>();
  private readonly measured = new Map<Held, Totals>();
  private readonly drawn = new Set<string>();

  constructor(options: DeltaGraphOptions) {
    this.options = options;
  }

  /** What a product in a loop reads in place of x: what walks along a sequence is held before the loop. */
  inLoop(x: Value, place: Place): Value {
    const loop = x.scope;
    if (!loop) return x; // the same at every step
    const sequence = loop.sequences.find(({ parameter }) => parameter === x);
    if (!sequence) return this.hold(x, place);
    return loop.addSequence(this.hold(sequence.source, { ...place, reverse: loop.reverse }));
  }

  hold(x: Value, place: Place): Value {
    const { path, threshold, reverse = false } = place;
    const all = this.known.get(x) ?? [];
    this.known.set(x, all);
    const known = all.find((one) => one.threshold === threshold && one.reverse === reverse);
    if (known) {
      known.paths.add(path);
      return known.value;
    }
    const { cost, occupancy } = this.options;
    const { value, difference } =
      threshold > 0 || cost || occupancy ? rule(x, place) : { value: x, difference: undefined };
    const held: Held = {
      ...place,
      reverse,
      paths: new Set([path]),
      value: this.disturbed(value, path),
      difference,
      isInput: x.node.is("input"),
    };
    all.push(held);
    if (!x.scope) this.measure(held, held.difference);
    return held.value;
  }

  /** Measures what is held in a loop, now that its values can be stacked. */
  complete(loop: Loop): void {
    if (!this.options.cost && !this.options.occupancy) return;
    for (const held of [...this.known.values()].flat())
      if (held.difference?.scope === loop && !this.measured.has(held))
        this.measure(held, loop.stack(held.difference));
  }

  private measure(held: Held, difference: Value | undefined): void {
    if (!difference || difference.scope) return;
    const { mask, threshold } = held;
    const masked = mask && equalShapes(mask.shape, difference.shape.slice(0, 2));
    const ones = Array<number>(Math.max(0, difference.rank - 2)).fill(1);
    const there = masked ? mask.reshape([...mask.shape, ...ones]).cast(difference.dtype) : undefined;
    const total = (value: Value) => (there ? value.mul(there) : value).sum();
    const size = abs(difference);
    const sent = threshold > 0 ? not(size.less(threshold)) : size.greater(0);
    this.measured.set(held, {
      sent: total(sent.cast(difference.dtype)),
      moved: total(size),
      count: there
        ? there.sum().mul(countOf(difference.shape.slice(2), difference))
        : countOf(difference.shape, difference),
    });
  }

  /** The outputs that were asked for. */
  outputs(): Record<string, Value> {
    const all = [...this.measured];
    const outputs: Record<string, Value> = {};
    if (this.options.occupancy) {
      for (const path of new Set(all.flatMap(([{ paths }]) => [...paths]))) {
        const own = all.filter(([{ paths }]) => paths.has(path)).map(([, totals]) => totals);
        outputs[`occupancy.${path}`] = share(own, "sent");
      }
    }
    if (this.options.cost) {
      const own = all.filter(([{ isInput }]) => !isInput).map(([, totals]) => totals);
      if (own.length === 0)
        throw new InputError("delta: no product along time reads what a cost could change");
      outputs["delta.cost"] = share(own, "moved");
    }
    return outputs;
  }

  private disturbed(x: Value, path: string): Value {
    const { noise: deviation = 0 } = this.options;
    if (deviation === 0) return x;
    const times = [...this.drawn].filter((one) => one === path || one.startsWith(`${path}:`)).length;
    const name = times === 0 ? path : `${path}:${times + 1}`;
    this.drawn.add(name);
    const loop = x.scope;
    const draws = noise(`delta.noise.${name}`, loop ? [loop.length, ...x.shape] : x.shape);
    const normal = gaussian(draws).mul(deviation);
    return x.add(loop ? loop.addSequence(normal) : normal);
  }
}

function share(totals: readonly Totals[], of: "sent" | "moved"): Value {
  const sum = (part: keyof Totals) => totals.map((one) => one[part]).reduce((a, b) => a.add(b));
  return sum(of).div(sum("count"));
}

/** x̂, read as x as far as gradients go, and x − x̂ before the step. */
function rule(
  x: Value,
  { path, threshold, mask, reverse = false }: Place,
): { value: Value; difference: Value } {
  const heldFrom = (now: Value, before: Value) => where(abs(now.sub(before)).less(threshold), before, now);
  const loop = x.scope;
  if (loop) {
    const before = loop.addState(filled(0, x.shape, x.dtype));
    const held = heldFrom(stopGradient(x), before);
    const there = mask && loop.addSequence(mask);
    const next = there
      ? where(there.reshape([...there.shape, ...ones(x.rank - there.rank)]), held, before)
      : held;
    loop.setNext(loop.states.length - 1, next);
    return { value: straightThrough(held, x), difference: x.sub(before) };
  }
  const { outputs } = scan({
    states: { held: filled(0, x.shape.slice(1), x.dtype) },
    sequences: { x: stopGradient(x) },
    reverse,
    mask: mask && equalShapes(mask.shape, x.shape.slice(0, 2)) ? mask : undefined,
    name: `delta "${path}"`,
    step({ held: before }, { x }) {
      const held = heldFrom(x, before);
      return { states: { held }, outputs: { held, before } };
    },
  });
  return { value: straightThrough(outputs.held, x), difference: x.sub(outputs.before) };
}

const ones = (count: number) => Array<number>(Math.max(0, count)).fill(1);

/**
 * Nearly normal numbers from uniform ones, 0 from 0.5: Tukey's lambda distribution at λ = 0.135, whose quantiles are the normal
 * ones' to 0.01 between the hundredth and the ninety-ninth percent (Joiner & Rosenblatt 1971).
 */
function gaussian(uniform: Value): Value {
  const LAMBDA = 0.135;
  return uniform.pow(LAMBDA).sub(uniform.rsub(1).pow(LAMBDA)).div(0.1975);
}

/** The mask along which a loop walks: where it is false, states stay as they were. */
function maskOf(loop: Loop | null): Value | undefined {
  for (const { parameter, next } of loop?.states ?? []) {
    const { node } = next!;
    if (!node.is("where") || node.operands[2] !== parameter) continue;
    const [condition] = node.operands;
    const source = condition.node.is("reshape") ? condition.node.operands[0] : condition;
    const sequence = loop?.sequences.find((one) => one.parameter === source);
    if (sequence) return sequence.source;
  }
  return undefined;
}

/** The mask of all loops, where they have one. */
function sharedMask(all: readonly Product[]): Value | undefined {
  const masks = new Set(all.flatMap(({ loop }) => maskOf(loop) ?? []));
  return masks.size === 1 ? [...masks][0] : undefined;
}

/** Layer normalization of any cell's products, by rewriting its step. */
import { dependencies } from "../graph/loop.ts";
import { standardize } from "../graph/standardize.ts";
import { input, type Node, type Value } from "../graph/value.ts";
import { type NodeRule, Rewriter, rebuild } from "../transform/rewrite.ts";
import { declareWeight } from "../weights/declare.ts";
import { ones } from "../weights/initializers.ts";
import type { Cell, Values } from "./define-cell.ts";

/**
 * A cell each of whose products with its own weights is normalized, with a learned gain, before it is added to
 * others (Ba, Kiros & Hinton 2016, arXiv 1607.06450, equations 20 to 22): W_x x + W_h h + b becomes
 *
 *     γ_x ⊙ LN(W_x x) + γ_h ⊙ LN(W_h h) + b,    LN(a) = (a − μ) / √(σ² + ε),  ε = 10⁻⁵
 *
 * It holds for every cell, a user's own too: what is rewritten is the step as it was traced. As in the paper, the mean
 * and the variance are those of the whole product, over all gates that lie in it: a gate may then stay larger than
 * another, and one product needs one mean. A product by convolution is normalized over channels and positions, with a gain a
 * channel. What is no product (peepholes, a memory that is read) stays, and so does a product with
 * a single number a row, which would become 0. Gains begin with 1 and are named after their weight: "PATH.gain.input".
 *
 * ```ts
 * const encoder = recurrent("encoder", layerNormalized(lstm({ inputs: 40, units: 128 })));
 * ```
 */
export function layerNormalized(cell: Cell): Cell {
  return {
    ...cell,
    name: `layer-normalized ${cell.name}`,
    at(path) {
      const plain = cell.at(path);
      const gains: Values = {};
      return {
        get weights() {
          return { ...plain.weights, ...gains };
        },
        step(x, state, noise) {
          // Traced on stand-ins, the step reaches back to its arguments and no further.
          const given = [x, ...Object.values(state), ...Object.values(noise)];
          const standIns = new Map(given.map((value) => [value, standIn(value)]));
          const replaced = new Map([...standIns].map(([value, stand]) => [stand, value]));
          const stand = (values: Values) => mapValues(values, (value) => standIns.get(value)!);
          const traced = plain.step(standIns.get(x)!, stand(state), stand(noise));
          const rule = normalizeProducts(plain.weights, (name, size) => {
            gains[name] ??= declareWeight(`${path}.${name}`, { shape: [size], initializer: ones });
            return gains[name];
          });
          const rewriter = new Rewriter({ node: rule }, replaced);
          const rewritten = (value: Value) => rewriter.rewrite([value])[0];
          return { output: rewritten(traced.output), state: mapValues(traced.state, rewritten) };
        },
      };
    },
  };
}

const standIn = (value: Value) => input("stand-in", value.shape, { dtype: value.dtype });

/** Normalizes each product of something with some of these weights. */
function normalizeProducts(weights: Values, gainOf: (name: string, size: number) => Value): NodeRule {
  const names = new Map(Object.entries(weights).map(([name, value]) => [value, name]));
  const times = new Map<string, number>();
  return (node, operands) => {
    if (!node.is("matmul") && !node.is("conv")) return undefined;
    const [left, right] = node.operands.map((operand) => weightOf(operand, names));
    if ((left === undefined) === (right === undefined)) return undefined;
    const { axis, axes } = features(node, left === undefined);
    const { shape } = node.results[0];
    const size = shape[axis] as number; // a weight's side, and so known
    if (axes.length === 1 && size === 1) return undefined;
    const weight = left ?? right!;
    const time = (times.get(weight) ?? 0) + 1;
    times.set(weight, time);
    const gain = gainOf(`gain.${weight}${time === 1 ? "" : `.${time}`}`, size);
    const [product] = rebuild(node, operands);
    const along = [size, ...Array<number>(shape.length - 1 - axis).fill(1)];
    return [standardize(product, { axes }).mul(gain.reshape(along))];
  };
}

/** Where the features of a product lie, and the axes over which one example of it extends. */
function features(node: Node, weightIsRight: boolean): { axis: number; axes: number[] } {
  const { rank } = node.results[0];
  if (node.is("conv")) return { axis: 1, axes: Array.from({ length: rank - 1 }, (_, at) => at + 1) };
  const axis = weightIsRight ? rank - 1 : rank - 2;
  return { axis, axes: [axis] };
}

/** The name of the first weight from which a value is made, where it is made of nothing but weights. */
function weightOf(value: Value, names: ReadonlyMap<Value, string>): string | undefined {
  let first: string | undefined;
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    const name = names.get(at);
    if (name === undefined && (at.node.is("input") || at.node.is("parameter"))) return undefined;
    first ??= name;
    open.push(...dependencies(at.node));
  }
  return first;
}

function mapValues(values: Values, to: (value: Value) => Value): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
}

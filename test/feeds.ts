/** Numbers to run graphs on in tests. */
import { evaluateSize } from "../src/graph/dim.ts";
import type { Graph, GraphInput } from "../src/graph/graph.ts";
import type { ArrayTensor } from "../src/graph/interpret.ts";
import { random } from "../src/weights/random.ts";

export interface FeedOptions {
  /** What open sizes are. */
  sizes?: Readonly<Record<string, number>>;
  /** The range of an input's numbers, end exclusive: −1.5 to 1.5 unless stated. */
  between?: Readonly<Record<string, readonly [number, number]>>;
  /** The numbers themselves. */
  fixed?: Readonly<Record<string, readonly number[]>>;
  seed?: number;
}

/** A tensor from its numbers. */
export function tensor(shape: readonly number[], data: readonly number[] | Float64Array): ArrayTensor {
  return { shape, data: Float64Array.from(data) };
}

/** Random feeds for all inputs of a graph; those of a name are the same in every graph. */
export function randomFeeds(graph: Graph, options: FeedOptions = {}): Record<string, ArrayTensor> {
  return Object.fromEntries(graph.inputs.map((input) => [input.name, randomFeed(input, options)]));
}

function randomFeed(
  { name, shape, dtype }: GraphInput,
  { sizes = {}, between = {}, fixed = {}, seed = 1 }: FeedOptions,
): ArrayTensor {
  const bindings = new Map(Object.entries(sizes));
  const lengths = shape.map((size) => evaluateSize(size, bindings));
  if (fixed[name]) return tensor(lengths, fixed[name]);
  const [low, high] = between[name] ?? [-1.5, 1.5];
  const stream = random(seed).stream(name);
  const draw = () => {
    const uniform = stream.uniform();
    if (dtype === "bool") return uniform < 0.5 ? 0 : 1;
    const number = low + (high - low) * uniform;
    return dtype === "int32" ? Math.floor(number) : number;
  };
  return tensor(lengths, Float64Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, draw));
}

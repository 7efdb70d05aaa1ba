/** Programs drawn at random: operators and loops, nested ones too, in combinations that nobody thinks of. */
import {
  concat,
  cumulativeSum,
  gather,
  maximum,
  relu,
  sigmoid,
  tanh,
  where,
} from "../src/graph/functions.ts";
import { scan } from "../src/graph/scan.ts";
import { apply, constant, type Value, weight } from "../src/graph/value.ts";
import { random, type Stream } from "../src/weights/random.ts";
import type { Case } from "./cases.ts";

/** All values are [2, 2], all sequences [time, 2, 2], so that anything goes with anything. */
interface Pool {
  values: Value[];
  sequences: Value[];
}

/** Functions with edges, near which differences say nothing. */
const kinked = {
  unary: [relu, (x: Value) => x.max(0, { keep: true }).mul(x)],
  binary: [(a: Value, b: Value) => maximum(a, b), (a: Value, b: Value) => where(a.less(0), a, b)],
};

const unary: ((x: Value) => Value)[] = [
  tanh,
  sigmoid,
  (x) => x.neg(),
  (x) => x.mul(0.5),
  (x) => x.transpose(),
  (x) => apply("flip", [x], { axis: 1 }),
  (x) => concat([x.slice(1, 1), x.slice(1, 0, 1)], 1),
  (x) => concat(x.split(2, 0).reverse(), 0),
  (x) => x.sum(1, { keep: true }).expand([2, 2]),
  (x) => cumulativeSum(x, 0),
  (x) => x.reshape([4]).reshape([2, 2]),
  (x) => gather(x, constant([1, 1], "int32")),
  (x) => x.at(0, 1).add(x.at(1, 0).unsqueeze(1)),
  (x) => tanh(x).add(constant([0.3, -0.2])),
];

const binary: ((a: Value, b: Value) => Value)[] = [
  (a, b) => a.add(b),
  (a, b) => a.sub(b),
  (a, b) => a.mul(b),
  (a, b) => tanh(a).matmul(b),
  (a, b) => apply("contract", [a, tanh(b)]),
  (a, b) => a.add(b).add(a.matmul(tanh(b))),
];

class Writer {
  private readonly stream: Stream;
  private readonly weights: Value[];
  private readonly unary: typeof unary;
  private readonly binary: typeof binary;

  constructor(seed: number, weights: Value[], smooth: boolean) {
    this.unary = smooth ? unary : [...unary, ...kinked.unary];
    this.binary = smooth ? binary : [...binary, ...kinked.binary];
    this.stream = random(seed).stream("program");
    this.weights = weights;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.stream.integer(from.length)];
  }

  private chance(probability: number): boolean {
    return this.stream.uniform() < probability;
  }

  /** Adds what some statements make to a pool. */
  write(pool: Pool, statements: number, depth: number): void {
    for (let statement = 0; statement < statements; statement++) {
      if (depth < 2 && this.chance(depth === 0 ? 0.4 : 0.15)) this.loop(pool, depth);
      else
        pool.values.push(
          this.chance(0.4)
            ? this.pick(this.unary)(this.value(pool))
            : this.pick(this.binary)(this.value(pool), this.value(pool)),
        );
    }
  }

  /** A weight, or rather something recent. */
  private value({ values }: Pool): Value {
    if (this.chance(0.15)) return this.pick(this.weights);
    return this.pick(this.chance(0.6) ? values.slice(-4) : values);
  }

  private loop(pool: Pool, depth: number): void {
    const states = Object.fromEntries(
      ["a", "b", "c"].slice(0, 1 + this.stream.integer(3)).map((name) => [name, this.value(pool)]),
    );
    const sequences = Object.fromEntries(
      ["x", "y"].slice(0, 1 + this.stream.integer(2)).map((name) => [name, this.pick(pool.sequences)]),
    );
    const found = scan<string, string, string>({
      states,
      sequences,
      reverse: this.chance(0.4),
      step: (states, inputs) => {
        const inside: Pool = {
          values: [this.value(pool), ...Object.values(states), ...Object.values(inputs)],
          sequences: [...pool.sequences],
        };
        this.write(inside, 2 + this.stream.integer(5), depth + 1);
        const bounded = (value: Value) => (this.chance(0.7) ? tanh(value) : value.mul(0.5));
        return {
          states: Object.fromEntries(Object.keys(states).map((name) => [name, bounded(this.value(inside))])),
          outputs: { first: bounded(this.value(inside)), second: bounded(this.value(inside)) },
        };
      },
    });
    pool.values.push(...Object.values<Value>(found.states));
    pool.sequences.push(...Object.values<Value>(found.outputs));
  }
}

/** The random program of a seed, of smooth functions alone where that is asked for. */
export function randomProgram(seed: number, { smooth = false } = {}): Case {
  return {
    title: `program ${seed}`,
    inputs: { s: ["time", 2, 2], t: ["time", 2, 2], u: [2, 2] },
    write: ({ s, t, u }) => {
      const writer = new Writer(seed, [weight("v", [2, 2]), weight("w", [2, 2])], smooth);
      const pool: Pool = { values: [u], sequences: [s, t] };
      writer.write(pool, 6, 0);
      return [...pool.values.slice(-2), ...pool.sequences.slice(-2)].map((value) => tanh(value));
    },
    sizes: { time: 3 },
    seed,
  };
}

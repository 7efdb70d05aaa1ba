/** Loops in their kinds of use: what `scan` must compute, differentiate, hoist and lower. */
import {
  concat,
  conv,
  cumulativeSum,
  gather,
  identity,
  inverseLogDet,
  logSumExp,
  max,
  sigmoid,
  softmax,
  stopGradient,
  tanh,
  where,
} from "../src/graph/functions.ts";
import { scan } from "../src/graph/scan.ts";
import { constant, filled, iota, type Value, weight } from "../src/graph/value.ts";
import type { Case } from "./cases.ts";

/** An LSTM without peepholes over x [time, batch, inputs]. */
function lstm(
  x: Value,
  {
    units,
    name = "lstm",
    reverse = false,
    mask,
  }: { units: number; name?: string; reverse?: boolean; mask?: Value },
) {
  const inputs = x.shape[2];
  const input = weight(`${name}.input`, [inputs, 4 * units]);
  const recurrent = weight(`${name}.recurrent`, [units, 4 * units]);
  const bias = weight(`${name}.bias`, [4 * units]);
  const start = filled(0, [x.shape[1], units]);
  return scan({
    states: { output: start, memory: start },
    sequences: { x },
    reverse,
    mask,
    step: ({ output, memory }, { x }) => {
      const sums = x.matmul(input).add(output.matmul(recurrent)).add(bias);
      const [i, f, o, candidate] = sums.split(4);
      const next = sigmoid(f)
        .mul(memory)
        .add(sigmoid(i).mul(tanh(candidate)));
      const put = sigmoid(o).mul(tanh(next));
      return { states: { output: put, memory: next }, outputs: { output: put } };
    },
  });
}

const sequence = { x: ["time", "batch", 3] };
const masked = { ...sequence, mask: { shape: ["time", "batch"], dtype: "bool" as const } };
const sizes = { time: 4, batch: 2 };
const unequal = { sizes, fixed: { mask: [1, 1, 1, 1, 1, 0, 1, 0] } };

export const loopCases: Case[] = [
  {
    title: "LSTM",
    inputs: sequence,
    write: ({ x }) => {
      const { states, outputs } = lstm(x, { units: 2 });
      return [outputs.output, states.memory];
    },
    sizes,
  },
  {
    title: "LSTM backward in time",
    inputs: sequence,
    write: ({ x }) => lstm(x, { units: 2, reverse: true }).outputs.output,
    sizes,
  },
  {
    title: "LSTM over sequences of unequal length",
    inputs: masked,
    write: ({ x, mask }) => {
      const { states, outputs } = lstm(x, { units: 2, mask });
      return [outputs.output, states.output];
    },
    ...unequal,
  },
  {
    title: "LSTM backward over sequences of unequal length",
    inputs: masked,
    write: ({ x, mask }) => lstm(x, { units: 2, mask, reverse: true }).outputs.output,
    ...unequal,
  },
  {
    title: "LSTM of one step",
    inputs: { x: [1, 2, 3] },
    write: ({ x }) => lstm(x, { units: 2 }).outputs.output,
  },
  {
    title: "LSTM over an open time of one step",
    inputs: sequence,
    write: ({ x }) => lstm(x, { units: 2 }).outputs.output,
    sizes: { time: 1, batch: 1 },
  },
  {
    title: "two bidirectional LSTM layers",
    inputs: sequence,
    write: ({ x }) => {
      const layer = (x: Value, name: string) =>
        concat(
          [false, true].map(
            (reverse) => lstm(x, { units: 2, name: `${name}.${reverse}`, reverse }).outputs.output,
          ),
        );
      return layer(layer(x, "first"), "second");
    },
    sizes: { time: 3, batch: 1 },
  },
  {
    title: "states and sequences of several shapes",
    inputs: { x: ["time", 2], y: ["time", 3, 2], start: [2] },
    write: ({ x, y, start }) => {
      const { states, outputs } = scan({
        states: { a: start, b: filled(0.5, [3]), unused: start },
        sequences: { x, y },
        step: ({ a, b, unused }, { x, y }) => ({
          states: {
            a: tanh(a.mul(x).add(b.sum())),
            b: b.add(y.matmul(a.unsqueeze(1)).squeeze(1)),
            unused: unused.mul(2),
          },
          outputs: { a: a.add(b.sum()), product: y.mul(a), x },
        }),
      });
      return [states.b, outputs.a, outputs.product, outputs.x];
    },
    sizes: { time: 3 },
  },
  {
    title: "states that change places",
    inputs: { x: ["time", 2], a: [2], b: [2] },
    write: ({ x, a, b }) => {
      const { states, outputs } = scan({
        states: { a, b },
        sequences: { x },
        step: ({ a, b }, { x }) => ({ states: { a: b, b: a.mul(x) }, outputs: { a, b } }),
      });
      return [states.a, states.b, outputs.a, outputs.b];
    },
    sizes: { time: 5 },
  },
  {
    title: "a state that stays, one that is replaced from outside, and two that become the same",
    inputs: { x: ["time", 2], a: [2], b: [2] },
    write: ({ x, a, b }) => {
      const { states, outputs } = scan({
        states: { stays: a, replaced: a, one: a, two: b },
        sequences: { x },
        step: ({ stays, replaced, one, two }, { x }) => {
          const both = tanh(one.add(two.mul(x)));
          return {
            states: { stays, replaced: b, one: both, two: both },
            outputs: { sum: stays.mul(replaced).add(both) },
          };
        },
      });
      return [...Object.values<Value>(states), outputs.sum];
    },
    sizes: { time: 3 },
  },
  {
    title: "a state that counts, and one that no gradient enters",
    with: ["a"],
    inputs: { x: ["time", 2], a: [2] },
    write: ({ x, a }) => {
      const { states, outputs } = scan({
        states: { steps: constant(0, "int32"), frozen: filled(1, [2]), open: a },
        sequences: { x },
        step: ({ steps, frozen, open }, { x }) => ({
          states: { steps: steps.add(1), frozen: stopGradient(frozen.mul(x)), open: open.mul(frozen).add(x) },
          outputs: { weighted: open.mul(steps.cast("float32")), frozen },
        }),
      });
      return [states.open, states.steps, outputs.weighted];
    },
    sizes: { time: 4 },
  },
  {
    title: "a state that becomes active through another",
    with: ["a"],
    inputs: { x: ["time", 2], a: [2] },
    write: ({ x, a }) => {
      const { states } = scan({
        states: { first: filled(0, [2]), second: filled(0, [2]), third: a },
        sequences: { x: stopGradient(x) },
        step: ({ first, second, third }, { x }) => ({
          states: { first: first.add(second), second: second.mul(x).add(third), third },
        }),
      });
      return states.first;
    },
    sizes: { time: 4 },
  },
  {
    title: "values from outside, computed and shared by two loops",
    inputs: { x: ["time", 2], a: [2, 2] },
    write: ({ x, a }) => {
      const square = tanh(a.matmul(a));
      const run = (x: Value, reverse: boolean) =>
        scan({
          states: { h: square.at(0, 0) },
          sequences: { x },
          reverse,
          step: ({ h }, { x }) => {
            const next = tanh(h.unsqueeze(0).matmul(square).squeeze(0).add(x));
            return { states: { h: next }, outputs: { h: next } };
          },
        }).outputs.h;
      return run(run(x, false), true).add(x);
    },
    sizes: { time: 3 },
  },
  {
    title: "a loop whose initial state and sequence are one value's",
    inputs: { x: ["time", 2] },
    write: ({ x }) =>
      scan({
        states: { h: x.at(0, -1) },
        sequences: { x, again: x, double: x.mul(x) },
        step: ({ h }, { x, again, double }) => ({ states: { h: tanh(h.mul(x)).add(again).mul(double) } }),
      }).states.h,
    sizes: { time: 3 },
  },
  {
    title: "a body that does not need its state",
    inputs: { x: ["time", 2], a: [2] },
    write: ({ x, a }) => {
      const { outputs } = scan({
        states: { h: a },
        sequences: { x },
        step: ({ h }, { x }) => ({ states: { h: h.add(x) }, outputs: { product: x.mul(a), constant: a } }),
      });
      return [outputs.product, outputs.constant];
    },
    sizes: { time: 3 },
  },
  {
    title: "products that do not depend on the state, of values computed in the step and used there too",
    inputs: { x: ["time", 2, 3], keep: ["time", 2, 3] },
    write: ({ x, keep }) => {
      const first = weight("first", [3, 2]);
      const second = weight("second", [2, 2]);
      const { states, outputs } = scan({
        states: { h: filled(0, [2, 2]) },
        sequences: { x, keep },
        step: ({ h }, { x, keep }) => {
          const kept = x.mul(keep);
          const seen = tanh(kept.matmul(first));
          const next = tanh(seen.matmul(second).add(h.matmul(second)).add(seen).mul(kept.sum()));
          return { states: { h: next }, outputs: { seen, kept } };
        },
      });
      return [states.h, outputs.seen, outputs.kept];
    },
    sizes: { time: 3 },
  },
  {
    title: "a loop in a loop",
    inputs: { x: ["time", "features", 2], a: [2] },
    write: ({ x, a }) => {
      const scale = weight("scale", [2]);
      const { states, outputs } = scan({
        states: { h: a },
        sequences: { x },
        step: ({ h }, { x }) => {
          const inner = scan({
            states: { g: h.mul(scale) },
            sequences: { x },
            step: ({ g }, { x }) => {
              const next = tanh(g.mul(x).add(h).mul(scale));
              return { states: { g: next }, outputs: { g: next } };
            },
          });
          return {
            states: { h: inner.states.g.add(h) },
            outputs: { all: inner.outputs.g, last: inner.states.g },
          };
        },
      });
      return [states.h, outputs.all, outputs.last];
    },
    sizes: { time: 3, features: 2 },
  },
  {
    title: "three loops deep, the middle one backward",
    inputs: { x: ["time", 2, "depth", 1] },
    write: ({ x }) => {
      const gain = weight("gain", [1]);
      const run = (x: Value, start: Value, levels: number): Value =>
        scan({
          states: { h: start },
          sequences: { x },
          reverse: levels === 1,
          step: ({ h }, { x }) => ({
            states: { h: levels === 0 ? tanh(h.mul(gain).add(x)) : run(x, h, levels - 1) },
          }),
        }).states.h;
      return run(x, filled(0.3, [1]), 2);
    },
    sizes: { time: 2, depth: 2 },
  },
  {
    title: "a loop in a loop that depends on the outer one in part",
    inputs: { x: ["time", 2], y: ["steps", 2] },
    write: ({ x, y }) => {
      const { states, outputs } = scan({
        states: { h: filled(0.1, [2]) },
        sequences: { x },
        step: ({ h }, { x }) => {
          const inner = scan({
            states: { free: filled(1, [2]), bound: h },
            sequences: { y },
            step: ({ free, bound }, { y }) => ({
              states: { free: free.mul(y), bound: bound.mul(y).add(x).add(free) },
              outputs: { free, bound },
            }),
          });
          return {
            states: { h: tanh(inner.states.bound.add(inner.states.free)) },
            outputs: { free: inner.outputs.free, bound: inner.outputs.bound },
          };
        },
      });
      return [states.h, outputs.free, outputs.bound];
    },
    sizes: { time: 3, steps: 2 },
  },
  {
    title: "look-ups by a sequence of indices",
    inputs: { indices: { shape: ["time", "batch"], dtype: "int32" } },
    write: ({ indices }) => {
      const table = weight("table", [4, 2]);
      return scan({
        states: { h: filled(0, ["batch", 2]) },
        sequences: { indices },
        step: ({ h }, { indices }) => {
          const next = tanh(h.add(gather(table, indices)));
          return { states: { h: next }, outputs: { h: next } };
        },
      }).outputs.h;
    },
    sizes: { time: 4, batch: 2 },
    between: { indices: [0, 4] },
  },
  {
    title: "a forward algorithm: log-sum-exp over transitions",
    inputs: { emissions: ["time", "batch", 3], mask: { shape: ["time", "batch"], dtype: "bool" } },
    write: ({ emissions, mask }) => {
      const transitions = weight("transitions", [3, 3]);
      const { states } = scan({
        states: { score: filled(0, ["batch", 3]) },
        sequences: { emissions },
        mask,
        step: ({ score }, { emissions }) => ({
          states: { score: logSumExp(score.unsqueeze(2).add(transitions), 1).add(emissions) },
        }),
      });
      return logSumExp(states.score, -1);
    },
    ...unequal,
  },
  {
    title: "a best path's score: maxima over transitions",
    inputs: { emissions: ["time", 3] },
    write: ({ emissions }) => {
      const transitions = weight("transitions", [3, 3]);
      return scan({
        states: { score: filled(0, [3]) },
        sequences: { emissions },
        step: ({ score }, { emissions }) => ({
          states: { score: max(score.unsqueeze(1).add(transitions), 0).add(emissions) },
        }),
      }).states.score;
    },
    sizes: { time: 4 },
  },
  {
    title: "convolution in a step",
    inputs: { x: ["time", 1, 2, 5, 4] },
    write: ({ x }) => {
      const kernel = weight("kernel", [2, 2, 3, 3]);
      return scan({
        states: { h: filled(0.2, [1, 2, 5, 4]) },
        sequences: { x },
        step: ({ h }, { x }) => {
          const next = tanh(conv(h, kernel, { padding: "same" }).add(x));
          return { states: { h: next }, outputs: { h: next } };
        },
      }).outputs.h;
    },
    sizes: { time: 2 },
  },
  {
    title: "convolutions of the input and of the state in a step",
    inputs: { x: ["time", "batch", 2, 4, 3] },
    write: ({ x }) => {
      const [input, recurrent] = [weight("input", [3, 2, 2, 3]), weight("recurrent", [3, 3, 2, 3])];
      return scan({
        states: { h: filled(0.2, [x.shape[1], 3, 4, 3]) },
        sequences: { x },
        step: ({ h }, { x }) => {
          const sums = conv(h, recurrent, { padding: "same" }).add(conv(x, input, { padding: "same" }));
          return { states: { h: tanh(sums) }, outputs: { h } };
        },
      }).outputs.h;
    },
    sizes: { time: 3, batch: 2 },
  },
  {
    title: "attention over another sequence in a step",
    inputs: { x: ["time", 2], memory: ["length", 2] },
    write: ({ x, memory }) =>
      scan({
        states: { h: filled(0.2, [2]) },
        sequences: { x },
        step: ({ h }, { x }) => {
          const focus = softmax(memory.matmul(h.unsqueeze(1)), 0);
          const next = tanh(memory.mul(focus).sum(0).add(x));
          return { states: { h: next }, outputs: { h: next, focus } };
        },
      }).outputs.h,
    sizes: { time: 3, length: 4 },
  },
  {
    title: "an inverse, a cumulative sum and slices in a step",
    inputs: { x: ["time", 3, 3] },
    write: ({ x }) =>
      scan({
        states: { h: filled(0.2, [3]) },
        sequences: { x },
        step: ({ h }, { x }) => {
          const { inverse, logDet } = inverseLogDet(x.matmul(x.transpose()).add(identity(3).mul(2)));
          const turned = concat([h.slice(0, 1), h.slice(0, 0, 1)], 0);
          const next = tanh(
            cumulativeSum(turned.unsqueeze(0).matmul(inverse).squeeze(0), 0).add(logDet.mul(0.1)),
          );
          return { states: { h: next }, outputs: { logDet } };
        },
      }).states.h,
    sizes: { time: 2 },
  },
  {
    title: "a condition on time, counted by a sequence",
    inputs: { x: ["time", 2] },
    write: ({ x }) =>
      scan({
        states: { h: filled(0.2, [2]) },
        sequences: { x, position: iota("time") },
        step: ({ h }, { x, position }) => {
          const next = where(position.less(2), h.mul(x), h.add(x.mul(position.cast("float32"))));
          return { states: { h: next }, outputs: { h: next } };
        },
      }).outputs.h,
    sizes: { time: 4 },
  },
];

/** Every operator in its kinds of use: broadcasting, open sizes, several axes, borders. */

import { size } from "../src/graph/dim.ts";
import {
  abs,
  and,
  argmax,
  concat,
  conv,
  cumulativeSum,
  exp,
  gather,
  identity,
  inverseLogDet,
  log,
  max,
  maximum,
  minimum,
  not,
  or,
  pad,
  relu,
  scatterAdd,
  sigmoid,
  sqrt,
  stopGradient,
  straightThrough,
  sum,
  tanh,
  where,
} from "../src/graph/functions.ts";
import type { Operator } from "../src/graph/operators.ts";
import { scan } from "../src/graph/scan.ts";
import { apply, constant, iota, type Value, weight } from "../src/graph/value.ts";
import type { Case } from "./cases.ts";

type Sketch = Omit<Case, "title"> & { title?: string };

const unary = (write: (x: Value) => Value, range: readonly [number, number] = [-1.5, 1.5]): Sketch[] => [
  { inputs: { x: ["time", 3] }, write: ({ x }) => write(x), between: { x: range }, sizes: { time: 4 } },
  { title: "scalar", inputs: { x: [] }, write: ({ x }) => write(x), between: { x: range } },
];

const shapes: [string, (string | number)[], (string | number)[]][] = [
  ["equal shapes", [2, 3], [2, 3]],
  ["a scalar on the left", [], [2, 3]],
  ["a scalar on the right", ["time", 3], []],
  ["a row", ["time", 3], [3]],
  ["both stretched", [2, 1, 3], [4, 1]],
  ["open sizes", ["time", 1], [1, "batch"]],
  ["an axis of 1 that stays", [1, 3], [2, 1, 1]],
];

const binary = (
  write: (a: Value, b: Value) => Value,
  between: Record<string, readonly [number, number]> = {},
): Sketch[] =>
  shapes.map(([title, a, b]) => ({
    title,
    inputs: { a, b },
    write: ({ a, b }) => write(a, b),
    between,
    sizes: { time: 2, batch: 4 },
  }));

const truths = (write: (a: Value, b: Value) => Value): Sketch[] => [
  {
    inputs: { a: [4, 3], b: [4, 1] },
    write: ({ a, b }) => write(a.less(0), b.less(0.5)),
  },
];

const planes = { x: [1, 2, 6, 5], kernel: [3, 2, 3, 2] };
const lines = { x: ["batch", 2, "time"], kernel: [3, 2, 3] };
const openLine = { sizes: { batch: 2, time: 9 } };

/** A symmetric positive definite matrix from any square one. */
const positiveDefinite = (x: Value): Value =>
  x.matmul(x.transpose()).add(identity(x.shape[0], x.dtype as "float32").mul(2));

const sketches: Record<Operator, Sketch[]> = {
  input: [{ inputs: { x: [3] }, write: ({ x }) => [x, x.mul(2)] }],
  constant: [
    { inputs: { x: [2, 3] }, write: ({ x }) => x.mul(constant([1, 2, 3, 4, 5, 6], "float32", [2, 3])) },
  ],
  parameter: [
    {
      title: "a sequence put out as it is",
      inputs: { x: ["time", 3] },
      write: ({ x }) =>
        scan({ states: {}, sequences: { x }, step: (_, { x }) => ({ states: {}, outputs: { x } }) }).outputs
          .x,
      sizes: { time: 4 },
    },
  ],
  iota: [
    {
      inputs: { x: ["time", 2] },
      write: ({ x }) => x.mul(iota("time").cast("float32").unsqueeze(1)),
      sizes: { time: 4 },
    },
  ],
  extent: [
    {
      inputs: { x: ["time", 2] },
      write: ({ x }) => x.div(apply("extent", [], { size: size("time") }).cast("float32")),
      sizes: { time: 4 },
    },
  ],

  neg: unary((x) => x.neg()),
  abs: unary(abs),
  exp: unary(exp),
  log: unary(log, [0.3, 3]),
  sqrt: unary(sqrt, [0.3, 3]),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  relu: unary(relu),
  cast: [
    {
      title: "to whole numbers and back",
      inputs: { x: [5] },
      write: ({ x }) => x.add(x.mul(3).cast("int32").cast("float32")),
    },
    { title: "to truth values", inputs: { x: [5] }, write: ({ x }) => x.mul(x.cast("bool").cast("float32")) },
    {
      title: "to float64 and back",
      inputs: { x: [5] },
      write: ({ x }) => tanh(x.cast("float64")).cast("float32"),
    },
  ],

  add: binary((a, b) => a.add(b)),
  sub: binary((a, b) => a.sub(b)),
  mul: binary((a, b) => a.mul(b)),
  div: [
    ...binary((a, b) => a.div(b), { b: [0.4, 2] }),
    {
      title: "whole numbers, toward zero",
      inputs: { x: [6], a: { shape: [6], dtype: "int32" }, b: { shape: [6], dtype: "int32" } },
      write: ({ x, a, b }) => x.mul(a.div(b).cast("float32")),
      fixed: { a: [7, -7, 7, -7, 6, 0], b: [2, 2, -2, -2, 3, 5] },
    },
  ],
  pow: [
    ...binary((a, b) => a.pow(b), { a: [0.4, 2] }),
    {
      title: "of negative numbers to a whole power",
      inputs: { a: [5] },
      write: ({ a }) => [a.pow(2), a.pow(3)],
    },
  ],
  maximum: binary((a, b) => maximum(a, b)),
  minimum: binary((a, b) => minimum(a, b)),
  less: binary((a, b) => a.less(b)),
  equal: [
    {
      inputs: { x: [3], a: { shape: [4, 3], dtype: "int32" }, b: { shape: [3], dtype: "int32" } },
      write: ({ x, a, b }) => [a.equal(b), x.equal(x)],
      between: { a: [0, 3], b: [0, 3] },
    },
  ],
  and: truths(and),
  or: truths(or),
  not: [{ inputs: { a: [4, 3] }, write: ({ a }) => not(a.less(0)) }],
  where: [
    {
      inputs: { condition: { shape: [2, 3], dtype: "bool" }, a: [2, 3], b: [2, 3] },
      write: ({ condition, a, b }) => where(condition, a, b),
    },
    {
      title: "all three stretched",
      inputs: { condition: { shape: ["time", 1, 1], dtype: "bool" }, a: [3, 1], b: [4] },
      write: ({ condition, a, b }) => where(condition, a, b),
      sizes: { time: 4 },
    },
    { title: "a number", inputs: { a: [2, 3] }, write: ({ a }) => where(a.less(0), a.mul(3), 1) },
  ],
  stop: [{ inputs: { x: [3] }, write: ({ x }) => x.mul(stopGradient(x)) }],
  straightThrough: [
    { inputs: { x: [3] }, write: ({ x }) => straightThrough(x.greater(0).cast("float32"), sigmoid(x)) },
  ],

  matmul: [
    { inputs: { a: [2, 3], b: [3, 4] }, write: ({ a, b }) => a.matmul(b) },
    {
      title: "a batch by one matrix",
      inputs: { a: ["time", 2, 3], b: [3, 4] },
      write: ({ a, b }) => a.matmul(b),
      sizes: { time: 2 },
    },
    { title: "one matrix by a batch", inputs: { a: [2, 3], b: [2, 3, 2] }, write: ({ a, b }) => a.matmul(b) },
    { title: "batch by batch", inputs: { a: [2, 2, 3], b: [2, 3, 2] }, write: ({ a, b }) => a.matmul(b) },
    {
      title: "both batches stretched",
      inputs: { a: [2, 1, 2, 3], b: [3, 3, 2] },
      write: ({ a, b }) => a.matmul(b),
    },
    {
      title: "open inner size",
      inputs: { a: [2, "time"], b: ["time", 2] },
      write: ({ a, b }) => a.matmul(b),
      sizes: { time: 3 },
    },
    { title: "by itself", inputs: { a: [3, 3] }, write: ({ a }) => a.matmul(a) },
  ],
  contract: [
    { inputs: { a: [4, 2], b: [4, 3] }, write: ({ a, b }) => apply("contract", [a, b]) },
    {
      title: "over time and batch",
      inputs: { a: ["time", "batch", 2], b: ["time", "batch", 3] },
      write: ({ a, b }) => apply("contract", [a, b]),
      sizes: { time: 3, batch: 2 },
    },
    { title: "vectors", inputs: { a: [2], b: [3] }, write: ({ a, b }) => apply("contract", [a, b]) },
  ],
  conv: [
    { title: "along a line", inputs: lines, write: ({ x, kernel }) => conv(x, kernel), ...openLine },
    {
      title: "along a line, strided, open",
      inputs: lines,
      write: ({ x, kernel }) => conv(x, kernel, { stride: 2, padding: "same" }),
      ...openLine,
    },
    {
      title: "along a line of even length, strided, open",
      inputs: lines,
      write: ({ x, kernel }) => conv(x, kernel, { stride: 2 }),
      sizes: { batch: 1, time: 10 },
    },
    {
      title: "along a line, causal, dilated",
      inputs: lines,
      write: ({ x, kernel }) => conv(x, kernel, { dilation: 3, padding: "causal" }),
      ...openLine,
    },
    {
      title: "along a line, all at once",
      inputs: { x: [1, 2, 11], kernel: [2, 2, 3] },
      write: ({ x, kernel }) => conv(x, kernel, { stride: 3, dilation: 2, padding: [[2, 1]] }),
    },
    { title: "over a plane", inputs: planes, write: ({ x, kernel }) => conv(x, kernel) },
    {
      title: "over a plane, same size",
      inputs: planes,
      write: ({ x, kernel }) => conv(x, kernel, { padding: "same" }),
    },
    {
      title: "over a plane, strided",
      inputs: planes,
      write: ({ x, kernel }) => conv(x, kernel, { stride: [2, 3], padding: 1 }),
    },
    {
      title: "over a plane, dilated",
      inputs: planes,
      write: ({ x, kernel }) =>
        conv(x, kernel, {
          dilation: [2, 3],
          padding: [
            [1, 0],
            [0, 2],
          ],
        }),
    },
    {
      title: "over a plane, padded by more than the kernel reaches",
      inputs: { x: [1, 1, 3, 4], kernel: [2, 1, 2, 1] },
      write: ({ x, kernel }) => conv(x, kernel, { padding: 3, stride: 2 }),
    },
    {
      title: "mostly over borders",
      inputs: { x: [1, 1, 1], kernel: [1, 1, 1] },
      write: ({ x, kernel }) => conv(x, kernel, { padding: [[2, 3]], stride: 3 }),
    },
    {
      title: "over a plane of open height",
      inputs: { x: [1, 2, "height", 4], kernel: [1, 2, 2, 2] },
      write: ({ x, kernel }) => conv(x, kernel, { stride: 2, padding: 1 }),
      sizes: { height: 5 },
    },
    {
      title: "a kernel of one position",
      inputs: { x: [2, 3, 4], kernel: [2, 3, 1] },
      write: ({ x, kernel }) => conv(x, kernel),
    },
  ],
  sum: [
    { title: "all axes", inputs: { x: [2, 3] }, write: ({ x }) => sum(x) },
    { title: "one axis", inputs: { x: ["time", 3] }, write: ({ x }) => sum(x, 0), sizes: { time: 4 } },
    {
      title: "two axes of three, kept",
      inputs: { x: [2, 3, 4] },
      write: ({ x }) => sum(x, [0, -1], { keep: true }),
    },
  ],
  max: [
    { title: "all axes", inputs: { x: [2, 3] }, write: ({ x }) => max(x) },
    { title: "one axis", inputs: { x: ["time", 3] }, write: ({ x }) => max(x, 0), sizes: { time: 4 } },
    {
      title: "two axes of three, kept",
      inputs: { x: [2, 3, 4] },
      write: ({ x }) => max(x, [0, -1], { keep: true }),
    },
  ],
  argmax: [
    { inputs: { x: ["time", 4] }, write: ({ x }) => argmax(x), sizes: { time: 3 } },
    { title: "along the first axis", inputs: { x: [5, 2, 2] }, write: ({ x }) => argmax(x, 0) },
  ],
  transpose: [
    { inputs: { x: ["time", 3] }, write: ({ x }) => x.transpose(), sizes: { time: 2 } },
    { title: "four axes about", inputs: { x: [2, 3, 1, 4] }, write: ({ x }) => x.transpose([2, 0, 3, 1]) },
  ],
  reshape: [
    { inputs: { x: [2, 6] }, write: ({ x }) => x.reshape([3, -1]) },
    {
      title: "open",
      inputs: { x: ["time", "batch", 4] },
      write: ({ x }) => x.reshape(["time", -1, 2]),
      sizes: { time: 3, batch: 2 },
    },
  ],
  expand: [
    { inputs: { x: [3, 1] }, write: ({ x }) => x.expand([2, 3, 4]) },
    {
      title: "to an open size",
      inputs: { x: [2], y: ["time"] },
      write: ({ x }) => x.expand(["time", 2]),
      sizes: { time: 3 },
    },
  ],
  slice: [
    { inputs: { x: [6, 2] }, write: ({ x }) => [x.slice(0, 1, 4), x.slice(1, -1), x.at(0, -2)] },
    {
      title: "with a step",
      inputs: { x: [7, 2] },
      write: ({ x }) => [x.slice(0, 1, 7, 3), x.slice(0, 0, 6, 2)],
    },
    {
      title: "backward",
      inputs: { x: [7, 2] },
      write: ({ x }) => [x.slice(0, 0, 7, -1), x.slice(0, 1, 6, -2)],
    },
    {
      title: "of an open axis",
      inputs: { x: ["time", 2] },
      write: ({ x }) => [x.slice(0, 1, -1), x.slice(0, 0, undefined, 3), x.slice(0, 0, undefined, -2)],
      sizes: { time: 6 },
    },
  ],
  flip: [
    {
      inputs: { x: [2, 3] },
      write: ({ x }) => [apply("flip", [x], { axis: 0 }), apply("flip", [x], { axis: 1 })],
    },
  ],
  pad: [
    {
      inputs: { x: [2, 3] },
      write: ({ x }) =>
        pad(x, [
          [1, 0],
          [0, 2],
        ]),
    },
    {
      title: "with a number",
      inputs: { x: ["time", 3] },
      write: ({ x }) =>
        pad(
          x,
          [
            [2, 1],
            [0, 0],
          ],
          -2.5,
        ),
      sizes: { time: 2 },
    },
    {
      title: "by less than nothing",
      inputs: { x: ["time", 4] },
      write: ({ x }) => [
        pad(
          x,
          [
            [0, 0],
            [-1, 2],
          ],
          3,
        ),
        pad(x, [
          [-1, -1],
          [-2, -1],
        ]),
        pad(
          x,
          [
            [3, -2],
            [0, 0],
          ],
          3,
        ),
      ],
      sizes: { time: 3 },
    },
    {
      title: "by so much that nothing is left of it",
      inputs: { x: [1, 2] },
      write: ({ x }) =>
        pad(
          x,
          [
            [-2, 4],
            [3, -4],
          ],
          3,
        ),
    },
  ],
  concat: [
    { inputs: { a: [2, 3], b: [2, 1], c: [2, 2] }, write: ({ a, b, c }) => concat([a, b, c]) },
    {
      title: "open sizes, one value twice",
      inputs: { a: ["time", 2], b: ["batch", 2] },
      write: ({ a, b }) => concat([a, b, a], 0),
      sizes: { time: 2, batch: 3 },
    },
  ],
  split: [
    { inputs: { x: [3, 8] }, write: ({ x }) => x.split(4).map((part, i) => part.mul(i + 1)) },
    {
      title: "unequal parts, one of them unused",
      inputs: { x: ["time", 2] },
      write: ({ x }) => {
        const [a, , c] = x.split([1, 2, x.slice(0, 3).shape[0]], 0);
        return [a, c];
      },
      sizes: { time: 5 },
    },
  ],
  gather: [
    {
      title: "rows, repeated",
      inputs: { x: [4, 3], indices: { shape: [2, 3], dtype: "int32" } },
      write: ({ x, indices }) => gather(x, indices),
      fixed: { indices: [0, 3, 0, 0, 2, 3] },
    },
    {
      title: "columns",
      inputs: { x: ["time", 4], indices: { shape: ["k"], dtype: "int32" } },
      write: ({ x, indices }) => gather(x, indices, 1),
      fixed: { indices: [3, 1, 1] },
      sizes: { time: 2, k: 3 },
    },
    {
      title: "one",
      inputs: { x: [4, 3], index: { shape: [], dtype: "int32" } },
      write: ({ x, index }) => gather(x, index),
      fixed: { index: [2] },
    },
  ],
  scatterAdd: [
    {
      title: "rows that meet",
      inputs: { x: [2, 3, 2], indices: { shape: [2, 3], dtype: "int32" } },
      write: ({ x, indices }) => scatterAdd(indices, x, 0, 5),
      fixed: { indices: [0, 3, 0, 0, 2, 3] },
    },
    {
      title: "columns",
      inputs: { x: ["time", 3], indices: { shape: [3], dtype: "int32" } },
      write: ({ x, indices }) => scatterAdd(indices, x, 1, 4),
      fixed: { indices: [3, 1, 1] },
      sizes: { time: 2 },
    },
  ],
  cumulativeSum: [true, false].flatMap((exclusive) =>
    [true, false].map((reverse) => ({
      title: `${exclusive ? "exclusive" : "inclusive"}, ${reverse ? "backward" : "forward"}`,
      inputs: { x: ["time", 3, 2] },
      write: ({ x }: Record<string, Value>) => [
        cumulativeSum(x, 0, { exclusive, reverse }),
        cumulativeSum(x, 1, { exclusive, reverse }),
      ],
      sizes: { time: 4 },
    })),
  ),
  inverseLogDet: [
    {
      inputs: { x: [4, 4] },
      write: ({ x }) => {
        const { inverse, logDet } = inverseLogDet(positiveDefinite(x));
        return [inverse, logDet];
      },
    },
    {
      title: "the inverse alone",
      inputs: { x: ["n", "n"] },
      write: ({ x }) => inverseLogDet(positiveDefinite(x)).inverse,
      sizes: { n: 3 },
    },
    {
      title: "the determinant alone",
      inputs: { x: ["n", "n"] },
      write: ({ x }) => inverseLogDet(positiveDefinite(x)).logDet,
      sizes: { n: 3 },
    },
  ],

  final: [
    {
      title: "a running product",
      inputs: { x: ["time", 2] },
      write: ({ x }) =>
        scan({
          states: { product: weight("start", [2]) },
          sequences: { x },
          step: ({ product }, { x }) => ({ states: { product: product.mul(x) } }),
        }).states.product,
      sizes: { time: 4 },
    },
  ],
  stack: [
    {
      title: "a running product",
      inputs: { x: ["time", 2] },
      write: ({ x }) =>
        scan({
          states: { product: weight("start", [2]) },
          sequences: { x },
          step: ({ product }, { x }) => ({ states: { product: product.mul(x) }, outputs: { product } }),
        }).outputs.product,
      sizes: { time: 4 },
    },
  ],
};

export const operatorCases: Record<Operator, Case[]> = Object.fromEntries(
  Object.entries(sketches).map(([op, list]) => [
    op,
    list.map((sketch) => ({ ...sketch, title: sketch.title ? `${op}: ${sketch.title}` : op })),
  ]),
) as Record<Operator, Case[]>;

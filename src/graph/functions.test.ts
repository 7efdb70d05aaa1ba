import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tensor } from "../../test/feeds.ts";
import { closeTo, type Nested, numbers, of } from "../../test/nested.ts";
import { InputError } from "./errors.ts";
import {
  abs,
  argmax,
  clip,
  concat,
  cumulativeSum,
  gather,
  identity,
  inverseLogDet,
  l2Normalize,
  logDet,
  logSoftmax,
  logSumExp,
  max,
  maximum,
  mean,
  min,
  minimum,
  oneHot,
  pad,
  relu,
  scatterAdd,
  sigmoid,
  softmax,
  softplus,
  stack,
  stopGradient,
  straightThrough,
  sum,
  tanh,
  where,
} from "./functions.ts";
import { trace } from "./graph.ts";
import { interpret } from "./interpret.ts";
import { apply, iota, noise, type Value } from "./value.ts";

const grid = of([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("functions of single numbers", () => {
  const points = [-800, -3, -0.5, 0, 0.5, 3, 800];
  test.each<[string, (x: Value) => Value, (x: number) => number]>([
    ["relu", relu, (x) => Math.max(x, 0)],
    ["|x|", abs, (x) => (x < 0 ? -x : x)],
    ["tanh", tanh, Math.tanh],
    ["σ, without overflow", sigmoid, (x) => (x < -700 ? 0 : 1 / (1 + Math.exp(-x)))],
    ["softplus, without overflow", softplus, (x) => (x > 700 ? x : Math.log1p(Math.exp(x)))],
    ["clip", (x) => clip(x, -1, 2), (x) => Math.max(-1, Math.min(x, 2))],
    ["x²", (x) => x.pow(2), (x) => x * x],
    ["1 − x", (x) => x.rsub(1), (x) => 1 - x],
    ["where", (x) => where(x.less(0.5), x.neg(), 9), (x) => (x < 0.5 ? -x : 9)],
    ["greater", (x) => x.greater(0).cast("float32"), (x) => (x > 0 ? 1 : 0)],
    [
      "cast to whole numbers, toward zero",
      (x) => x.cast("int32"),
      (x) => (x < 0 ? -Math.floor(-x) : Math.floor(x)),
    ],
    ["cast to truth values", (x) => x.cast("bool"), (x) => (x === 0 ? 0 : 1)],
    ["stopGradient", stopGradient, (x) => x],
  ])("%s", (_, write, expected) => {
    expect(numbers(() => write(of(points)))).toEqual(closeTo(points.map((x) => expected(x) + 0)));
  });

  test("straightThrough is its value", () => {
    expect(numbers(() => straightThrough(of([1, 2]), of([5, 6])))).toEqual([1, 2]);
  });

  test("two operands broadcast as in NumPy", () => {
    expect(numbers(() => of([[1], [2]]).add(of([10, 20, 30])))).toEqual([
      [11, 21, 31],
      [12, 22, 32],
    ]);
    expect(numbers(() => maximum(of([1, 5]), of([[3], [0]])))).toEqual([
      [3, 5],
      [1, 5],
    ]);
    expect(numbers(() => minimum(of([1, 5]), 3))).toEqual([1, 3]);
  });
});

describe("sums, means and maxima over axes", () => {
  test.each<[string, (x: Value) => Value, Nested]>([
    ["sum of all", (x) => sum(x), 21],
    ["sum over rows, kept", (x) => sum(x, 0, { keep: true }), [[5, 7, 9]]],
    ["sum over the last axis", (x) => sum(x, -1), [6, 15]],
    ["mean of all", (x) => mean(x), 3.5],
    ["mean over an axis", (x) => mean(x, 1), [2, 5]],
    ["max over an axis", (x) => max(x, 0), [4, 5, 6]],
    ["min over both", (x) => min(x, [0, 1]), 1],
    ["min over an axis, kept", (x) => min(x, 1, { keep: true }), [[1], [4]]],
  ])("%s", (_, write, expected) => {
    expect(numbers(() => write(grid))).toEqual(expected);
  });

  test("a mean over an open axis divides by its length in the run", () => {
    const graph = trace({ x: ["time", "batch"] }, ({ x }) => ({ all: mean(x), rows: mean(x, 0) }));
    const found = interpret(graph, { x: tensor([2, 3], [1, 2, 3, 4, 5, 6]) });
    expect([...found.all.data, ...found.rows.data]).toEqual([3.5, 2.5, 3.5, 4.5]);
  });

  test("argmax gives the first of equal maxima", () => {
    expect(
      numbers(() =>
        argmax(
          of([
            [1, 3, 3],
            [7, 2, 7],
          ]),
        ),
      ),
    ).toEqual([1, 0]);
    expect(numbers(() => argmax(grid, 0))).toEqual([1, 1, 1]);
  });

  const list = [0.5, -1, 2];
  const total = list.reduce((all, x) => all + Math.exp(x), 0);
  test("log-sum-exp, softmax and log-softmax follow their definitions", () => {
    expect(numbers(() => logSumExp(of(list)))).toEqual(closeTo(Math.log(total)));
    expect(numbers(() => logSumExp(of([list, list]), -1, { keep: true }))).toEqual(
      closeTo([[Math.log(total)], [Math.log(total)]]),
    );
    expect(numbers(() => softmax(of(list)))).toEqual(closeTo(list.map((x) => Math.exp(x) / total)));
    expect(numbers(() => logSoftmax(of(list)))).toEqual(closeTo(list.map((x) => x - Math.log(total))));
    expect(
      numbers(() =>
        softmax(
          of([
            [0, 1],
            [0, 3],
          ]),
          0,
        ),
      ),
    ).toEqual(
      closeTo([
        [0.5, 1 / (1 + Math.exp(2))],
        [0.5, 1 / (1 + Math.exp(-2))],
      ]),
    );
  });

  test("and do not overflow", () => {
    expect(numbers(() => logSumExp(of([1000, 1000])))).toEqual(closeTo(1000 + Math.log(2)));
    expect(numbers(() => softmax(of([1000, -1000])))).toEqual([1, 0]);
  });

  test.each([
    [{}, [1, 3, 6]],
    [{ exclusive: true }, [0, 1, 3]],
    [{ reverse: true }, [6, 5, 3]],
    [{ exclusive: true, reverse: true }, [5, 3, 0]],
  ])("cumulative sum %o", (options, expected) => {
    expect(numbers(() => cumulativeSum(of([1, 2, 3]), 0, options))).toEqual(expected);
    expect(
      numbers(() =>
        cumulativeSum(
          of([
            [1, 2, 3],
            [1, 2, 3],
          ]),
          -1,
          options,
        ),
      ),
    ).toEqual([expected, expected]);
    expect(numbers(() => cumulativeSum(of([[1], [2], [3]]), 0, options))).toEqual(
      expected.map((one) => [one]),
    );
  });
});

describe("L2 normalization", () => {
  const x = [
    [3, 4],
    [0, 0],
  ];

  test("divides by the norm over any axes", () => {
    expect(numbers(() => l2Normalize(of(x), { axes: 1 }))).toEqual(
      closeTo([
        [0.6, 0.8],
        [0, 0],
      ]),
    );
    expect(numbers(() => l2Normalize(of(x)))).toEqual(
      closeTo([
        [0.6, 0.8],
        [0, 0],
      ]),
    );
    expect(
      numbers(() =>
        l2Normalize(
          of([
            [3, 0],
            [4, 2],
          ]),
          { axes: [-2] },
        ),
      ),
    ).toEqual(
      closeTo([
        [0.6, 0],
        [0.8, 1],
      ]),
    );
  });

  test("is guarded as TensorFlow does, or as PyTorch does", () => {
    // Σx² = 25e-14 is below ε = 1e-12, √Σx² = 5e-7 is not.
    const small = of([3e-7, 4e-7]);
    expect(numbers(() => l2Normalize(small, { guard: "tensorflow" }))).toEqual(closeTo([0.3, 0.4]));
    expect(numbers(() => l2Normalize(small, { guard: "pytorch" }))).toEqual(closeTo([0.6, 0.8]));
    expect(numbers(() => l2Normalize(small, { guard: "pytorch", epsilon: 1e-6 }))).toEqual(
      closeTo([0.3, 0.4]),
    );
  });

  test("refuses an epsilon that guards nothing", () => {
    expect(() => l2Normalize(of([1]), { epsilon: 0 })).toThrow(InputError);
  });
});

describe("layout", () => {
  const cube = of([
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ]);
  const line = of([0, 1, 2, 3, 4, 5, 6]);
  test.each<[string, () => Value, Nested]>([
    [
      "transpose",
      () => grid.transpose(),
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ],
    [
      "transpose of three axes",
      () => cube.transpose([1, 2, 0]),
      [
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ],
    ],
    [
      "reshape",
      () => grid.reshape([3, -1]),
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [
      "expand",
      () => of([[1], [2]]).expand([2, 2, 2]),
      [
        [
          [1, 1],
          [2, 2],
        ],
        [
          [1, 1],
          [2, 2],
        ],
      ],
    ],
    ["slice", () => line.slice(0, 2, 5), [2, 3, 4]],
    ["slice from the end", () => line.slice(-1, -3), [4, 5, 6]],
    ["slice with a step", () => line.slice(0, 1, 7, 3), [1, 4]],
    ["slice backward", () => line.slice(0, 0, 7, -1), [6, 5, 4, 3, 2, 1, 0]],
    ["slice of a range backward, with a step", () => line.slice(0, 1, 6, -2), [5, 3, 1]],
    ["slice of nothing", () => line.slice(0, 3, 3), []],
    ["at", () => grid.at(1, -1), [3, 6]],
    [
      "concat",
      () => concat([grid, of([[7], [8]])]),
      [
        [1, 2, 3, 7],
        [4, 5, 6, 8],
      ],
    ],
    [
      "concat along the first axis",
      () => concat([grid, grid], 0),
      [
        [1, 2, 3],
        [4, 5, 6],
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    ["split", () => grid.split(3)[1], [[2], [5]]],
    ["split into unequal parts", () => line.split([1, 4, 2], 0)[1], [1, 2, 3, 4]],
    [
      "stack",
      () => stack([of([1, 2]), of([3, 4])]),
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "stack along the last axis",
      () => stack([of([1, 2]), of([3, 4])], -1),
      [
        [1, 3],
        [2, 4],
      ],
    ],
    [
      "pad",
      () =>
        pad(
          of([[1, 2]]),
          [
            [1, 0],
            [0, 2],
          ],
          9,
        ),
      [
        [9, 9, 9, 9],
        [1, 2, 9, 9],
      ],
    ],
    ["pad by less than nothing", () => pad(line, [[-2, -3]]), [2, 3]],
    ["iota", () => iota(3), [0, 1, 2]],
    [
      "identity",
      () => identity(2),
      [
        [1, 0],
        [0, 1],
      ],
    ],
    [
      "one-hot",
      () => oneHot(of([[1, 0]], "int32"), 3),
      [
        [
          [0, 1, 0],
          [1, 0, 0],
        ],
      ],
    ],
    [
      "gather",
      () => gather(grid, of([1, 1, 0], "int32")),
      [
        [4, 5, 6],
        [4, 5, 6],
        [1, 2, 3],
      ],
    ],
    [
      "gather along another axis",
      () => gather(grid, of([[2], [0]], "int32"), 1),
      [
        [[3], [1]],
        [[6], [4]],
      ],
    ],
    [
      "scatter-add",
      () =>
        scatterAdd(
          of([2, 0, 2], "int32"),
          of([
            [1, 1],
            [2, 2],
            [3, 3],
          ]),
          0,
          4,
        ),
      [
        [2, 2],
        [0, 0],
        [4, 4],
        [0, 0],
      ],
    ],
    [
      "scatter-add along another axis",
      () => scatterAdd(of([1, 1, 0], "int32"), grid, -1, 2),
      [
        [3, 3],
        [6, 9],
      ],
    ],
  ])("%s", (_, write, expected) => {
    expect(numbers(write)).toEqual(expected);
  });

  test("⟨gather(x), y⟩ = ⟨x, scatterAdd(y)⟩", () => {
    const small = fc.integer({ min: -9, max: 9 });
    const example = fc.integer({ min: 1, max: 4 }).chain((rows) =>
      fc.array(fc.nat({ max: rows - 1 }), { minLength: 1, maxLength: 5 }).chain((indices) =>
        fc.record({
          indices: fc.constant(indices),
          x: fc.array(fc.tuple(small, small), { minLength: rows, maxLength: rows }),
          y: fc.array(fc.tuple(small, small), { minLength: indices.length, maxLength: indices.length }),
        }),
      ),
    );
    fc.assert(
      fc.property(example, ({ indices, x, y }) => {
        const at = of(indices, "int32");
        const left = numbers(() => gather(of(x), at).mul(of(y)).sum());
        const right = numbers(() => scatterAdd(at, of(y), 0, x.length).mul(of(x)).sum());
        return left === right;
      }),
    );
  });

  test.each([-1, 2])("an index of %d into 2 rows is refused", (index) => {
    expect(() => numbers(() => gather(grid, of([0, index], "int32")))).toThrow(
      `gather: index ${index} is out of range for an axis of 2`,
    );
  });
});

describe("products", () => {
  test("matmul of matrices", () => {
    expect(
      numbers(() =>
        grid.matmul(
          of([
            [1, 0],
            [0, 1],
            [1, 1],
          ]),
        ),
      ),
    ).toEqual([
      [4, 5],
      [10, 11],
    ]);
  });

  test("matmul of batches that broadcast", () => {
    const a = of([[[[1, 2]]], [[[3, 4]]]]); // [2, 1, 1, 2]
    const b = of([
      [[1], [1]],
      [[0], [2]],
      [[1], [0]],
    ]); // [3, 2, 1]
    expect(numbers(() => a.matmul(b))).toEqual([
      [[[3]], [[4]], [[1]]],
      [[[7]], [[8]], [[3]]],
    ]);
  });

  test("contract sums over all leading axes", () => {
    const a = of([[[1, 2]], [[3, 4]]]);
    const b = of([[[1, 0, 2]], [[0, 1, 1]]]);
    expect(numbers(() => apply("contract", [a, b]))).toEqual([
      [1, 3, 5],
      [2, 4, 8],
    ]);
  });

  test("the inverse of a matrix, and the logarithm of its determinant", () => {
    const matrix = of([
      [4, 2, 0],
      [2, 3, 1],
      [0, 1, 2],
    ]); // det = 4·5 − 2·4 = 12
    expect(numbers(() => logDet(matrix))).toEqual(closeTo(Math.log(12)));
    expect(numbers(() => inverseLogDet(matrix).inverse.matmul(matrix))).toEqual(
      closeTo([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]),
    );
  });

  test.each([
    [
      [
        [1, 2],
        [2, 1],
      ],
    ],
    [
      [
        [0, 0],
        [0, 1],
      ],
    ],
    [
      [
        [Number.NaN, 0],
        [0, 1],
      ],
    ],
  ])("a matrix that is not positive definite has none: %o", (matrix) => {
    expect(() => numbers(() => logDet(of(matrix)))).toThrow(/inverseLogDet: .* not positive definite/);
  });
});

test("noise is a half throughout unless it is fed", () => {
  const graph = trace({ x: ["time"] }, ({ x }) => ({ y: x.mul(noise("drop", ["time"])) }));
  const x = tensor([2], [2, 4]);
  expect([...interpret(graph, { x }).y.data]).toEqual([1, 2]);
  expect([...interpret(graph, { x, drop: tensor([2], [0, 1]) }).y.data]).toEqual([0, 4]);
});

test("numbers that do not fill an input's shape are refused", () => {
  const graph = trace({ x: ["time", 2] }, ({ x }) => ({ y: x }));
  expect(() => interpret(graph, { x: tensor([2, 2], [1, 2, 3]) })).toThrow(
    'input "x": 3 numbers do not fill the shape [2, 2]',
  );
});

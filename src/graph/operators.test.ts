import { describe, expect, test } from "vitest";
import { InputError } from "./errors.ts";
import {
  and,
  argmax,
  concat,
  conv,
  exp,
  gather,
  logDet,
  max,
  pad,
  scatterAdd,
  stack,
  straightThrough,
  sum,
  where,
} from "./functions.ts";
import { trace } from "./graph.ts";
import { apply, constant, input, type Value } from "./value.ts";

const value = (name: string, ...shape: (number | string)[]): Value => input(name, shape);
const whole = (name: string, ...shape: (number | string)[]): Value => input(name, shape, { dtype: "int32" });
const truth = (name: string, ...shape: (number | string)[]): Value => input(name, shape, { dtype: "bool" });

describe("a mistake is told while tracing, with the operation, its operands and their shapes:", () => {
  test.each<[string, () => unknown, string]>([
    [
      "shapes that do not broadcast",
      () => value("x", "time", 3).add(value("bias", 4)),
      'add("x" float32[time, 3], "bias" float32[4]): the shapes [time, 3] and [4] do not broadcast',
    ],
    [
      "an open size is not 1",
      () => value("x", "time").mul(value("y", "batch")),
      'mul("x" float32[time], "y" float32[batch]): the shapes [time] and [batch] do not broadcast',
    ],
    [
      "types that differ",
      () => value("x", 2).add(whole("n", 2)),
      'add("x" float32[2], "n" int32[2]): the operands differ in type',
    ],
    [
      "arithmetic of truth values",
      () => truth("a", 2).add(truth("b", 2)),
      'add("a" bool[2], "b" bool[2]): has no meaning for truth values',
    ],
    ["sums of truth values", () => sum(truth("a", 2)), 'sum("a" bool[2]): has no meaning for truth values'],
    [
      "logic of numbers",
      () => and(truth("a", 2), value("x", 2)),
      'and("a" bool[2], "x" float32[2]): needs truth values',
    ],
    [
      "functions of whole numbers",
      () => exp(whole("n", 2)),
      'exp("n" int32[2]): needs floating-point numbers',
    ],
    [
      "columns and rows that differ",
      () => value("x", "time", 3).matmul(value("weights", 4, 2)),
      'matmul("x" float32[time, 3], "weights" float32[4, 2]): 3 columns meet 4 rows',
    ],
    [
      "a product with a vector",
      () => value("x", 3).matmul(value("weights", 3, 2)),
      'matmul("x" float32[3], "weights" float32[3, 2]): both operands need at least two axes',
    ],
    [
      "batches that do not broadcast",
      () => value("a", 2, 3, 3).matmul(value("b", 4, 3, 3)),
      'matmul("a" float32[2, 3, 3], "b" float32[4, 3, 3]): the leading axes do not broadcast',
    ],
    [
      "a choice by numbers",
      () => where(value("x", 2), value("a", 2), value("b", 2)),
      'where("x" float32[2], "a" float32[2], "b" float32[2]): the condition must be a truth value',
    ],
    [
      "channels that differ",
      () => conv(value("x", 1, 3, 9), value("kernel", 4, 2, 3)),
      'conv("x" float32[1, 3, 9], "kernel" float32[4, 2, 3]): 3 channels meet filters of 2',
    ],
    [
      "a kernel that is too long",
      () => conv(value("x", 1, 2, 4), value("kernel", 4, 2, 3), { dilation: 2 }),
      'conv("x" float32[1, 2, 4], "kernel" float32[4, 2, 3]): the kernel reaches over 5 positions',
    ],
    [
      "a convolution of a matrix",
      () => conv(value("x", 2, 4), value("kernel", 4, 3)),
      'conv("x" float32[2, 4], "kernel" float32[4, 3]): needs [batch, channels, …positions]',
    ],
    [
      "joined shapes that differ elsewhere",
      () => concat([value("a", 2, 3), value("b", 3, 3)]),
      'concat("a" float32[2, 3], "b" float32[3, 3]): the shapes may differ in axis 1 alone',
    ],
    [
      "joined values of other rank",
      () => concat([value("a", 2, 3), value("b", 3)], 0),
      'concat("a" float32[2, 3], "b" float32[3]): the shapes may differ in axis 0 alone',
    ],
    ["nothing to join", () => concat([]), "concat: needs at least one value"],
    ["nothing to stack", () => stack([]), "stack: needs at least one value"],
    [
      "parts that do not add up",
      () => value("x", 2, 8).split([3, 4]),
      'split("x" float32[2, 8]): parts of 3 + 4 do not make up axis 1',
    ],
    [
      "parts that are not equal",
      () => value("x", 2, 8).split(3),
      'split("x" [2, 8]): axis 1 can\'t be cut into 3 equal parts',
    ],
    [
      "no parts",
      () => value("x", 2, 8).split(0),
      'split("x" [2, 8]): axis 1 can\'t be cut into 0 equal parts',
    ],
    [
      "less than no parts",
      () => value("x", 2, 8).split(-2),
      'split("x" [2, 8]): axis 1 can\'t be cut into -2 equal parts',
    ],
    [
      "an empty list of parts",
      () => value("x", 2, 8).split([]),
      'split("x" float32[2, 8]): needs at least one part',
    ],
    [
      "equal parts of an open axis",
      () => value("x", "time").split(2),
      'split("x" [time]): axis 0 can\'t be cut into 2 equal parts',
    ],
    [
      "indices that are no whole numbers",
      () => gather(value("x", 4, 2), value("at", 3)),
      'gather("x" float32[4, 2], "at" float32[3]): indices must be int32',
    ],
    [
      "updates that do not match indices",
      () => scatterAdd(whole("at", 3), value("x", 4, 2), 0, 5),
      'scatterAdd("at" int32[3], "x" float32[4, 2]): from axis 0 on, the updates must have the shape of the indices',
    ],
    [
      "a reshape to another number of elements",
      () => value("x", 2, 6).reshape([5, -1]),
      'reshape("x" [2, 6]): [5, -1] can\'t hold its elements',
    ],
    [
      "a reshape of an open size to a number",
      () => value("x", "time", 6).reshape([12]),
      'reshape("x" [time, 6]): [12] can\'t hold its elements',
    ],
    [
      "an expansion that is none",
      () => value("x", 2).expand([3]),
      'expand("x" float32[2]): does not expand to [3]',
    ],
    [
      "an order that names an axis twice",
      () => value("x", 2, 3).transpose([0, 0]),
      "transpose: axis 0 is named twice",
    ],
    [
      "an order of too few axes",
      () => value("x", 2, 3).transpose([0]),
      'transpose("x" [2, 3]): [0] does not name each axis once',
    ],
    [
      "a slice past the end",
      () => value("x", 5).slice(0, 2, 7),
      'slice("x" float32[5]): 2 to 7 lies outside axis 0',
    ],
    [
      "a slice before the beginning",
      () => value("x", 5).slice(0, -6),
      'slice("x" float32[5]): -1 to 5 lies outside axis 0',
    ],
    [
      "a slice without a step",
      () => value("x", 5).slice(0, 0, 5, 0),
      'slice("x" float32[5]): a step of 0 makes no sense',
    ],
    ["an axis that is none", () => max(value("x", 5), 1), "max: axis 1 is out of range for 1 axis"],
    ["no axis at all", () => argmax(value("x")), "argmax: axis -1 is out of range for 0 axes"],
    [
      "borders for too few axes",
      () => pad(value("x", 2, 3), [[1, 1]]),
      'pad("x" [2, 3]): needs [before, after] for each of 2 axes, got 1',
    ],
    [
      "borders that cut too much",
      () => pad(value("x", 2), [[-2, -1]]),
      'pad("x" float32[2]): borders of -2 and -1 cut more than axis 0 has',
    ],
    [
      "a squeezed axis of more than 1",
      () => value("x", 2, 3).squeeze(0),
      'reshape("x" [2, 3]): [3] can\'t hold its elements',
    ],
    [
      "a determinant of no square",
      () => logDet(value("x", 2, 3)),
      'inverseLogDet("x" float32[2, 3]): needs one square matrix',
    ],
    [
      "a surrogate of another shape",
      () => straightThrough(value("x", 2), value("y", 3)),
      'straightThrough("x" float32[2], "y" float32[3]): value and surrogate differ in shape',
    ],
    [
      "a contraction of unequal lengths",
      () => apply("contract", [value("x", "time", 2), value("y", "batch", 3)]),
      'contract("x" float32[time, 2], "y" float32[batch, 3]): all axes but the last must be equal',
    ],
    [
      "too few numbers",
      () => constant([1, 2, 3], "float32", [2, 2]),
      "constant: 3 numbers do not fill the shape [2, 2]",
    ],
    [
      "a fraction for a whole number",
      () => whole("n", 2).mul(0.5),
      "constant: 0.5 is no int32; cast its partner to a float first",
    ],
    ["a shape with half an axis", () => value("x", 1.5), "1.5 is no size of an axis"],
  ])("%s", (_, write, message) => {
    expect(write).toThrow(InputError);
    expect(write).toThrow(message);
  });

  test("results are named by what made them, numbers by themselves", () => {
    expect(() => exp(value("x", 3)).add(value("y", 2).mul(2))).toThrow(
      "add(exp result float32[3], mul result float32[2])",
    );
    expect(() => where(truth("c", 2), constant(3), whole("n", 2))).toThrow(
      'where("c" bool[2], 3 float32[], "n" int32[2])',
    );
  });
});

describe("open sizes are followed through operators:", () => {
  const x = value("x", "time", "batch", 6);
  test.each<[string, Value, string]>([
    ["a reshape", x.reshape(["time", -1, 2]), "time,3*batch,2"],
    ["a reshape back", x.reshape([-1, 6]).reshape(["time", "batch", 6]), "time,batch,6"],
    ["a join", concat([x, x.slice(0, 1)], 0), "2*time-1,batch,6"],
    ["a cut and a join", concat([x.slice(0, 1), x.slice(0, 0, 1)], 0), "time,batch,6"],
    ["a slice with a step", x.slice(0, 0, undefined, 2), "floor((time+1)/2),batch,6"],
    [
      "a strided convolution",
      conv(value("s", "batch", 2, "time"), value("k", 4, 2, 3), { stride: 2 }),
      "batch,4,floor((time+1)/2)-1",
    ],
    [
      "a convolution of the same length",
      conv(value("s", "batch", 2, "time"), value("k", 4, 2, 5), { padding: "same" }),
      "batch,4,time",
    ],
    [
      "a border",
      pad(x, [
        [1, 2],
        [0, 0],
        [0, 0],
      ]),
      "time+3,batch,6",
    ],
    [
      "a border, unfolded",
      pad(x, [
        [1, 2],
        [0, 0],
        [0, 0],
      ])
        .reshape([-1, 3])
        .reshape([-1, 2, 3])
        .reshape([-1, "batch", 6]),
      "time+3,batch,6",
    ],
  ])("%s", (_, { shape }, expected) => {
    expect(shape.join()).toBe(expected);
  });
});

describe("a graph's names are its own:", () => {
  test("two inputs may not share one", () => {
    expect(() => trace({ x: [2] }, ({ x }) => ({ y: x.add(input("x", [2])) }))).toThrow(
      'two inputs are named "x"',
    );
  });
});

/** Operators that work number by number. */
import { broadcastStrides, positions } from "../graph/interpret/array-tensor.ts";
import type { Operator } from "../graph/operators.ts";
import type { Node, Value } from "../graph/value.ts";
import { type Assembly, count, shapeOf, volumeOf } from "./assembly.ts";
import type { InstructionName } from "./instructions.ts";
import type { View } from "./listing.ts";
import { arrange } from "./products.ts";

const maps: Partial<Record<Operator, InstructionName>> = {
  tanh: "tanh",
  sigmoid: "sigmoid",
  exp: "exp",
  relu: "relu",
  neg: "neg",
  abs: "abs",
  sqrt: "sqrt",
  log: "log",
  not: "not",
};

/** Truth values are 1 and 0: both are true where the smaller is, one is where the larger is. */
const zips: Partial<Record<Operator, InstructionName>> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  maximum: "maximum",
  minimum: "minimum",
  less: "less",
  equal: "equal",
  pow: "pow",
  and: "minimum",
  or: "maximum",
};

/** Writes a node that works number by number; false where it is of another kind. */
export function emitElementwise(assembly: Assembly, node: Node): boolean {
  const [result] = node.results;
  const map = maps[node.op];
  const zip = zips[node.op];
  if (map) emitMap(assembly, map, assembly.view(node.operands[0]), result);
  else if (zip) emitZip(assembly, zip, node);
  else if (node.is("where")) emitWhere(assembly, node);
  else if (node.is("cast")) emitCast(assembly, node);
  else if (node.is("stop") || node.is("straightThrough"))
    assembly.set(result, assembly.view(node.operands[0]));
  else return false;
  return true;
}

function emitMap(assembly: Assembly, name: InstructionName, x: View, result: Value): void {
  assembly.listing.emit(name, { x, y: assembly.make(result), n: volumeOf(result) }, "arithmetic");
}

function emitZip(assembly: Assembly, name: InstructionName, node: Node): void {
  const [result] = node.results;
  const n = volumeOf(result);
  const [a, b] = node.operands.map((operand) => spread(assembly, operand, shapeOf(result)));
  const single = (a.single ? 1 : 0) + (b.single ? 2 : 0);
  const whole = node.op === "div" && result.dtype === "int32"; // whole numbers divide toward zero
  const y = whole ? assembly.listing.scratch(n) : assembly.make(result);
  assembly.listing.emit(name, { a: a.view, b: b.view, y, n, single }, "arithmetic");
  if (whole) emitMap(assembly, "trunc", y, result);
}

function emitWhere(assembly: Assembly, node: Node): void {
  const [result] = node.results;
  const shape = shapeOf(result);
  const [condition, a, b] = node.operands.map((operand) => spread(assembly, operand, shape));
  const { listing } = assembly;
  const n = volumeOf(result);
  let test = condition.view;
  if (condition.single) {
    test = listing.scratch(n);
    listing.emit("fill", { y: test, value: 0, n }, "arithmetic");
    listing.emit("add", { a: condition.view, b: test, y: test, n, single: 1 }, "arithmetic");
  }
  const single = (a.single ? 1 : 0) + (b.single ? 2 : 0);
  const fields = { condition: test, a: a.view, b: b.view, y: assembly.make(result), n, single };
  listing.emit("where", fields, "arithmetic");
}

/** All types are kept as float32: whole numbers up to 2²⁴, truth values as 1 and 0. */
function emitCast(assembly: Assembly, node: Node<"cast">): void {
  const [x] = node.operands;
  const [result] = node.results;
  const { to } = node.attributes;
  const isFloat = x.dtype === "float32" || x.dtype === "float64";
  if (to === "int32" && isFloat) emitMap(assembly, "trunc", assembly.view(x), result);
  else if (to === "bool" && x.dtype !== "bool") {
    const n = volumeOf(result);
    const isZero = assembly.listing.scratch(n);
    assembly.listing.emit("not", { x: assembly.view(x), y: isZero, n }, "arithmetic");
    emitMap(assembly, "not", isZero, result);
  } else assembly.set(result, assembly.view(x));
}

/** A value as it broadcasts to a shape: one number for all of it (`single`), or all numbers. */
export function spread(
  assembly: Assembly,
  value: Value,
  shape: readonly number[],
): { view: View; single: boolean } {
  const size = volumeOf(value);
  if (size === count(shape)) return { view: assembly.view(value), single: false };
  if (size === 1) return { view: assembly.view(value), single: true };
  if (assembly.known.has(value))
    return { view: assembly.listing.constants(assembly.constant(value, shape)), single: false };
  const table = positions(shape, broadcastStrides(shapeOf(value), shape));
  return { view: arrange(assembly, value, table), single: false };
}

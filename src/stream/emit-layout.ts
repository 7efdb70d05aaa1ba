/** Operators that move numbers, and those that reduce them. */
import { around, broadcastStrides, positions, stridesOf } from "../graph/interpret/array-tensor.ts";
import type { Node, Value } from "../graph/value.ts";
import { type Assembly, count, shapeOf, volumeOf } from "./assembly.ts";
import { shifted, type View } from "./listing.ts";
import { arrange, arrangeView } from "./products.ts";

/** Writes a node that moves or reduces numbers; false where it is of another kind. */
export function emitLayout(assembly: Assembly, node: Node): boolean {
  if (node.is("reshape")) assembly.set(node.results[0], assembly.view(node.operands[0]));
  else if (node.is("slice")) emitSlice(assembly, node);
  else if (node.is("split")) emitSplit(assembly, node);
  else if (node.is("transpose")) emitTranspose(assembly, node);
  else if (node.is("expand")) emitExpand(assembly, node);
  else if (node.is("flip")) emitFlip(assembly, node);
  else if (node.is("pad")) emitPad(assembly, node);
  else if (node.is("concat")) emitConcat(assembly, node);
  else if (node.is("gather")) emitGather(assembly, node);
  else if (node.is("sum") || node.is("max")) emitReduction(assembly, node);
  else if (node.is("argmax")) emitArgmax(assembly, node);
  else if (node.is("cumulativeSum")) emitCumulativeSum(assembly, node);
  else return false;
  return true;
}

/** A result whose numbers are those of the operand at given places; nothing moves where they lie in one piece. */
function read(assembly: Assembly, result: Value, x: Value, strides: readonly number[], start = 0): void {
  const shape = shapeOf(result);
  const own = stridesOf(shape);
  const inOnePiece = shape.every((size, axis) => size === 1 || strides[axis] === own[axis]);
  if (inOnePiece) assembly.set(result, shifted(assembly.view(x), 4 * start));
  else assembly.set(result, arrange(assembly, x, positions(shape, strides, start)));
}

function emitSlice(assembly: Assembly, node: Node<"slice">): void {
  const [x] = node.operands;
  const { axis, start, step } = node.attributes;
  const strides = stridesOf(shapeOf(x));
  const stride = strides[axis];
  read(assembly, node.results[0], x, strides.with(axis, stride * step), (start as number) * stride);
}

function emitSplit(assembly: Assembly, node: Node<"split">): void {
  const [x] = node.operands;
  const { axis } = node.attributes;
  const strides = stridesOf(shapeOf(x));
  let start = 0;
  for (const part of node.results) {
    read(assembly, part, x, strides, start * strides[axis]);
    start += shapeOf(part)[axis];
  }
}

function emitTranspose(assembly: Assembly, node: Node<"transpose">): void {
  const [x] = node.operands;
  const strides = stridesOf(shapeOf(x));
  read(
    assembly,
    node.results[0],
    x,
    node.attributes.order.map((axis) => strides[axis]),
  );
}

function emitExpand(assembly: Assembly, node: Node<"expand">): void {
  const [x] = node.operands;
  read(assembly, node.results[0], x, broadcastStrides(shapeOf(x), shapeOf(node.results[0])));
}

function emitFlip(assembly: Assembly, node: Node<"flip">): void {
  const [x] = node.operands;
  const { axis } = node.attributes;
  const strides = stridesOf(shapeOf(x));
  const stride = strides[axis];
  read(assembly, node.results[0], x, strides.with(axis, -stride), (shapeOf(x)[axis] - 1) * stride);
}

function emitPad(assembly: Assembly, node: Node<"pad">): void {
  const [x] = node.operands;
  const [result] = node.results;
  const { before, value } = node.attributes;
  const [from, to] = [shapeOf(x), shapeOf(result)];
  const [strides, places] = [stridesOf(from), stridesOf(to)];
  const table = Int32Array.from({ length: count(to) }, (_, at) => {
    let index = 0;
    for (let axis = 0; axis < to.length; axis++) {
      const where = (Math.floor(at / places[axis]) % to[axis]) - (before[axis] as number);
      if (where < 0 || where >= from[axis]) return -1;
      index += where * strides[axis];
    }
    return index;
  });
  assembly.set(result, arrange(assembly, x, table, value));
}

function emitConcat(assembly: Assembly, node: Node<"concat">): void {
  const [result] = node.results;
  const { axis } = node.attributes;
  const [outer, along, inner] = around(shapeOf(result), axis);
  const y = assembly.make(result);
  let start = 0;
  for (const part of node.operands) {
    const n = shapeOf(part)[axis] * inner;
    if (n === 0) continue;
    const x = assembly.view(part);
    const to = shifted(y, 4 * start);
    if (outer === 1) assembly.listing.emit("copy", { x, y: to, n }, "moves");
    else
      assembly.listing.emit(
        "blocks",
        { x, xApart: n, y: to, yApart: along * inner, n, count: outer },
        "moves",
      );
    start += n;
  }
}

function emitGather(assembly: Assembly, node: Node<"gather">): void {
  const [data, indices] = node.operands;
  const [result] = node.results;
  const [outer, along, inner] = around(shapeOf(data), node.attributes.axis);
  const n = volumeOf(indices);
  if (assembly.known.has(indices)) {
    const wanted = Int32Array.from(assembly.known.tensor(indices).data);
    const table = Int32Array.from({ length: outer * n * inner }, (_, at) => {
      const [o, i, rest] = [Math.floor(at / (n * inner)), Math.floor(at / inner) % n, at % inner];
      return (o * along + wanted[i]) * inner + rest;
    });
    assembly.set(result, arrange(assembly, data, table));
    return;
  }
  const fields = {
    x: assembly.view(data),
    indices: assembly.view(indices),
    y: assembly.make(result),
    ...{ outer, along, inner, n },
  };
  assembly.listing.emit("lookup", fields, "moves");
}

function emitReduction(assembly: Assembly, node: Node<"sum"> | Node<"max">): void {
  const [x] = node.operands;
  const [result] = node.results;
  const shape = shapeOf(x);
  const axes = node.attributes.axes.filter((axis) => shape[axis] !== 1);
  if (axes.length === 0) {
    assembly.set(result, assembly.view(x));
    return;
  }
  const [first, last] = [Math.min(...axes), Math.max(...axes)];
  const together = shape.slice(first, last + 1).every((size, at) => size === 1 || axes.includes(first + at));
  const view = together ? assembly.view(x) : reducedLast(assembly, x, axes);
  const along = count(axes.map((axis) => shape[axis]));
  const inner = together ? count(shape.slice(last + 1)) : 1;
  const outer = count(shape) / along / inner;
  const fields = { x: view, y: assembly.make(result), outer, along, inner };
  assembly.listing.emit(node.is("sum") ? "sum" : "max", fields, "arithmetic");
}

function reducedLast(assembly: Assembly, x: Value, axes: readonly number[]): View {
  const shape = shapeOf(x);
  const strides = stridesOf(shape);
  const order = [...shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
  const table = positions(
    order.map((axis) => shape[axis]),
    order.map((axis) => strides[axis]),
  );
  return arrangeView(assembly, assembly.view(x), count(shape), table);
}

function emitArgmax(assembly: Assembly, node: Node<"argmax">): void {
  const [x] = node.operands;
  const [outer, along, inner] = around(shapeOf(x), node.attributes.axis);
  const fields = { x: assembly.view(x), y: assembly.make(node.results[0]), outer, along, inner };
  assembly.listing.emit("argmax", fields, "arithmetic");
}

function emitCumulativeSum(assembly: Assembly, node: Node<"cumulativeSum">): void {
  const [x] = node.operands;
  const { axis, exclusive, reverse } = node.attributes;
  const [outer, along, inner] = around(shapeOf(x), axis);
  const mode = (exclusive ? 1 : 0) + (reverse ? 2 : 0);
  const fields = { x: assembly.view(x), y: assembly.make(node.results[0]), outer, along, inner, mode };
  assembly.listing.emit("cumulate", fields, "arithmetic");
}

/**
 * The interpreter of stream programs. What each instruction means stands in `src/stream/instructions.ts`, in the same
 * order; that programs touch only what is theirs is checked before they get here.
 */
import { dense } from "./dense";
import { collect, delta, rebuild } from "./delta";
import { gate, gateAdd } from "./gates";
import { collectInt8, deltaInt8, denseInt8, dequantize, quantize } from "./int8";
import { abs, exp, log, neg, relu, sigmoid, sqrt, tanh, trunc } from "./maps";
import { copy, fill, flush } from "./moves";
import { largest } from "./reductions";
import { add, div, equal, less, maximum, minimum, mul, pow, sub, where } from "./zips";
import { arrange, blocks, cumulate, lookup, multiply, reduce } from "./arrays";

const enum Do {
  Tanh,
  Sigmoid,
  Exp,
  Relu,
  Neg,
  Abs,
  Sqrt,
  Trunc,
  Log,
  Not,
  Add,
  Sub,
  Mul,
  Div,
  Maximum,
  Minimum,
  Less,
  Equal,
  Pow,
  Where,
  Copy,
  Blocks,
  Fill,
  Arrange,
  Lookup,
  Sum,
  Max,
  Argmax,
  Cumulate,
  Multiply,
  Dense,
  Collect,
  Delta,
  Rebuild,
  Quantize,
  DenseInt8,
  CollectInt8,
  DeltaInt8,
  Dequantize,
  Flush,
  Gate,
  GateAdd,
}

/** Where a program's memory begins, and that of the stream whose turn it is. */
let program: usize = 0;
let stream: usize = 0;

@inline
function number(at: usize, field: usize): i32 {
  return load<i32>(at + 4 + (field << 2));
}

@inline
function float(at: usize, field: usize): f32 {
  return load<f32>(at + 4 + (field << 2));
}

/** An address that has its lowest bit set counts from the stream's memory. */
@inline
function address(at: usize, field: usize): usize {
  const word = load<u32>(at + 4 + (field << 2));
  return <usize>(word & 1 ? stream + word - 1 : program + word);
}

/**
 * Runs the instructions from one address to another.
 *
 * @returns 0, or 1 where an index lay outside what it was to be looked up in.
 */
export function run(from: usize, to: usize, ofProgram: usize, ofStream: usize): i32 {
  program = ofProgram;
  stream = ofStream;
  let troubles = 0;
  let at = from;
  while (at < to) {
    switch (load<i32>(at)) {
      case Do.Tanh:
        tanh(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Sigmoid:
        sigmoid(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Exp:
        exp(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Relu:
        relu(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Neg:
        neg(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Abs:
        abs(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Sqrt:
        sqrt(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Trunc:
        trunc(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Log:
        log(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Not:
        not(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Add:
        add(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Sub:
        sub(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Mul:
        mul(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Div:
        div(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Maximum:
        maximum(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Minimum:
        minimum(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Less:
        less(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Equal:
        equal(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Pow:
        pow(address(at, 0), address(at, 1), address(at, 2), number(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.Where:
        where(
          address(at, 0),
          address(at, 1),
          address(at, 2),
          address(at, 3),
          number(at, 4),
          number(at, 5),
        );
        at += 28;
        break;
      case Do.Copy:
        copy(address(at, 0), address(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Blocks:
        blocks(
          address(at, 0),
          number(at, 1),
          address(at, 2),
          number(at, 3),
          number(at, 4),
          number(at, 5),
        );
        at += 28;
        break;
      case Do.Fill:
        fill(address(at, 0), float(at, 1), number(at, 2));
        at += 16;
        break;
      case Do.Arrange:
        arrange(address(at, 0), address(at, 2), address(at, 3), number(at, 4), float(at, 5));
        at += 28;
        break;
      case Do.Lookup:
        troubles |= lookup(
          address(at, 0),
          address(at, 1),
          address(at, 2),
          number(at, 3),
          number(at, 4),
          number(at, 5),
          number(at, 6),
        );
        at += 32;
        break;
      case Do.Sum:
      case Do.Max:
      case Do.Argmax:
        reduce(
          load<i32>(at) - Do.Sum,
          address(at, 0),
          address(at, 1),
          number(at, 2),
          number(at, 3),
          number(at, 4),
        );
        at += 24;
        break;
      case Do.Cumulate:
        cumulate(
          address(at, 0),
          address(at, 1),
          number(at, 2),
          number(at, 3),
          number(at, 4),
          number(at, 5),
        );
        at += 28;
        break;
      case Do.Multiply:
        multiply(
          address(at, 0),
          address(at, 1),
          address(at, 2),
          number(at, 3),
          number(at, 4),
          number(at, 5),
        );
        at += 28;
        break;
      case Do.Dense:
        denseRows(at);
        at += 32;
        break;
      case Do.Collect:
        collectInto(at);
        at += 28;
        break;
      case Do.Delta:
        deltaOf(at);
        at += 24;
        break;
      case Do.Rebuild:
        rebuild(
          address(at, 0),
          address(at, 1),
          address(at, 2),
          number(at, 3),
          number(at, 4),
          number(at, 5),
          number(at, 6),
        );
        at += 32;
        break;
      case Do.Quantize:
        widen(address(at, 0), number(at, 2), address(at, 3), number(at, 4));
        quantizeEven(address(at, 0), address(at, 1), number(at, 2), address(at, 3), number(at, 4));
        at += 24;
        break;
      case Do.DenseInt8:
        memory.fill(address(at, 2), 0, <usize>number(at, 3) << 2);
        denseInt8(
          address(at, 0),
          address(at, 1),
          address(at, 2),
          number(at, 3),
          (number(at, 4) + 1) & ~1,
        );
        at += 24;
        break;
      case Do.CollectInt8:
        collectInt8Into(at);
        at += 40;
        break;
      case Do.DeltaInt8:
        deltaInt8Of(at);
        at += 24;
        break;
      case Do.Dequantize:
        begin(address(at, 3), address(at, 4), number(at, 5));
        dequantize(
          address(at, 0),
          address(at, 1),
          load<f32>(address(at, 2)),
          address(at, 4),
          number(at, 5),
        );
        at += 28;
        break;
      case Do.Flush:
        flush(address(at, 0), number(at, 1));
        at += 12;
        break;
      case Do.Gate:
        gate(number(at, 4), address(at, 0), address(at, 1), address(at, 2), number(at, 3));
        at += 24;
        break;
      case Do.GateAdd:
        gateAdd(
          number(at, 5),
          address(at, 0),
          address(at, 1),
          address(at, 2),
          address(at, 3),
          number(at, 4),
        );
        at += 28;
        break;
      default:
        return 2;
    }
  }
  return troubles;
}

function not(x: usize, y: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 4) {
    store<f32>(y, load<f32>(x) == 0 ? 1 : 0);
    y += 4;
  }
}

/** A sum begins with other numbers, or goes on with its own. */
@inline
function begin(from: usize, y: usize, rows: i32): void {
  if (from != y) memory.copy(y, from, <usize>rows << 2);
}

function denseRows(at: usize): void {
  const w = address(at, 0);
  let x = address(at, 1);
  const from = address(at, 2);
  let y = address(at, 3);
  const rows = number(at, 4);
  const columns = number(at, 5);
  const kept = from == y;
  for (let count = number(at, 6); count > 0; count--) {
    if (!kept) memory.copy(y, from, <usize>rows << 2);
    dense(w, x, y, rows, columns);
    x += <usize>columns << 2;
    y += <usize>rows << 2;
  }
}

/** A list: how many, whether to begin anew, then (from byte 16) the indices, then the differences. */
@inline
function valuesOf(list: usize, columns: i32): usize {
  return list + 16 + (<usize>((columns + 3) & ~3) << 2);
}

@inline
function count(counter: usize, more: i32): void {
  store<u64>(counter, load<u64>(counter) + <u64>more);
}

function collectInto(at: usize): void {
  const n = number(at, 2);
  const list = address(at, 4);
  const changed = collect(
    address(at, 0),
    address(at, 1),
    n,
    float(at, 3),
    list + 16,
    valuesOf(list, n),
  );
  store<i32>(list, changed);
  count(address(at, 5), changed);
}

function deltaOf(at: usize): void {
  const list = address(at, 1);
  const changed = load<i32>(list);
  if (changed == 0) return;
  delta(address(at, 0), list + 16, valuesOf(list, number(at, 4)), changed, address(at, 2), number(at, 3));
}

/** Doubles a step until all of x lies within `limit` steps. Gives how often. */
function widen(x: usize, n: i32, step: usize, limit: i32): i32 {
  const bound = largest(x, n);
  let size = load<f32>(step);
  let times = 0;
  while (bound > size * <f32>limit && times < 300) {
    size *= 2;
    times++;
  }
  store<f32>(step, size);
  return times;
}

/** Activations go in pairs: where the last has no partner, that is 0. */
function quantizeEven(x: usize, q: usize, n: i32, step: usize, limit: i32): void {
  quantize(x, q, n, 1 / load<f32>(step), limit);
  if (n & 1) store<i16>(q + (<usize>n << 1), 0);
}

function collectInt8Into(at: usize): void {
  const x = address(at, 0);
  const q = address(at, 1);
  const held = address(at, 2);
  const n = number(at, 3);
  const step = address(at, 5);
  const limit = number(at, 6);
  const list = address(at, 7);
  const times = widen(x, n, step, limit);
  quantizeEven(x, q, n, step, limit);
  if (times > 0) shrink(held, n, times);
  const threshold = f32.ceil(float(at, 4) / load<f32>(step));
  const least = threshold < 65536 ? <i32>threshold : 65536;
  const indices = list + 16;
  const values = valuesOf(list, n);
  let changed = collectInt8(q, held, n, least, indices, values);
  count(address(at, 8), changed);
  if (times > 0) changed = listAll(held, n, indices, values);
  store<i32>(list, changed);
  store<i32>(list + 4, times);
}

/** What is held, in steps that have doubled so often. */
function shrink(held: usize, n: i32, times: i32): void {
  const factor = <f32>(1.0 / <f64>(<u64>1 << <u64>min(times, 60)));
  for (const end = held + (<usize>n << 1); held < end; held += 2) {
    store<i16>(held, <i16>nearest<f32>(<f32>load<i16>(held) * factor));
  }
}

function listAll(held: usize, n: i32, indices: usize, values: usize): i32 {
  let found = 0;
  for (let i = 0; i < n; i++) {
    const value = load<i16>(held + (<usize>i << 1));
    if (value == 0) continue;
    store<i32>(indices + (<usize>found << 2), i);
    store<i16>(values + (<usize>found << 1), value);
    found++;
  }
  return found;
}

function deltaInt8Of(at: usize): void {
  const list = address(at, 1);
  const sums = address(at, 2);
  const rows = number(at, 3);
  const changed = load<i32>(list);
  if (load<i32>(list + 4) != 0) memory.fill(sums, 0, <usize>rows << 2);
  if (changed == 0) return;
  deltaInt8(address(at, 0), list + 16, valuesOf(list, number(at, 4)), changed, sums, rows);
}

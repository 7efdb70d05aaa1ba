/** What gates do, in one pass: y = σ(a) · tanh(b) and its like, added to something else or not. */
import { sigmoid4, tanh4 } from "./functions";
import { loadRest, storeRest } from "./rest";

/** What is multiplied: a · b, σ(a) · b, tanh(a) · b, σ(a) · tanh(b). */
const enum Gate {
  Plain,
  Sigmoid,
  Tanh,
  SigmoidTanh,
}

// @ts-ignore: decorator
@inline
function apply(gate: i32, a: v128, b: v128): v128 {
  if (gate == Gate.Plain) return f32x4.mul(a, b);
  if (gate == Gate.Sigmoid) return f32x4.mul(sigmoid4(a), b);
  if (gate == Gate.Tanh) return f32x4.mul(tanh4(a), b);
  return f32x4.mul(sigmoid4(a), tanh4(b));
}

// @ts-ignore: decorator
@inline
function each(gate: i32, a: usize, b: usize, y: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(y, apply(gate, v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    y += 16;
  }
  if (n > 0) storeRest(y, apply(gate, loadRest(a, n), loadRest(b, n)), n);
}

// @ts-ignore: decorator
@inline
function eachAdded(gate: i32, a: usize, b: usize, from: usize, y: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(y, f32x4.add(v128.load(from), apply(gate, v128.load(a), v128.load(b))));
    a += 16;
    b += 16;
    from += 16;
    y += 16;
  }
  if (n > 0) storeRest(y, f32x4.add(loadRest(from, n), apply(gate, loadRest(a, n), loadRest(b, n))), n);
}

/** y = f(a) · g(b), number by number; y may be an operand. */
export function gate(kind: i32, a: usize, b: usize, y: usize, n: i32): void {
  if (kind == Gate.Plain) each(Gate.Plain, a, b, y, n);
  else if (kind == Gate.Sigmoid) each(Gate.Sigmoid, a, b, y, n);
  else if (kind == Gate.Tanh) each(Gate.Tanh, a, b, y, n);
  else each(Gate.SigmoidTanh, a, b, y, n);
}

/** y = from + f(a) · g(b), number by number; y may be an operand. */
export function gateAdd(kind: i32, a: usize, b: usize, from: usize, y: usize, n: i32): void {
  if (kind == Gate.Plain) eachAdded(Gate.Plain, a, b, from, y, n);
  else if (kind == Gate.Sigmoid) eachAdded(Gate.Sigmoid, a, b, from, y, n);
  else if (kind == Gate.Tanh) eachAdded(Gate.Tanh, a, b, from, y, n);
  else eachAdded(Gate.SigmoidTanh, a, b, from, y, n);
}

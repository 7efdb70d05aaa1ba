/** y = f(x), number by number; y may be x. */
import { exp4, sigmoid4, tanh4 } from "./functions";
import { loadRest, storeRest } from "./rest";

const enum Map {
  Tanh,
  Sigmoid,
  Exp,
  Relu,
  Neg,
  Abs,
  Sqrt,
  Trunc,
  Floor,
}

@inline
function apply(map: i32, x: v128): v128 {
  if (map == Map.Tanh) return tanh4(x);
  if (map == Map.Sigmoid) return sigmoid4(x);
  if (map == Map.Exp) return exp4(x);
  if (map == Map.Relu) return f32x4.max(x, f32x4.splat(0));
  if (map == Map.Neg) return f32x4.neg(x);
  if (map == Map.Abs) return f32x4.abs(x);
  if (map == Map.Sqrt) return f32x4.sqrt(x);
  if (map == Map.Trunc) return f32x4.trunc(x);
  return f32x4.floor(x);
}

@inline
function each(map: i32, x: usize, y: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(y, apply(map, v128.load(x)));
    x += 16;
    y += 16;
  }
  if (n > 0) storeRest(y, apply(map, loadRest(x, n)), n);
}

/** Within 1e-7 of the true value everywhere. */
export function tanh(x: usize, y: usize, n: i32): void {
  each(Map.Tanh, x, y, n);
}

/** Within 1e-7 of the true value everywhere. */
export function sigmoid(x: usize, y: usize, n: i32): void {
  each(Map.Sigmoid, x, y, n);
}

/** Relative error 2e-7; 0 where the value is below 2⁻¹²⁶. */
export function exp(x: usize, y: usize, n: i32): void {
  each(Map.Exp, x, y, n);
}

export function relu(x: usize, y: usize, n: i32): void {
  each(Map.Relu, x, y, n);
}

export function neg(x: usize, y: usize, n: i32): void {
  each(Map.Neg, x, y, n);
}

export function abs(x: usize, y: usize, n: i32): void {
  each(Map.Abs, x, y, n);
}

export function sqrt(x: usize, y: usize, n: i32): void {
  each(Map.Sqrt, x, y, n);
}

/** Toward zero, as a cast to an integer rounds. */
export function trunc(x: usize, y: usize, n: i32): void {
  each(Map.Trunc, x, y, n);
}

export function floor(x: usize, y: usize, n: i32): void {
  each(Map.Floor, x, y, n);
}

export function log(x: usize, y: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 4) {
    store<f32>(y, Mathf.log(load<f32>(x)));
    y += 4;
  }
}

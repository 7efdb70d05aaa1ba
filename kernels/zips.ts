/**
 * y = f(a, b), number by number; y may be a or b. Comparisons give 1 or 0.
 *
 * `single` tells which operands are one number for all: bit 0 for a, bit 1 for b.
 */
import { loadRest, storeRest } from "./rest";

const enum Zip {
  Add,
  Sub,
  Mul,
  Div,
  Maximum,
  Minimum,
  Less,
  Equal,
}

@inline
function apply(zip: i32, a: v128, b: v128): v128 {
  if (zip == Zip.Add) return f32x4.add(a, b);
  if (zip == Zip.Sub) return f32x4.sub(a, b);
  if (zip == Zip.Mul) return f32x4.mul(a, b);
  if (zip == Zip.Div) return f32x4.div(a, b);
  if (zip == Zip.Maximum) return f32x4.max(a, b);
  if (zip == Zip.Minimum) return f32x4.min(a, b);
  if (zip == Zip.Less) return v128.and(f32x4.lt(a, b), f32x4.splat(1));
  return v128.and(f32x4.eq(a, b), f32x4.splat(1));
}

@inline
function each(zip: i32, a: usize, b: usize, y: usize, n: i32, single: i32): void {
  if (single & 1) {
    const first = v128.load32_splat(a);
    for (; n >= 4; n -= 4) {
      v128.store(y, apply(zip, first, v128.load(b)));
      b += 16;
      y += 16;
    }
    if (n > 0) storeRest(y, apply(zip, first, loadRest(b, n)), n);
  } else if (single & 2) {
    const second = v128.load32_splat(b);
    for (; n >= 4; n -= 4) {
      v128.store(y, apply(zip, v128.load(a), second));
      a += 16;
      y += 16;
    }
    if (n > 0) storeRest(y, apply(zip, loadRest(a, n), second), n);
  } else {
    for (; n >= 4; n -= 4) {
      v128.store(y, apply(zip, v128.load(a), v128.load(b)));
      a += 16;
      b += 16;
      y += 16;
    }
    if (n > 0) storeRest(y, apply(zip, loadRest(a, n), loadRest(b, n)), n);
  }
}

export function add(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Add, a, b, y, n, single);
}

export function sub(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Sub, a, b, y, n, single);
}

export function mul(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Mul, a, b, y, n, single);
}

export function div(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Div, a, b, y, n, single);
}

export function maximum(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Maximum, a, b, y, n, single);
}

export function minimum(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Minimum, a, b, y, n, single);
}

export function less(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Less, a, b, y, n, single);
}

export function equal(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  each(Zip.Equal, a, b, y, n, single);
}

export function pow(a: usize, b: usize, y: usize, n: i32, single: i32): void {
  const stepOfA: usize = single & 1 ? 0 : 4;
  const stepOfB: usize = single & 2 ? 0 : 4;
  for (; n > 0; n--) {
    store<f32>(y, Mathf.pow(load<f32>(a), load<f32>(b)));
    a += stepOfA;
    b += stepOfB;
    y += 4;
  }
}

/** y = a where the condition isn't 0, else b. */
export function where(condition: usize, a: usize, b: usize, y: usize, n: i32, single: i32): void {
  const stepOfA: usize = single & 1 ? 0 : 4;
  const stepOfB: usize = single & 2 ? 0 : 4;
  for (; n > 0; n--) {
    store<f32>(y, load<f32>(condition) != 0 ? load<f32>(a) : load<f32>(b));
    condition += 4;
    a += stepOfA;
    b += stepOfB;
    y += 4;
  }
}

/** Numbers put elsewhere. */
import { loadRest, storeRest } from "./rest";

/** y = x; they may overlap. */
export function copy(x: usize, y: usize, n: i32): void {
  memory.copy(y, x, <usize>n << 2);
}

/** y = value, everywhere. */
export function fill(y: usize, value: f32, n: i32): void {
  const four = f32x4.splat(value);
  for (; n >= 4; n -= 4) {
    v128.store(y, four);
    y += 16;
  }
  if (n > 0) storeRest(y, four, n);
}

/** y[i] = x[table[i]], the table in int32. */
export function gather(x: usize, table: usize, y: usize, n: i32): void {
  for (const end = y + (<usize>n << 2); y < end; y += 4) {
    store<i32>(y, load<i32>(x + (<usize>load<i32>(table) << 2)));
    table += 4;
  }
}

/** y[table[i]] += x[i], the table in int32. */
export function scatterAdd(x: usize, table: usize, y: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 4) {
    const at = y + (<usize>load<i32>(table) << 2);
    store<f32>(at, load<f32>(at) + load<f32>(x));
    table += 4;
  }
}

@inline
function flushed(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(7.8886090522101181e-31)));
}

/** What is below 2⁻¹⁰⁰ becomes 0: a state that fades would end in denormal numbers, which processors are slow on. */
export function flush(x: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(x, flushed(v128.load(x)));
    x += 16;
  }
  if (n > 0) storeRest(x, flushed(loadRest(x, n)), n);
}

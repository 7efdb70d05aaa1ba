/** Products over the inputs that changed (Neil et al. 2017, "Delta networks"), from weights in columns. */
import { front } from "./packing";

/**
 * Lists what changed: where |x − held| ≥ threshold and x ≠ held, the index (int32) and the difference are listed, and
 * held becomes x. A NaN is never listed.
 *
 * @param indices room for n, rounded up to a multiple of 4; `values` likewise.
 * @returns how many are listed.
 */
export function collect(x: usize, held: usize, n: i32, threshold: f32, indices: usize, values: usize): i32 {
  const least = max<f32>(threshold, f32.MIN_VALUE);
  const bound = f32x4.splat(least);
  let places = i32x4(0, 1, 2, 3);
  let count: usize = 0;
  for (; n >= 4; n -= 4) {
    const now = v128.load(x);
    const before = v128.load(held);
    const difference = f32x4.sub(now, before);
    const changed = f32x4.ge(f32x4.abs(difference), bound);
    const mask = i32x4.bitmask(changed);
    if (mask != 0) {
      v128.store(held, v128.bitselect(now, before, changed));
      const order = front(mask);
      v128.store(indices + count, i8x16.swizzle(places, order));
      v128.store(values + count, i8x16.swizzle(difference, order));
      count += <usize>popcnt(mask) << 2;
    }
    places = i32x4.add(places, i32x4.splat(4));
    x += 16;
    held += 16;
  }
  for (let i = i32x4.extract_lane(places, 0); n > 0; n--) {
    const difference = load<f32>(x) - load<f32>(held);
    if (f32.abs(difference) >= least) {
      store<f32>(held, load<f32>(x));
      store<i32>(indices + count, i);
      store<f32>(values + count, difference);
      count += 4;
    }
    i++;
    x += 4;
    held += 4;
  }
  return <i32>(count >> 2);
}

/** Matrices of so many rows lie in no cache: from memory, eight columns at once come faster than four, else slower. */
const tall = 4096;

/** y += Σ W[:, indices[i]] · values[i], from weights [column][rows]. `rows` is a multiple of 16. */
export function delta(w: usize, indices: usize, values: usize, count: i32, y: usize, rows: i32): void {
  for (; rows >= tall && count >= 8; count -= 8) {
    eightColumns(w, indices, values, y, rows);
    indices += 32;
    values += 32;
  }
  for (; count >= 4; count -= 4) {
    fourColumns(w, indices, values, y, rows);
    indices += 16;
    values += 16;
  }
  for (; count > 0; count--) {
    oneColumn(columnAt(w, indices, rows), v128.load32_splat(values), y, rows);
    indices += 4;
    values += 4;
  }
}

@inline
function columnAt(w: usize, index: usize, rows: i32): usize {
  return w + <usize>load<i32>(index) * (<usize>rows << 2);
}

@inline
function next(sum: v128, x: v128, w: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, w));
}

function fourColumns(w: usize, indices: usize, values: usize, y: usize, rows: i32): void {
  let a = columnAt(w, indices, rows);
  let b = columnAt(w, indices + 4, rows);
  let c = columnAt(w, indices + 8, rows);
  let d = columnAt(w, indices + 12, rows);
  const s = v128.load32_splat(values);
  const t = v128.load32_splat(values, 4);
  const u = v128.load32_splat(values, 8);
  const v = v128.load32_splat(values, 12);
  const end = y + (<usize>rows << 2);
  do {
    let sum = v128.load(y);
    sum = next(sum, s, v128.load(a));
    sum = next(sum, t, v128.load(b));
    sum = next(sum, u, v128.load(c));
    sum = next(sum, v, v128.load(d));
    v128.store(y, sum);
    sum = v128.load(y, 16);
    sum = next(sum, s, v128.load(a, 16));
    sum = next(sum, t, v128.load(b, 16));
    sum = next(sum, u, v128.load(c, 16));
    sum = next(sum, v, v128.load(d, 16));
    v128.store(y, sum, 16);
    sum = v128.load(y, 32);
    sum = next(sum, s, v128.load(a, 32));
    sum = next(sum, t, v128.load(b, 32));
    sum = next(sum, u, v128.load(c, 32));
    sum = next(sum, v, v128.load(d, 32));
    v128.store(y, sum, 32);
    sum = v128.load(y, 48);
    sum = next(sum, s, v128.load(a, 48));
    sum = next(sum, t, v128.load(b, 48));
    sum = next(sum, u, v128.load(c, 48));
    sum = next(sum, v, v128.load(d, 48));
    v128.store(y, sum, 48);
    a += 64;
    b += 64;
    c += 64;
    d += 64;
    y += 64;
  } while (y < end);
}

function eightColumns(w: usize, indices: usize, values: usize, y: usize, rows: i32): void {
  let a = columnAt(w, indices, rows);
  let b = columnAt(w, indices + 4, rows);
  let c = columnAt(w, indices + 8, rows);
  let d = columnAt(w, indices + 12, rows);
  let e = columnAt(w, indices + 16, rows);
  let f = columnAt(w, indices + 20, rows);
  let g = columnAt(w, indices + 24, rows);
  let h = columnAt(w, indices + 28, rows);
  const s = v128.load32_splat(values);
  const t = v128.load32_splat(values, 4);
  const u = v128.load32_splat(values, 8);
  const v = v128.load32_splat(values, 12);
  const p = v128.load32_splat(values, 16);
  const q = v128.load32_splat(values, 20);
  const x = v128.load32_splat(values, 24);
  const z = v128.load32_splat(values, 28);
  const end = y + (<usize>rows << 2);
  do {
    let sum = v128.load(y);
    sum = next(sum, s, v128.load(a));
    sum = next(sum, t, v128.load(b));
    sum = next(sum, u, v128.load(c));
    sum = next(sum, v, v128.load(d));
    sum = next(sum, p, v128.load(e));
    sum = next(sum, q, v128.load(f));
    sum = next(sum, x, v128.load(g));
    sum = next(sum, z, v128.load(h));
    v128.store(y, sum);
    sum = v128.load(y, 16);
    sum = next(sum, s, v128.load(a, 16));
    sum = next(sum, t, v128.load(b, 16));
    sum = next(sum, u, v128.load(c, 16));
    sum = next(sum, v, v128.load(d, 16));
    sum = next(sum, p, v128.load(e, 16));
    sum = next(sum, q, v128.load(f, 16));
    sum = next(sum, x, v128.load(g, 16));
    sum = next(sum, z, v128.load(h, 16));
    v128.store(y, sum, 16);
    sum = v128.load(y, 32);
    sum = next(sum, s, v128.load(a, 32));
    sum = next(sum, t, v128.load(b, 32));
    sum = next(sum, u, v128.load(c, 32));
    sum = next(sum, v, v128.load(d, 32));
    sum = next(sum, p, v128.load(e, 32));
    sum = next(sum, q, v128.load(f, 32));
    sum = next(sum, x, v128.load(g, 32));
    sum = next(sum, z, v128.load(h, 32));
    v128.store(y, sum, 32);
    sum = v128.load(y, 48);
    sum = next(sum, s, v128.load(a, 48));
    sum = next(sum, t, v128.load(b, 48));
    sum = next(sum, u, v128.load(c, 48));
    sum = next(sum, v, v128.load(d, 48));
    sum = next(sum, p, v128.load(e, 48));
    sum = next(sum, q, v128.load(f, 48));
    sum = next(sum, x, v128.load(g, 48));
    sum = next(sum, z, v128.load(h, 48));
    v128.store(y, sum, 48);
    a += 64;
    b += 64;
    c += 64;
    d += 64;
    e += 64;
    f += 64;
    g += 64;
    h += 64;
    y += 64;
  } while (y < end);
}

function oneColumn(w: usize, value: v128, y: usize, rows: i32): void {
  for (const end = y + (<usize>rows << 2); y < end; y += 64) {
    v128.store(y, next(v128.load(y), value, v128.load(w)));
    v128.store(y, next(v128.load(y, 16), value, v128.load(w, 16)), 16);
    v128.store(y, next(v128.load(y, 32), value, v128.load(w, 32)), 32);
    v128.store(y, next(v128.load(y, 48), value, v128.load(w, 48)), 48);
    w += 64;
  }
}

/**
 * y[from … to) += W[from … to, :] · held, from weights [column][rows]: what the sums of `delta` are without the
 * rounding errors of many steps. `rows`, `from` and `to` are multiples of 16.
 */
export function rebuild(w: usize, held: usize, y: usize, rows: i32, columns: i32, from: i32, to: i32): void {
  const size = <usize>rows << 2;
  for (let row = <usize>from << 2; row < <usize>to << 2; row += 64) {
    let a0 = v128.load(y + row);
    let a1 = v128.load(y + row, 16);
    let a2 = v128.load(y + row, 32);
    let a3 = v128.load(y + row, 48);
    let column = w + row;
    for (let j = 0; j < columns; j++) {
      const s = v128.load32_splat(held + (<usize>j << 2));
      a0 = f32x4.add(a0, f32x4.mul(s, v128.load(column)));
      a1 = f32x4.add(a1, f32x4.mul(s, v128.load(column, 16)));
      a2 = f32x4.add(a2, f32x4.mul(s, v128.load(column, 32)));
      a3 = f32x4.add(a3, f32x4.mul(s, v128.load(column, 48)));
      column += size;
    }
    v128.store(y + row, a0);
    v128.store(y + row, a1, 16);
    v128.store(y + row, a2, 32);
    v128.store(y + row, a3, 48);
  }
}

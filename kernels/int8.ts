/**
 * Products of int8 weights, one scale a row, with int16 activations, summed in int32 without any rounding.
 *
 * Sums are exact while 127 × limit × columns < 2³¹: up to 2,064 columns at a limit of 8191 (13 bits and a sign), which is
 * also the largest at which a difference of two activations fits in 16 bits.
 */
import { front } from "./packing";

/** q (int16) = x · inverseStep, rounded to the nearest and held within ±limit; NaN becomes 0. */
export function quantize(x: usize, q: usize, n: i32, inverseStep: f32, limit: i32): void {
  const factor = f32x4.splat(inverseStep);
  const highest = f32x4.splat(<f32>limit);
  const lowest = f32x4.neg(highest);
  for (; n >= 8; n -= 8) {
    const a = quantized(v128.load(x), factor, lowest, highest);
    const b = quantized(v128.load(x, 16), factor, lowest, highest);
    v128.store(q, i16x8.narrow_i32x4_s(a, b));
    x += 32;
    q += 16;
  }
  for (; n > 0; n--) {
    const one = quantized(v128.load32_zero(x), factor, lowest, highest);
    store<i16>(q, <i16>i32x4.extract_lane(one, 0));
    x += 4;
    q += 2;
  }
}

@inline
function quantized(x: v128, factor: v128, lowest: v128, highest: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(f32x4.mul(x, factor), highest), lowest);
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(bounded));
}

/**
 * y (int32) += W q, from weights in panels of 16 rows and pairs of columns: [panel][pair][16 rows][2]. `rows` is a
 * multiple of 16; `columns` is even, where there is no last one its activation is 0.
 */
export function denseInt8(w: usize, q: usize, y: usize, rows: i32, columns: i32): void {
  const panels = rows >> 4;
  const pairs = columns >> 1;
  const size = <usize>pairs << 5;
  const half = <usize>(panels >> 1);
  for (let panel: usize = 0; panel < half; panel++) {
    twoPanels(w + panel * size, w + (panel + half) * size, q, y + (panel << 6), y + ((panel + half) << 6), pairs);
  }
  if (panels & 1) onePanel(w + (half << 1) * size, q, y + (half << 7), pairs);
}

@inline
function next(sum: v128, q: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(q, w));
}

/** As in `dense`, the last sum comes first. */
function twoPanels(w: usize, v: usize, q: usize, y: usize, z: usize, pairs: i32): void {
  let a = v128.load(y);
  let b = v128.load(y, 16);
  let c = v128.load(y, 32);
  let d = v128.load(y, 48);
  let e = v128.load(z);
  let f = v128.load(z, 16);
  let g = v128.load(z, 32);
  let h = v128.load(z, 48);
  for (; pairs >= 2; pairs -= 2) {
    const s = v128.load32_splat(q);
    const t = v128.load32_splat(q, 4);
    h = next(next(h, s, v128.load8x8_s(v, 24)), t, v128.load8x8_s(v, 56));
    g = next(next(g, s, v128.load8x8_s(v, 16)), t, v128.load8x8_s(v, 48));
    f = next(next(f, s, v128.load8x8_s(v, 8)), t, v128.load8x8_s(v, 40));
    e = next(next(e, s, v128.load8x8_s(v)), t, v128.load8x8_s(v, 32));
    d = next(next(d, s, v128.load8x8_s(w, 24)), t, v128.load8x8_s(w, 56));
    c = next(next(c, s, v128.load8x8_s(w, 16)), t, v128.load8x8_s(w, 48));
    b = next(next(b, s, v128.load8x8_s(w, 8)), t, v128.load8x8_s(w, 40));
    a = next(next(a, s, v128.load8x8_s(w)), t, v128.load8x8_s(w, 32));
    w += 64;
    v += 64;
    q += 8;
  }
  if (pairs > 0) {
    const s = v128.load32_splat(q);
    h = next(h, s, v128.load8x8_s(v, 24));
    g = next(g, s, v128.load8x8_s(v, 16));
    f = next(f, s, v128.load8x8_s(v, 8));
    e = next(e, s, v128.load8x8_s(v));
    d = next(d, s, v128.load8x8_s(w, 24));
    c = next(c, s, v128.load8x8_s(w, 16));
    b = next(b, s, v128.load8x8_s(w, 8));
    a = next(a, s, v128.load8x8_s(w));
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
  v128.store(z, e);
  v128.store(z, f, 16);
  v128.store(z, g, 32);
  v128.store(z, h, 48);
}

function onePanel(w: usize, q: usize, y: usize, pairs: i32): void {
  let a = v128.load(y);
  let b = v128.load(y, 16);
  let c = v128.load(y, 32);
  let d = v128.load(y, 48);
  for (; pairs > 0; pairs--) {
    const s = v128.load32_splat(q);
    a = next(a, s, v128.load8x8_s(w));
    b = next(b, s, v128.load8x8_s(w, 8));
    c = next(c, s, v128.load8x8_s(w, 16));
    d = next(d, s, v128.load8x8_s(w, 24));
    w += 32;
    q += 4;
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
}

/**
 * Lists what changed, as `collect` does, for activations in int16: indices in int32, values in int16.
 *
 * @param threshold in steps of the activations; 0 lists all that changed.
 */
export function collectInt8(q: usize, held: usize, n: i32, threshold: i32, indices: usize, values: usize): i32 {
  const least = max<i32>(threshold, 1);
  const bound = i32x4.splat(least);
  let places = i32x4(0, 1, 2, 3);
  let count: usize = 0;
  for (; n >= 4; n -= 4) {
    const now = v128.load16x4_s(q);
    const before = v128.load16x4_s(held);
    const difference = i32x4.sub(now, before);
    const changed = i32x4.ge_s(i32x4.abs(difference), bound);
    const mask = i32x4.bitmask(changed);
    if (mask != 0) {
      const next = v128.bitselect(now, before, changed);
      v128.store64_lane(held, i16x8.narrow_i32x4_s(next, next), 0);
      const order = front(mask);
      const listed = i8x16.swizzle(difference, order);
      v128.store(indices + (count << 1), i8x16.swizzle(places, order));
      v128.store64_lane(values + count, i16x8.narrow_i32x4_s(listed, listed), 0);
      count += <usize>popcnt(mask) << 1;
    }
    places = i32x4.add(places, i32x4.splat(4));
    q += 8;
    held += 8;
  }
  for (let i = i32x4.extract_lane(places, 0); n > 0; n--) {
    const difference = <i32>load<i16>(q) - <i32>load<i16>(held);
    if (abs<i32>(difference) >= least) {
      store<i16>(held, load<i16>(q));
      store<i32>(indices + (count << 1), i);
      store<i16>(values + count, <i16>difference);
      count += 2;
    }
    i++;
    q += 2;
    held += 2;
  }
  return <i32>(count >> 1);
}

/** y (int32) += Σ W[:, indices[i]] · values[i], from int8 weights [column][rows]. `rows` is a multiple of 16. */
export function deltaInt8(w: usize, indices: usize, values: usize, count: i32, y: usize, rows: i32): void {
  for (; count >= 4; count -= 4) {
    fourColumns(w, indices, values, y, rows);
    indices += 16;
    values += 8;
  }
  for (; count > 0; count--) {
    oneColumn(columnAt(w, indices, rows), i16x8.splat(load<i16>(values)), y, rows);
    indices += 4;
    values += 2;
  }
}

@inline
function columnAt(w: usize, index: usize, rows: i32): usize {
  return w + <usize>load<i32>(index) * <usize>rows;
}

/** Weights of two columns side by side, for rows 0 to 3 of 8. */
@inline
function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The same for rows 4 to 7. */
@inline
function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

function fourColumns(w: usize, indices: usize, values: usize, y: usize, rows: i32): void {
  let a = columnAt(w, indices, rows);
  let b = columnAt(w, indices + 4, rows);
  let c = columnAt(w, indices + 8, rows);
  let d = columnAt(w, indices + 12, rows);
  const s = v128.load32_splat(values);
  const t = v128.load32_splat(values, 4);
  const end = y + (<usize>rows << 2);
  do {
    let first = v128.load8x8_s(a);
    let second = v128.load8x8_s(b);
    let third = v128.load8x8_s(c);
    let fourth = v128.load8x8_s(d);
    v128.store(y, next(next(v128.load(y), s, lowPairs(first, second)), t, lowPairs(third, fourth)));
    v128.store(y, next(next(v128.load(y, 16), s, highPairs(first, second)), t, highPairs(third, fourth)), 16);
    first = v128.load8x8_s(a, 8);
    second = v128.load8x8_s(b, 8);
    third = v128.load8x8_s(c, 8);
    fourth = v128.load8x8_s(d, 8);
    v128.store(y, next(next(v128.load(y, 32), s, lowPairs(first, second)), t, lowPairs(third, fourth)), 32);
    v128.store(y, next(next(v128.load(y, 48), s, highPairs(first, second)), t, highPairs(third, fourth)), 48);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    y += 64;
  } while (y < end);
}

function oneColumn(w: usize, value: v128, y: usize, rows: i32): void {
  for (const end = y + (<usize>rows << 2); y < end; y += 32) {
    const weights = v128.load8x8_s(w);
    v128.store(y, i32x4.add(v128.load(y), i32x4.extmul_low_i16x8_s(weights, value)));
    v128.store(y, i32x4.add(v128.load(y, 16), i32x4.extmul_high_i16x8_s(weights, value)), 16);
    w += 8;
  }
}

/** y += sums (int32) · rowScales · step. `rows` is a multiple of 4. */
export function dequantize(sums: usize, rowScales: usize, step: f32, y: usize, rows: i32): void {
  const size = f32x4.splat(step);
  for (const end = y + (<usize>rows << 2); y < end; y += 16) {
    const value = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums)), f32x4.mul(v128.load(rowScales), size));
    v128.store(y, f32x4.add(v128.load(y), value));
    sums += 16;
    rowScales += 16;
  }
}

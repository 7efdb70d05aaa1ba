/**
 * Products of int8 weights, one scale a row, with int16 activations, summed in int32 without any rounding.
 *
 * Weights of two rows stand in one number of 16 bits, 256 upper + (lower + 128), and are multiplied as such: only the upper ones
 * have to be brought out for products of their own, where widening would take an instruction for each half. From
 * Σ (256 upper + lower + 128) q and Σ upper q follows Σ lower q. The first may leave 32 bits on the way, but is right modulo
 * 2³² and so is the last, which stays within.
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
 * y (int32) += W q, from weights in panels of 16 rows and pairs of columns: [panel][pair][8 rows][2 columns][2], the upper of two
 * rows 8 after the lower. `rows` is a multiple of 16; `columns` is even, where there is no last one its activation is 0.
 *
 * As in `dense`, two panels half a matrix apart are read at once, and the last sum comes first.
 */
export function denseInt8(w: usize, q: usize, y: usize, rows: i32, columns: i32): void {
  const panels = rows >> 4;
  const size = <usize>columns << 4;
  const half = <usize>(panels >> 1);
  const end = q + (<usize>columns << 1);
  const offset = offsetOf(q, columns);
  for (let panel: usize = 0; panel < half; panel++) {
    twoPanels(w + panel * size, w + (panel + half) * size, q, end, y + (panel << 6), y + ((panel + half) << 6), offset);
  }
  if (panels & 1) onePanel(w + (half << 1) * size, q, end, y + (half << 7), offset);
}

/** Σ 128 q, in every lane; of an even number of activations. */
function offsetOf(q: usize, n: i32): v128 {
  const ones = i16x8.splat(1);
  let sums = i32x4.splat(0);
  for (; n >= 8; n -= 8) {
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load(q), ones));
    q += 16;
  }
  for (; n > 0; n -= 2) {
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load32_zero(q), ones));
    q += 4;
  }
  sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 1, 0, 3, 2));
  return i32x4.shl(sums, 7);
}

/** Products of the upper rows. */
@inline
function upper(q: v128, w: v128): v128 {
  return i32x4.dot_i16x8_s(q, i16x8.shr_s(w, 8));
}

@inline
function nextUpper(sum: v128, q: v128, w: v128): v128 {
  return i32x4.add(sum, upper(q, w));
}

/** Products of both rows together, as the weights stand. */
@inline
function both(q: v128, w: v128): v128 {
  return i32x4.dot_i16x8_s(q, w);
}

@inline
function nextBoth(sum: v128, q: v128, w: v128): v128 {
  return i32x4.add(sum, both(q, w));
}

/** Sums of both rows together, from those of each. */
@inline
function together(lower: v128, upper: v128, offset: v128): v128 {
  return i32x4.sub(i32x4.add(lower, i32x4.shl(upper, 8)), offset);
}

/** Sums of the lower rows. */
@inline
function apart(both: v128, upper: v128): v128 {
  return i32x4.sub(both, i32x4.shl(upper, 8));
}

function twoPanels(w: usize, v: usize, q: usize, end: usize, y: usize, z: usize, offset: v128): void {
  let c = v128.load(y, 32);
  let d = v128.load(y, 48);
  let g = v128.load(z, 32);
  let h = v128.load(z, 48);
  let a = together(v128.load(y), c, offset);
  let b = together(v128.load(y, 16), d, offset);
  let e = together(v128.load(z), g, offset);
  let f = together(v128.load(z, 16), h, offset);
  for (; q < end; q += 4) {
    const s = v128.load32_splat(q);
    let weights = v128.load(v, 16);
    h = nextUpper(h, s, weights);
    f = nextBoth(f, s, weights);
    weights = v128.load(v);
    g = nextUpper(g, s, weights);
    e = nextBoth(e, s, weights);
    weights = v128.load(w, 16);
    d = nextUpper(d, s, weights);
    b = nextBoth(b, s, weights);
    weights = v128.load(w);
    c = nextUpper(c, s, weights);
    a = nextBoth(a, s, weights);
    w += 32;
    v += 32;
  }
  v128.store(y, apart(a, c));
  v128.store(y, apart(b, d), 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
  v128.store(z, apart(e, g));
  v128.store(z, apart(f, h), 16);
  v128.store(z, g, 32);
  v128.store(z, h, 48);
}

function onePanel(w: usize, q: usize, end: usize, y: usize, offset: v128): void {
  let c = v128.load(y, 32);
  let d = v128.load(y, 48);
  let a = together(v128.load(y), c, offset);
  let b = together(v128.load(y, 16), d, offset);
  for (; q < end; q += 4) {
    const s = v128.load32_splat(q);
    let weights = v128.load(w, 16);
    d = nextUpper(d, s, weights);
    b = nextBoth(b, s, weights);
    weights = v128.load(w);
    c = nextUpper(c, s, weights);
    a = nextBoth(a, s, weights);
    w += 32;
  }
  v128.store(y, apart(a, c));
  v128.store(y, apart(b, d), 16);
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

/**
 * y (int32) += Σ W[:, indices[i]] · values[i], from weights [column][block of 16 rows][8 rows][2], the upper of two rows 8 after the
 * lower. `rows` is a multiple of 16.
 */
export function deltaInt8(w: usize, indices: usize, values: usize, count: i32, y: usize, rows: i32): void {
  for (; count >= 8; count -= 8) {
    eightColumns(w, indices, values, y, rows);
    indices += 32;
    values += 16;
  }
  for (; count > 0; count -= 4) {
    fourColumns(w, indices, values, min(count, 4), y, rows);
    indices += 16;
    values += 8;
  }
}

@inline
function columnAt(w: usize, index: usize, rows: i32): usize {
  return w + <usize>load<i32>(index) * <usize>rows;
}

/** Weights of two columns side by side, for rows 0 to 3 and 8 to 11 of 16. */
@inline
function firstRows(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The same for rows 4 to 7 and 12 to 15. */
@inline
function lastRows(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Adds products to four rows and the four that are 8 after them. */
@inline
function addTo(y: usize, both: v128, upper: v128, offset: v128): void {
  v128.store(y, i32x4.sub(i32x4.add(v128.load(y), both), i32x4.add(i32x4.shl(upper, 8), offset)));
  v128.store(y, i32x4.add(v128.load(y, 32), upper), 32);
}

/** One to four columns: where there are fewer, the first is taken again, times 0. */
function fourColumns(w: usize, indices: usize, values: usize, count: i32, y: usize, rows: i32): void {
  let a = columnAt(w, indices, rows);
  let b = count > 1 ? columnAt(w, indices + 4, rows) : a;
  let c = count > 2 ? columnAt(w, indices + 8, rows) : a;
  let d = count > 3 ? columnAt(w, indices + 12, rows) : a;
  const s = i32x4.splat(count > 1 ? load<i32>(values) : load<u16>(values));
  const t = i32x4.splat(count > 3 ? load<i32>(values, 4) : count > 2 ? load<u16>(values, 4) : 0);
  const ones = i16x8.splat(1);
  const offset = i32x4.shl(i32x4.add(i32x4.dot_i16x8_s(s, ones), i32x4.dot_i16x8_s(t, ones)), 7);
  const end = y + (<usize>rows << 2);
  do {
    const first = v128.load(a);
    const second = v128.load(b);
    const third = v128.load(c);
    const fourth = v128.load(d);
    let v = firstRows(first, second);
    let u = firstRows(third, fourth);
    addTo(y, nextBoth(both(s, v), t, u), nextUpper(upper(s, v), t, u), offset);
    v = lastRows(first, second);
    u = lastRows(third, fourth);
    addTo(y + 16, nextBoth(both(s, v), t, u), nextUpper(upper(s, v), t, u), offset);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
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
  const p = v128.load32_splat(values, 8);
  const q = v128.load32_splat(values, 12);
  const offset = offsetOf(values, 8);
  const end = y + (<usize>rows << 2);
  do {
    let one = v128.load(a);
    let other = v128.load(b);
    let v = firstRows(one, other);
    let u = lastRows(one, other);
    let firstBoth = both(s, v);
    let firstUpper = upper(s, v);
    let lastBoth = both(s, u);
    let lastUpper = upper(s, u);
    one = v128.load(c);
    other = v128.load(d);
    v = firstRows(one, other);
    u = lastRows(one, other);
    firstBoth = nextBoth(firstBoth, t, v);
    firstUpper = nextUpper(firstUpper, t, v);
    lastBoth = nextBoth(lastBoth, t, u);
    lastUpper = nextUpper(lastUpper, t, u);
    one = v128.load(e);
    other = v128.load(f);
    v = firstRows(one, other);
    u = lastRows(one, other);
    firstBoth = nextBoth(firstBoth, p, v);
    firstUpper = nextUpper(firstUpper, p, v);
    lastBoth = nextBoth(lastBoth, p, u);
    lastUpper = nextUpper(lastUpper, p, u);
    one = v128.load(g);
    other = v128.load(h);
    v = firstRows(one, other);
    u = lastRows(one, other);
    addTo(y, nextBoth(firstBoth, q, v), nextUpper(firstUpper, q, v), offset);
    addTo(y + 16, nextBoth(lastBoth, q, u), nextUpper(lastUpper, q, u), offset);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    e += 16;
    f += 16;
    g += 16;
    h += 16;
    y += 64;
  } while (y < end);
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

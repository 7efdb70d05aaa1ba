/**
 * Products of int8 weights, one scale a row, with int16 activations, summed in int32 without any rounding.
 *
 * Sums are exact while 127 × limit × columns < 2³¹: up to 2,064 columns at a limit of 8191 (13 bits and a sign), which is
 * also the largest at which a difference of two activations fits in 16 bits.
 */

/** q (int16) = x · inverseStep, rounded to the nearest and held within ±limit; NaN becomes 0. */
export function quantize(x: usize, q: usize, n: i32, inverseStep: f32, limit: i32): void {
  const bound = <f32>limit;
  for (let i = 0; i < n; i++) {
    const scaled = max<f32>(min<f32>(nearest<f32>(load<f32>(x + (<usize>i << 2)) * inverseStep), bound), -bound);
    store<i16>(q + (<usize>i << 1), scaled == scaled ? <i16>scaled : 0);
  }
}

/**
 * y (int32) += W q, from weights in panels of 16 rows and pairs of columns: [panel][pair][16 rows][2]. `rows` is a
 * multiple of 16; `columns` is even, where there is no last one its activation is 0.
 */
export function denseInt8(w: usize, q: usize, y: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row += 16) {
    let a0 = v128.load(y);
    let a1 = v128.load(y, 16);
    let a2 = v128.load(y, 32);
    let a3 = v128.load(y, 48);
    for (let column = 0; column < columns; column += 2) {
      const s = v128.load32_splat(q + (<usize>column << 1));
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(s, v128.load8x8_s(w)));
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(s, v128.load8x8_s(w, 8)));
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(s, v128.load8x8_s(w, 16)));
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(s, v128.load8x8_s(w, 24)));
      w += 32;
    }
    v128.store(y, a0);
    v128.store(y, a1, 16);
    v128.store(y, a2, 32);
    v128.store(y, a3, 48);
    y += 64;
  }
}

/**
 * Lists what changed, as `collect` does, for activations in int16: indices in int32, values in int16.
 *
 * @param threshold in steps of the activations; 0 lists all that changed.
 */
export function collectInt8(q: usize, held: usize, n: i32, threshold: i32, indices: usize, values: usize): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 1;
    const now = load<i16>(q + at);
    const difference = <i32>now - <i32>load<i16>(held + at);
    if (abs<i32>(difference) < threshold || difference == 0) continue;
    store<i16>(held + at, now);
    store<i32>(indices + (<usize>count << 2), i);
    store<i16>(values + (<usize>count << 1), <i16>difference);
    count++;
  }
  return count;
}

/** y (int32) += Σ W[:, indices[i]] · values[i], from int8 weights [column][rows]. `rows` is a multiple of 16. */
export function deltaInt8(w: usize, indices: usize, values: usize, count: i32, y: usize, rows: i32): void {
  for (let i = 0; i < count; i++) {
    let column = w + <usize>load<i32>(indices + (<usize>i << 2)) * <usize>rows;
    const value = i16x8.splat(load<i16>(values + (<usize>i << 1)));
    for (let row = 0; row < rows; row += 8) {
      const weights = v128.load8x8_s(column + <usize>row);
      const at = y + (<usize>row << 2);
      v128.store(at, i32x4.add(v128.load(at), i32x4.extmul_low_i16x8_s(weights, value)));
      v128.store(at, i32x4.add(v128.load(at, 16), i32x4.extmul_high_i16x8_s(weights, value)), 16);
    }
  }
}

/** y += sums (int32) · rowScales · step. */
export function dequantize(sums: usize, rowScales: usize, step: f32, y: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const scale = load<f32>(rowScales + at) * step;
    store<f32>(y + at, load<f32>(y + at) + <f32>load<i32>(sums + at) * scale);
  }
}

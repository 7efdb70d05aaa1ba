/** Products over the inputs that changed (Neil et al. 2017, "Delta networks"), from weights in columns. */

/**
 * Lists what changed: where |x − held| ≥ threshold and x ≠ held, the index (int32) and the difference are listed, and
 * held becomes x. A NaN is never listed.
 *
 * @param indices room for n, rounded up to a multiple of 4; `values` likewise.
 * @returns how many are listed.
 */
export function collect(x: usize, held: usize, n: i32, threshold: f32, indices: usize, values: usize): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2;
    const now = load<f32>(x + at);
    const difference = now - load<f32>(held + at);
    if (abs<f32>(difference) < threshold || difference == 0 || difference != difference) continue;
    store<f32>(held + at, now);
    store<i32>(indices + (<usize>count << 2), i);
    store<f32>(values + (<usize>count << 2), difference);
    count++;
  }
  return count;
}

/** y += Σ W[:, indices[i]] · values[i], from weights [column][rows]. `rows` is a multiple of 16. */
export function delta(w: usize, indices: usize, values: usize, count: i32, y: usize, rows: i32): void {
  const size = <usize>rows << 2;
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 2;
    const column = w + <usize>load<i32>(indices + at) * size;
    const value = v128.load32_splat(values + at);
    for (let row: usize = 0; row < size; row += 16) {
      const sum = f32x4.add(v128.load(y + row), f32x4.mul(value, v128.load(column + row)));
      v128.store(y + row, sum);
    }
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

/** A matrix times a vector, from weights in panels of 16 rows: [panel][column][16 rows]. */

/** y += W x. `rows` is a multiple of 16. */
export function dense(w: usize, x: usize, y: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row += 16) {
    let a0 = v128.load(y);
    let a1 = v128.load(y, 16);
    let a2 = v128.load(y, 32);
    let a3 = v128.load(y, 48);
    for (let column = 0; column < columns; column++) {
      const s = v128.load32_splat(x + (<usize>column << 2));
      a0 = f32x4.add(a0, f32x4.mul(s, v128.load(w)));
      a1 = f32x4.add(a1, f32x4.mul(s, v128.load(w, 16)));
      a2 = f32x4.add(a2, f32x4.mul(s, v128.load(w, 32)));
      a3 = f32x4.add(a3, f32x4.mul(s, v128.load(w, 48)));
      w += 64;
    }
    v128.store(y, a0);
    v128.store(y, a1, 16);
    v128.store(y, a2, 32);
    v128.store(y, a3, 48);
    y += 64;
  }
}

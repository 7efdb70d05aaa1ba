/** A matrix times a vector, from weights in panels of 16 rows: [panel][column][16 rows]. */

/**
 * y += W x. `rows` is a multiple of 16.
 *
 * Two panels half a matrix apart are read at once, so that the processor fetches two streams ahead.
 *
 * The last sum comes first: V8 11 orders what has no effect by the loop's variables, and loads by their place here. Where
 * both orders are the same, it loads all weights before it uses any, spills, and takes twice as long.
 */
export function dense(w: usize, x: usize, y: usize, rows: i32, columns: i32): void {
  const panels = rows >> 4;
  const size = <usize>columns << 6;
  const half = <usize>(panels >> 1);
  for (let panel: usize = 0; panel < half; panel++) {
    twoPanels(w + panel * size, w + (panel + half) * size, x, y + (panel << 6), y + ((panel + half) << 6), columns);
  }
  if (panels & 1) onePanel(w + (half << 1) * size, x, y + (half << 7), columns);
}

@inline
function next(sum: v128, x: v128, w: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, w));
}

function twoPanels(w: usize, v: usize, x: usize, y: usize, z: usize, columns: i32): void {
  let a = v128.load(y);
  let b = v128.load(y, 16);
  let c = v128.load(y, 32);
  let d = v128.load(y, 48);
  let e = v128.load(z);
  let f = v128.load(z, 16);
  let g = v128.load(z, 32);
  let h = v128.load(z, 48);
  for (; columns >= 2; columns -= 2) {
    const s = v128.load32_splat(x);
    const t = v128.load32_splat(x, 4);
    h = next(next(h, s, v128.load(v, 48)), t, v128.load(v, 112));
    g = next(next(g, s, v128.load(v, 32)), t, v128.load(v, 96));
    f = next(next(f, s, v128.load(v, 16)), t, v128.load(v, 80));
    e = next(next(e, s, v128.load(v)), t, v128.load(v, 64));
    d = next(next(d, s, v128.load(w, 48)), t, v128.load(w, 112));
    c = next(next(c, s, v128.load(w, 32)), t, v128.load(w, 96));
    b = next(next(b, s, v128.load(w, 16)), t, v128.load(w, 80));
    a = next(next(a, s, v128.load(w)), t, v128.load(w, 64));
    w += 128;
    v += 128;
    x += 8;
  }
  if (columns > 0) {
    const s = v128.load32_splat(x);
    h = next(h, s, v128.load(v, 48));
    g = next(g, s, v128.load(v, 32));
    f = next(f, s, v128.load(v, 16));
    e = next(e, s, v128.load(v));
    d = next(d, s, v128.load(w, 48));
    c = next(c, s, v128.load(w, 32));
    b = next(b, s, v128.load(w, 16));
    a = next(a, s, v128.load(w));
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

function onePanel(w: usize, x: usize, y: usize, columns: i32): void {
  let a = v128.load(y);
  let b = v128.load(y, 16);
  let c = v128.load(y, 32);
  let d = v128.load(y, 48);
  for (const end = x + (<usize>columns << 2); x < end; x += 4) {
    const s = v128.load32_splat(x);
    d = next(d, s, v128.load(w, 48));
    c = next(c, s, v128.load(w, 32));
    b = next(b, s, v128.load(w, 16));
    a = next(a, s, v128.load(w));
    w += 64;
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
}

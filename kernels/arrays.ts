/** What steps do to arrays besides products and arithmetic. */
import { copy } from "./moves";
import { argmax, max, sum } from "./reductions";
import { add, maximum } from "./zips";

/** y[i] = x[table[i]], or a value where the table has −1. */
export function arrange(x: usize, table: usize, y: usize, n: i32, value: f32): void {
  for (const end = y + (<usize>n << 2); y < end; y += 4) {
    const index = load<i32>(table);
    store<f32>(y, index < 0 ? value : load<f32>(x + (<usize>index << 2)));
    table += 4;
  }
}

/** `count` runs of n numbers, so many numbers apart in x and in y. */
export function blocks(x: usize, xApart: i32, y: usize, yApart: i32, n: i32, count: i32): void {
  for (; count > 0; count--) {
    copy(x, y, n);
    x += <usize>xApart << 2;
    y += <usize>yApart << 2;
  }
}

/**
 * y[outer, i, inner] = x[outer, indices[i], inner]; the indices are floats. One outside is taken as 0.
 *
 * @returns whether there was one: 1 or 0.
 */
export function lookup(
  x: usize,
  indices: usize,
  y: usize,
  outer: i32,
  along: i32,
  inner: i32,
  n: i32,
): i32 {
  let outside = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      const index = load<f32>(indices + (<usize>i << 2));
      const inside = index >= 0 && index < <f32>along;
      if (!inside) outside = 1;
      const row = o * along + (inside ? <i32>index : 0);
      copy(x + (<usize>(row * inner) << 2), y, inner);
      y += <usize>inner << 2;
    }
  }
  return outside;
}

/** [outer, along, inner] → [outer, inner]: sums (0), maxima (1) or the places of the first maxima (2). */
export function reduce(kind: i32, x: usize, y: usize, outer: i32, along: i32, inner: i32): void {
  const slab = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    if (inner == 1) {
      const found = kind == 0 ? sum(x, along) : kind == 1 ? max(x, along) : <f32>argmax(x, along);
      store<f32>(y, found);
      x += <usize>along << 2;
    } else if (kind == 2) {
      argmaxOfRows(x, y, along, inner);
      x += slab * <usize>along;
    } else {
      copy(x, y, inner);
      x += slab;
      for (let i = 1; i < along; i++) {
        if (kind == 0) add(y, x, y, inner, 0);
        else maximum(y, x, y, inner, 0);
        x += slab;
      }
    }
    y += slab;
  }
}

function argmaxOfRows(x: usize, y: usize, along: i32, inner: i32): void {
  for (let i = 0; i < inner; i++) {
    let at = x + (<usize>i << 2);
    let found = load<f32>(at);
    let place = 0;
    for (let row = 1; row < along; row++) {
      at += <usize>inner << 2;
      const value = load<f32>(at);
      if (value > found) {
        found = value;
        place = row;
      }
    }
    store<f32>(y + (<usize>i << 2), <f32>place);
  }
}

/** Sums so far along the middle of [outer, along, inner]; bit 0 of the mode leaves out the number itself, bit 1 sums from the end. */
export function cumulate(x: usize, y: usize, outer: i32, along: i32, inner: i32, mode: i32): void {
  const slab = inner << 2;
  const reverse = (mode & 2) != 0;
  const stride = reverse ? -slab : slab;
  for (let o = 0; o < outer; o++) {
    const first = o * along * slab + (reverse ? (along - 1) * slab : 0);
    for (let i = 0; i < inner; i++) {
      let at = first + (i << 2);
      let total: f32 = 0;
      for (let step = 0; step < along; step++) {
        const value = load<f32>(x + <usize>at);
        store<f32>(y + <usize>at, mode & 1 ? total : total + value);
        total += value;
        at += stride;
      }
    }
  }
}

/** [m, k] × [k, n] → [m, n], both only known as the program runs, and small. */
export function multiply(a: usize, b: usize, y: usize, m: i32, k: i32, n: i32): void {
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let total: f32 = 0;
      let right = b + (<usize>column << 2);
      for (let i = 0; i < k; i++) {
        total += load<f32>(a + (<usize>i << 2)) * load<f32>(right);
        right += <usize>n << 2;
      }
      store<f32>(y, total);
      y += 4;
    }
    a += <usize>k << 2;
  }
}

/** One number from a vector. */

export function sum(x: usize, n: i32): f32 {
  let four = f32x4.splat(0);
  for (; n >= 4; n -= 4) {
    four = f32x4.add(four, v128.load(x));
    x += 16;
  }
  let total =
    f32x4.extract_lane(four, 0) +
    f32x4.extract_lane(four, 1) +
    (f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3));
  for (; n > 0; n--) {
    total += load<f32>(x);
    x += 4;
  }
  return total;
}

/** −∞ of none; NaN if one is. */
export function max(x: usize, n: i32): f32 {
  let four = f32x4.splat(-f32.POSITIVE_INFINITY);
  for (; n >= 4; n -= 4) {
    four = f32x4.max(four, v128.load(x));
    x += 16;
  }
  let found = largestLane(four);
  for (; n > 0; n--) {
    found = builtinMax(found, load<f32>(x));
    x += 4;
  }
  return found;
}

/**
 * The largest absolute value; 0 of none, NaN if one is. Without their sign, floats are ordered as whole numbers of 32 bits are, NaN
 * last, whose maximum is one instruction where that of floats is many.
 */
export function largest(x: usize, n: i32): f32 {
  const magnitude = i32x4.splat(0x7fffffff);
  let four = i32x4.splat(0);
  for (; n >= 4; n -= 4) {
    four = i32x4.max_s(four, v128.and(v128.load(x), magnitude));
    x += 16;
  }
  for (; n > 0; n--) {
    four = i32x4.max_s(four, v128.and(v128.load32_zero(x), magnitude));
    x += 4;
  }
  return largestLane(four);
}

/** Where the largest is, the first of equals; NaN is never the largest. */
export function argmax(x: usize, n: i32): i32 {
  let found = load<f32>(x);
  let place = 0;
  for (let i = 1; i < n; i++) {
    const value = load<f32>(x + (<usize>i << 2));
    if (value > found || found != found) {
      found = value;
      place = i;
    }
  }
  return place;
}

/** Whether no number is NaN or infinite: 1 or 0. */
export function finite(x: usize, n: i32): i32 {
  const zero = f32x4.splat(0);
  let four = zero;
  for (; n >= 4; n -= 4) {
    four = f32x4.add(four, f32x4.mul(v128.load(x), zero));
    x += 16;
  }
  let sum =
    f32x4.extract_lane(four, 0) +
    f32x4.extract_lane(four, 1) +
    (f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3));
  for (; n > 0; n--) {
    sum += load<f32>(x) * 0;
    x += 4;
  }
  return sum == 0 ? 1 : 0;
}

@inline
function largestLane(four: v128): f32 {
  return builtinMax(
    builtinMax(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    builtinMax(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
}

@inline
function builtinMax(a: f32, b: f32): f32 {
  return f32.max(a, b);
}

/** The functions of four numbers at once. */

/**
 * Constants lie in memory, for V8 13 would build each anew, from integers, wherever it is used.
 *
 * Those of e^x are of Cephes' expf (Moshier).
 */
const constants = memory.data<f32>([
  1.44269504088896341, // 0: 1 / ln 2
  12582912, // 4: 1.5 × 2²³, by which a number below 2²² is rounded, into its lowest bits
  0.693359375, // 8: ln 2, in two parts
  -2.1219444e-4, // 12
  1.9875691500e-4, // 16: e^x
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  0.5,
  1, // 40
  87, // 44
  -0.0, // 48
  2, // 52
  -87, // 56
]);

@inline
function constant(offset: usize): v128 {
  return v128.load32_splat(constants + offset);
}

@inline
function next(sum: v128, x: v128, offset: usize): v128 {
  return f32x4.add(f32x4.mul(sum, x), constant(offset));
}

/** x / ln 2, rounded: a whole number in the lowest bits. */
@inline
function powerOfTwo(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, constant(0)), constant(4));
}

/** e^r − 1, where x = r + n ln 2 and n is the power of two; relative error 1e-7. */
@inline
function rest(x: v128, power: v128): v128 {
  const n = f32x4.sub(power, constant(4));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, constant(8))), f32x4.mul(n, constant(12)));
  let p = next(constant(16), r, 20);
  p = next(p, r, 24);
  p = next(p, r, 28);
  p = next(p, r, 32);
  p = next(p, r, 36);
  return f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
}

/** 2^n */
@inline
function scale(power: v128): v128 {
  return i32x4.add(i32x4.shl(power, 23), constant(40));
}

/** e^x, where −87 ≤ x ≤ 87, or NaN. */
@inline
function boundedExp(x: v128): v128 {
  const power = powerOfTwo(x);
  return f32x4.mul(f32x4.add(rest(x, power), constant(40)), scale(power));
}

/** e^x; 0 where that is below 2⁻¹²⁶. */
@inline
export function exp4(x: v128): v128 {
  const lowest = f32x4.splat(-87.3365);
  const highest = f32x4.splat(88.72283);
  const bounded = f32x4.pmax(f32x4.pmin(x, highest), lowest);
  const power = powerOfTwo(bounded);
  let y = i32x4.add(f32x4.add(rest(bounded, power), constant(40)), i32x4.shl(power, 23));
  y = v128.andnot(y, f32x4.lt(x, lowest));
  y = v128.bitselect(f32x4.splat(f32.POSITIVE_INFINITY), y, f32x4.gt(x, highest));
  return v128.bitselect(y, x, f32x4.eq(x, x));
}

/** 1 / (1 + e^−x), to 1e-7. */
@inline
export function sigmoid4(x: v128): v128 {
  const negative = v128.xor(x, constant(48));
  const bounded = f32x4.pmax(f32x4.pmin(negative, constant(44)), constant(56));
  return f32x4.div(constant(40), f32x4.add(constant(40), boundedExp(bounded)));
}

/** tanh |x| = m / (m + 2) to 1e-7, where m = e^2|x| − 1 is made without a loss of digits where it is small. */
@inline
export function tanh4(x: v128): v128 {
  const size = v128.andnot(x, constant(48));
  const bounded = f32x4.pmin(f32x4.add(size, size), constant(44));
  const power = powerOfTwo(bounded);
  const times = scale(power);
  const m = f32x4.add(f32x4.mul(times, rest(bounded, power)), f32x4.sub(times, constant(40)));
  return v128.or(f32x4.div(m, f32x4.add(m, constant(52))), v128.and(x, constant(48)));
}

/** The functions of four numbers at once. */

/**
 * Constants lie in memory, for V8 13 would build each anew, from integers, wherever it is used.
 *
 * Those of e^x are of Cephes' expf, those of tanh x of its tanhf (Moshier).
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
  -5.70498872745e-3, // 48: tanh x
  2.06390887954e-2,
  -5.37397155531e-2,
  1.33314422036e-1,
  -3.33332819422e-1,
  0.625, // 68
  2, // 72
  -0.0, // 76
  -87, // 80
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

/** e^x divided by that power of two; relative error 1e-7. */
@inline
function exponential(x: v128, power: v128): v128 {
  const n = f32x4.sub(power, constant(4));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, constant(8))), f32x4.mul(n, constant(12)));
  let p = next(constant(16), r, 20);
  p = next(p, r, 24);
  p = next(p, r, 28);
  p = next(p, r, 32);
  p = next(p, r, 36);
  return f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), constant(40));
}

/** e^x, where −87 ≤ x ≤ 87, or NaN. */
@inline
function boundedExp(x: v128): v128 {
  const power = powerOfTwo(x);
  return f32x4.mul(exponential(x, power), i32x4.add(i32x4.shl(power, 23), constant(40)));
}

/** e^x; 0 where that is below 2⁻¹²⁶. */
@inline
export function exp4(x: v128): v128 {
  const lowest = f32x4.splat(-87.3365);
  const highest = f32x4.splat(88.72283);
  const bounded = f32x4.pmax(f32x4.pmin(x, highest), lowest);
  const power = powerOfTwo(bounded);
  let y = i32x4.add(exponential(bounded, power), i32x4.shl(power, 23));
  y = v128.andnot(y, f32x4.lt(x, lowest));
  y = v128.bitselect(f32x4.splat(f32.POSITIVE_INFINITY), y, f32x4.gt(x, highest));
  return v128.bitselect(y, x, f32x4.eq(x, x));
}

/** 1 / (1 + e^−x), to 1e-7. */
@inline
export function sigmoid4(x: v128): v128 {
  const negative = v128.xor(x, constant(76));
  const bounded = f32x4.pmax(f32x4.pmin(negative, constant(44)), constant(80));
  return f32x4.div(constant(40), f32x4.add(constant(40), boundedExp(bounded)));
}

/** tanh x, to 1e-7: by a polynomial where |x| < 0.625, where 1 − 2 / (e^2|x| + 1) would lose digits. */
@inline
export function tanh4(x: v128): v128 {
  const size = v128.andnot(x, constant(76));
  const bounded = f32x4.pmin(f32x4.add(size, size), constant(44));
  const one = constant(40);
  const large = f32x4.sub(one, f32x4.div(constant(72), f32x4.add(boundedExp(bounded), one)));
  const signed = v128.or(large, v128.and(x, constant(76)));
  const square = f32x4.mul(x, x);
  let p = next(constant(48), square, 52);
  p = next(p, square, 56);
  p = next(p, square, 60);
  p = next(p, square, 64);
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, square), x), x);
  return v128.bitselect(small, signed, f32x4.lt(size, constant(68)));
}

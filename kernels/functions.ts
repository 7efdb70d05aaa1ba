/** The functions of four numbers at once. */

/** 1.5 × 2²³: adding it to a number below 2²² leaves that number, rounded, in the lowest bits. */
@inline
const rounder: f32 = 12582912;

/**
 * e^x without its power of two, for |x| below 2²²: coefficients of Cephes' expf (Moshier), error 2 units in the last
 * place. `power` is x / ln 2, rounded, as `rounder` leaves it.
 */
@inline
function exponential(x: v128, power: v128): v128 {
  const n = f32x4.sub(power, f32x4.splat(rounder));
  const r = f32x4.sub(
    f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375))),
    f32x4.mul(n, f32x4.splat(-2.12194440e-4)),
  );
  let p = f32x4.add(f32x4.mul(f32x4.splat(1.9875691500e-4), r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  return f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
}

@inline
function powerOfTwo(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504088896341)), f32x4.splat(rounder));
}

/** e^x, where −87 < x < 87, or NaN. */
@inline
function boundedExp(x: v128): v128 {
  const power = powerOfTwo(x);
  return f32x4.mul(exponential(x, power), i32x4.add(i32x4.shl(power, 23), f32x4.splat(1)));
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
  const bounded = f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(87)), f32x4.splat(-87));
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), boundedExp(bounded)));
}

/** tanh x, to 1e-7: Cephes' polynomial where |x| < 0.625, where 1 − 2 / (e^2|x| + 1) would lose digits. */
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const bounded = f32x4.pmin(f32x4.add(size, size), f32x4.splat(87));
  const large = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(boundedExp(bounded), f32x4.splat(1))));
  const signed = v128.bitselect(x, large, f32x4.splat(-0.0));
  const square = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(f32x4.splat(-5.70498872745e-3), square), f32x4.splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-3.33332819422e-1));
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, square), x), x);
  return v128.bitselect(small, signed, f32x4.lt(size, f32x4.splat(0.625)));
}

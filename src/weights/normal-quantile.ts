/**
 * The quantile of the standard normal distribution from +, −, ×, ÷ and √ alone, which IEEE 754 rounds
 * exactly: Math.log and Math.cos may differ between engines, and a seed must give the same weights on all.
 */

const bits = new DataView(new ArrayBuffer(8));

/** ln x for a normal number x > 0, by x = 2ᵏ m with m near 1 and ln m = 2 artanh((m − 1) / (m + 1)). */
export function naturalLog(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let m = bits.getFloat64(0); // [1, 2)
  if (m > Math.SQRT2) {
    m /= 2;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1); // |s| ≤ 0.172, so that s²³ / 23 < 2⁻⁶⁰
  const s2 = s * s;
  let series = 0;
  for (let power = 21; power >= 1; power -= 2) series = series * s2 + 1 / power;
  return exponent * Math.LN2 + 2 * s * series;
}

/** Coefficients of P and Q near the median, |p − ½| ≤ 0.425, lowest power first. */
const CENTER_P = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
];
const CENTER_Q = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
];

/** The same for the tails down to p = e⁻²⁵, in r − 1.6 with r = √(−ln p). */
const TAIL_P = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
];
const TAIL_Q = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];

/**
 * The z with Φ(z) = p, to 16 digits (Wichura 1988, algorithm AS 241, PPND16, without its part for
 * p < e⁻²⁵ ≈ 1.4e-11, which 32-bit uniforms do not reach).
 *
 * @param p between 1.4e-11 and 1 − 1.4e-11.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTER_P, r)) / polynomial(CENTER_Q, r);
  }
  const r = Math.sqrt(-naturalLog(q < 0 ? p : 1 - p)) - 1.6;
  const z = polynomial(TAIL_P, r) / polynomial(TAIL_Q, r);
  return q < 0 ? -z : z;
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

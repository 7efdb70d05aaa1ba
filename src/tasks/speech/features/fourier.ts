/** The power spectrum of real numbers by the fast Fourier transform (Cooley & Tukey 1965). */

/**
 * Makes a function from `size` real numbers to the squared magnitudes at frequencies 0 … size / 2.
 *
 * @param size a power of two
 */
export function powerSpectrum(size: number): (signal: Float64Array, power: Float64Array) => void {
  const bits = Math.log2(size);
  const reversed = Uint32Array.from({ length: size }, (_, index) => reverseBits(index, bits));
  const cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);

  return (signal, power) => {
    for (let i = 0; i < size; i++) real[i] = signal[reversed[i]];
    imaginary.fill(0);
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const [even, odd] = [start + k, start + k + half];
          const [c, s] = [cosines[k * stride], sines[k * stride]];
          const re = c * real[odd] - s * imaginary[odd];
          const im = c * imaginary[odd] + s * real[odd];
          real[odd] = real[even] - re;
          imaginary[odd] = imaginary[even] - im;
          real[even] += re;
          imaginary[even] += im;
        }
      }
    }
    for (let k = 0; k <= size / 2; k++) power[k] = real[k] ** 2 + imaginary[k] ** 2;
  };
}

function reverseBits(index: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((index >> bit) & 1) << (bits - 1 - bit);
  return result;
}

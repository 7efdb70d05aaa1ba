/** The power spectrum of real numbers by the fast Fourier transform (Cooley & Tukey 1965). */

/**
 * Makes a function from `size` real numbers to the squared magnitudes at frequencies 0 … size / 2. Numbers at even places
 * are taken as real parts, those at odd places as imaginary ones: a transform of half the size tells both spectra apart.
 *
 * @param size a power of two
 */
export function powerSpectrum(size: number): (signal: Float64Array, power: Float64Array) => void {
  const points = size / 2;
  const bits = Math.log2(points);
  const reversed = Uint32Array.from({ length: points }, (_, index) => reverseBits(index, bits));
  const cosines = Float64Array.from({ length: points }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: points }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const real = new Float64Array(points);
  const imaginary = new Float64Array(points);

  return (signal, power) => {
    for (let i = 0; i < points; i++) {
      real[i] = signal[2 * reversed[i]];
      imaginary[i] = signal[2 * reversed[i] + 1];
    }
    for (let half = 1; half < points; half *= 2) {
      const stride = points / half; // in steps of 2π / size
      for (let start = 0; start < points; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const even = start + k;
          const odd = even + half;
          const c = cosines[k * stride];
          const s = sines[k * stride];
          const re = c * real[odd] - s * imaginary[odd];
          const im = c * imaginary[odd] + s * real[odd];
          real[odd] = real[even] - re;
          imaginary[odd] = imaginary[even] - im;
          real[even] += re;
          imaginary[even] += im;
        }
      }
    }
    power[0] = (real[0] + imaginary[0]) ** 2;
    power[points] = (real[0] - imaginary[0]) ** 2;
    for (let k = 1; k < points; k++) {
      const mirror = points - k;
      // Z[k] = E[k] + i O[k], and the spectra of real numbers mirror themselves: E[k] = (Z[k] + Z*[−k]) / 2.
      const evenRe = (real[k] + real[mirror]) / 2;
      const evenIm = (imaginary[k] - imaginary[mirror]) / 2;
      const oddRe = (imaginary[k] + imaginary[mirror]) / 2;
      const oddIm = (real[mirror] - real[k]) / 2;
      const re = evenRe + cosines[k] * oddRe - sines[k] * oddIm;
      const im = evenIm + cosines[k] * oddIm + sines[k] * oddRe;
      power[k] = re * re + im * im;
    }
  };
}

function reverseBits(index: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((index >> bit) & 1) << (bits - 1 - bit);
  return result;
}

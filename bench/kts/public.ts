/** The public algorithm of kernel temporal segmentation, written plainly: what users have today. */

export interface PublicOptions {
  frames: number;
  vmax: number;
  /** As many change points are tried. */
  most: number;
}

/** Change points by the published program: O(frames²) memory, O(most × frames²) time. */
export function publicAlgorithm(kernel: Float64Array, { frames, vmax, most }: PublicOptions): number[] {
  const scatter = scatterMatrix(kernel, frames);
  const { costs } = program(scatter, frames, most);
  let best = 0;
  let least = costs[0] / frames;
  for (let m = 1; m <= most; m++) {
    const objective = costs[m] / frames + ((vmax * m) / (2 * frames)) * (Math.log(frames / m) + 1);
    if (objective < least) [least, best] = [objective, m];
  }
  return program(scatter, frames, best).changePoints;
}

/** Products of all pairs of rows, [frames, frames]; four columns at a time, for it is long at 10,000 frames. */
export function kernelMatrix(
  features: Float32Array,
  { frames, width }: { frames: number; width: number },
): Float64Array {
  const kernel = new Float64Array(frames * frames);
  for (let s = 0; s < frames; s++) {
    for (let t = 0; t <= s; t += 4) {
      const [a, b, c, d] = [t, t + 1, t + 2, t + 3].map((row) => Math.min(row, s) * width);
      const from = s * width;
      let [sa, sb, sc, sd] = [0, 0, 0, 0];
      for (let i = 0; i < width; i++) {
        const value = features[from + i];
        sa += value * features[a + i];
        sb += value * features[b + i];
        sc += value * features[c + i];
        sd += value * features[d + i];
      }
      for (const [offset, product] of [sa, sb, sc, sd].entries()) {
        if (t + offset > s) break;
        kernel[s * frames + t + offset] = product;
        kernel[(t + offset) * frames + s] = product;
      }
    }
  }
  return kernel;
}

/** Scatter of every segment from a up to and with b, at [b, a], from the kernel's integral image. */
function scatterMatrix(kernel: Float64Array, frames: number): Float64Array {
  const side = frames + 1;
  const integral = new Float64Array(side * side);
  const diagonal = new Float64Array(side);
  for (let s = 0; s < frames; s++) {
    diagonal[s + 1] = diagonal[s] + kernel[s * frames + s];
    let rowSum = 0;
    for (let t = 0; t < frames; t++) {
      rowSum += kernel[s * frames + t];
      integral[(s + 1) * side + t + 1] = integral[s * side + t + 1] + rowSum;
    }
  }
  const scatter = new Float64Array(frames * frames);
  for (let b = 0; b < frames; b++) {
    for (let a = 0; a <= b; a++) {
      const block =
        integral[(b + 1) * side + b + 1] +
        integral[a * side + a] -
        integral[(b + 1) * side + a] -
        integral[a * side + b + 1];
      scatter[b * frames + a] = diagonal[b + 1] - diagonal[a] - block / (b - a + 1);
    }
  }
  return scatter;
}

/** I[m, l] = min over t of I[m − 1, t] + v(t, l), for every m up to `most`, with the way back for `most`. */
function program(scatter: Float64Array, frames: number, most: number) {
  const side = frames + 1;
  const origins = new Int32Array((most + 1) * side);
  const costs = new Float64Array(most + 1);
  let before = new Float64Array(side).fill(Infinity);
  for (let l = 1; l <= frames; l++) before[l] = scatter[(l - 1) * frames];
  costs[0] = before[frames];
  for (let m = 1; m <= most; m++) {
    const now = new Float64Array(side).fill(Infinity);
    for (let l = m + 1; l <= frames; l++) {
      let least = Infinity;
      let origin = m;
      for (let t = m; t < l; t++) {
        const cost = before[t] + scatter[(l - 1) * frames + t];
        if (cost < least) {
          least = cost;
          origin = t;
        }
      }
      now[l] = least;
      origins[m * side + l] = origin;
    }
    costs[m] = now[frames];
    before = now;
  }
  const changePoints: number[] = [];
  for (let m = most, l = frames; m > 0; m--) {
    l = origins[m * side + l];
    changePoints.unshift(l);
  }
  return { costs, changePoints };
}

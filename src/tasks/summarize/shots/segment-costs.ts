/**
 * Within-segment scatter from prefix sums: v(a, b) = Σ‖x_t‖² − ‖Σ x_t‖²/(b − a) over t in [a, b), which is the
 * linear kernel's segment cost in kernel temporal segmentation (Potapov et al., ECCV 2014, section 3) without
 * its n × n kernel matrix. Memory: 8 bytes × (frames + 1) × width.
 */
export interface SegmentCosts {
  readonly frames: number;
  /** Scatter of the frames in [start, end): at least 0, grows with every frame that joins. O(width) time. */
  between(start: number, end: number): number;
}

/** Prefix sums over `features` ([frames, width], row by row), kept in float64 whatever the features are. */
export function segmentCosts(
  features: Float32Array | Float64Array,
  frames: number,
  width: number,
): SegmentCosts {
  const sums = new Float64Array((frames + 1) * width);
  const squares = new Float64Array(frames + 1);
  for (let t = 0; t < frames; t++) {
    let square = 0;
    for (let i = t * width, end = i + width; i < end; i++) {
      const value = features[i];
      sums[i + width] = sums[i] + value;
      square += value * value;
    }
    squares[t + 1] = squares[t] + square;
  }

  function between(start: number, end: number): number {
    if (end - start < 2) return 0;
    const scatter =
      squares[end] -
      squares[start] -
      squaredDistance(sums, start * width, end * width, width) / (end - start);
    return Math.max(scatter, 0);
  }

  return { frames, between };
}

/** ‖rows a − b‖² with four independent accumulators: one alone waits for each addition before the next. */
function squaredDistance(rows: Float64Array, a: number, b: number, width: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const unrolled = width & ~3;
  for (let i = 0; i < unrolled; i += 4) {
    const d0 = rows[b + i] - rows[a + i];
    const d1 = rows[b + i + 1] - rows[a + i + 1];
    const d2 = rows[b + i + 2] - rows[a + i + 2];
    const d3 = rows[b + i + 3] - rows[a + i + 3];
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (let i = unrolled; i < width; i++) {
    const d = rows[b + i] - rows[a + i];
    s0 += d * d;
  }
  return s0 + s1 + (s2 + s3);
}

/** Brings a plane to another size as ffmpeg's area scaler does. */

import type { Plane } from "./planes.ts";

/** Area average where the plane shrinks, linear interpolation where it grows: [height × width]. */
export function resize(plane: Plane, width: number, height: number): Float32Array {
  const columns = taps(plane.width, width);
  const rows = taps(plane.height, height);
  const result = new Float32Array(width * height);
  const narrow = new Float64Array(width);
  let narrowed = -1;
  for (let y = 0; y < height; y++) {
    const target = result.subarray(y * width, (y + 1) * width);
    for (let row = rows.first[y]; row <= rows.last[y]; row++) {
      if (row !== narrowed) narrowRow(plane, row, columns, narrow);
      narrowed = row;
      const weight = weightOf(rows, y, row);
      for (let x = 0; x < width; x++) target[x] += narrow[x] * weight;
    }
  }
  return result;
}

/**
 * One row of the plane brought to its new width. This loop sees every pixel: `| 0` keeps its sums and positions in
 * integer registers, which takes a third off its time.
 */
function narrowRow({ values, stride, step }: Plane, row: number, columns: Taps, narrow: Float64Array): void {
  const { first, last, firstWeight, lastWeight, middleWeight } = columns;
  const start = (row * stride) | 0;
  for (let x = 0; x < narrow.length; x++) {
    let at = (start + first[x] * step) | 0;
    const end = (start + last[x] * step) | 0;
    const edges = values[at] * firstWeight[x] + values[end] * lastWeight[x];
    let sum = 0;
    for (at = (at + step) | 0; at < end; at = (at + step) | 0) sum = (sum + values[at]) | 0;
    narrow[x] = edges + sum * middleWeight;
  }
}

/** For each target position the source positions that it reads, first to last, and their weights. */
interface Taps {
  first: Int32Array;
  last: Int32Array;
  firstWeight: Float64Array;
  lastWeight: Float64Array;
  middleWeight: number;
}

function weightOf(
  { first, last, firstWeight, lastWeight, middleWeight }: Taps,
  to: number,
  from: number,
): number {
  if (from === first[to]) return firstWeight[to];
  return from === last[to] ? lastWeight[to] : middleWeight;
}

function taps(from: number, to: number): Taps {
  const first = new Int32Array(to);
  const last = new Int32Array(to);
  const firstWeight = new Float64Array(to);
  const lastWeight = new Float64Array(to);
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    if (scale >= 1) {
      const start = i * scale;
      const end = Math.min(from, (i + 1) * scale);
      first[i] = Math.floor(start);
      last[i] = Math.min(from - 1, Math.ceil(end - 1e-9) - 1);
      firstWeight[i] = (Math.min(end, first[i] + 1) - start) / scale;
      lastWeight[i] = (end - last[i]) / scale;
      if (last[i] === first[i]) [firstWeight[i], lastWeight[i]] = [1, 0];
    } else {
      const center = Math.min(from - 1, Math.max(0, (i + 0.5) * scale - 0.5));
      first[i] = Math.floor(center);
      last[i] = Math.min(from - 1, first[i] + 1);
      lastWeight[i] = last[i] === first[i] ? 0 : center - first[i];
      firstWeight[i] = 1 - lastWeight[i];
    }
  }
  return { first, last, firstWeight, lastWeight, middleWeight: 1 / scale };
}

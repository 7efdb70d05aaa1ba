import type { Segmentation } from "./pelt.ts";
import type { SegmentCosts } from "./segment-costs.ts";

/**
 * The dynamic program over every number of change points up to `most`, I[m, b] = min_a I[m−1, a] + v(a, b), and
 * of its answers the one with the least cost + penalty(m). Needed only where a binding limit on the number of
 * shots may leave the convex hull that `segment` searches. Time O(frames² × (width + most)), memory
 * 12 bytes × frames × most; each v(a, b) is computed once.
 */
export function leastOverCounts(
  costs: SegmentCosts,
  most: number,
  penalty: (count: number) => number,
): Segmentation {
  const { frames, between } = costs;
  const counts = most + 1;
  const least = new Float64Array((frames + 1) * counts).fill(Infinity); // [end, count]
  const starts = new Int32Array((frames + 1) * counts);
  for (let end = 1; end <= frames; end++) {
    const row = end * counts;
    least[row] = between(0, end);
    for (let start = 1; start < end; start++) {
      const scatter = between(start, end);
      const from = start * counts;
      const limit = Math.min(counts, start + 1);
      for (let count = 1; count < limit; count++) {
        const value = least[from + count - 1] + scatter;
        if (value < least[row + count]) {
          least[row + count] = value;
          starts[row + count] = start;
        }
      }
    }
  }

  const last = frames * counts;
  let count = 0;
  for (let m = 1; m < counts; m++) {
    if (least[last + m] + penalty(m) < least[last + count] + penalty(count)) count = m;
  }
  const cost = least[last + count];
  const changePoints: number[] = [];
  for (let end = frames; count > 0; count--) {
    end = starts[end * counts + count];
    changePoints.push(end);
  }
  return { changePoints: changePoints.reverse(), cost };
}

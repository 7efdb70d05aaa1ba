import type { SegmentCosts } from "./segment-costs.ts";

/** A segmentation: its inner boundaries, ascending, and the summed scatter of its segments. */
export interface Segmentation {
  changePoints: number[];
  cost: number;
}

/**
 * The segmentation that minimizes cost + penalty × (number of change points): PELT (Killick, Fearnhead & Eckley
 * 2012, doi 10.1080/01621459.2012.737745). F(b) = min_a F(a) + v(a, b) + penalty; a start a with
 * F(a) + v(a, b) ≥ F(b) can never be best again and is dropped.
 *
 * Most evaluations are saved by one more bound: v(a, ·) never falls as the segment grows, so the last value
 * known for a start bounds all later ones from below, and the start is looked at again only once F has
 * risen to that bound. O(frames) memory.
 */
export function pelt(costs: SegmentCosts, penalty: number): Segmentation {
  const { frames, between } = costs;
  const best = new Float64Array(frames + 1); // F, less one penalty: the first segment has no change point before it
  const previous = new Int32Array(frames + 1);
  const starts = new Int32Array(frames + 1); // starts still alive, ascending
  const bounds = new Float64Array(frames + 1); // of each alive start: F(a) + a lower bound of v(a, b)
  let alive = 1;
  best[0] = -penalty;
  bounds[0] = -penalty;
  let favorite = 0;

  for (let b = 1; b <= frames; b++) {
    // The start that was best one frame ago is mostly best again: its value is the bar for all others.
    let low = best[starts[favorite]] + between(starts[favorite], b);
    bounds[favorite] = low;
    const bar = favorite;
    for (let k = alive - 1; k >= 0; k--) {
      if (k === bar || bounds[k] >= low) continue;
      const value = best[starts[k]] + between(starts[k], b);
      bounds[k] = value;
      if (value < low) {
        low = value;
        favorite = k;
      }
    }
    best[b] = low + penalty;
    previous[b] = starts[favorite];

    const kept = favorite;
    let next = 0;
    for (let k = 0; k < alive; k++) {
      if (bounds[k] >= best[b] && k !== kept) continue;
      if (k === kept) favorite = next;
      starts[next] = starts[k];
      bounds[next] = bounds[k];
      next++;
    }
    starts[next] = b;
    bounds[next] = best[b];
    alive = next + 1;
  }
  return traceBack(previous, costs);
}

function traceBack(previous: Int32Array, { frames, between }: SegmentCosts): Segmentation {
  const changePoints: number[] = [];
  let cost = 0;
  for (let end = frames; end > 0; end = previous[end]) {
    cost += between(previous[end], end);
    if (previous[end] > 0) changePoints.push(previous[end]);
  }
  return { changePoints: changePoints.reverse(), cost };
}

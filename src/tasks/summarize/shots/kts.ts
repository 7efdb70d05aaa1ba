import { InputError } from "../../../graph/errors.ts";
import { leastOverCounts } from "./count-program.ts";
import { pelt, type Segmentation } from "./pelt.ts";
import { type SegmentCosts, segmentCosts } from "./segment-costs.ts";

export interface SegmentOptions {
  /**
   * How unlike two passages must be to count as two shots, in squared units of the features (rows of length 1:
   * 0 is the same picture, 2 is unrelated). Near m change points among n frames, one more must lower the summed
   * squared distance of the frames to their shot's mean by vmax/2 · ln(n/m). Larger: fewer shots.
   */
  vmax?: number;
  /** The most shots that may be returned. Mostly not needed: vmax finds their number. */
  maxShots?: number;
}

export interface Segments extends Segmentation {
  /** cost/n plus the penalty: what was minimized. */
  objective: number;
}

/** Bounds closer than rounding to the best objective are not worth another pass. */
const CERTAIN = 1 - 1e-12;

/** A vertex of the lower convex hull of the curve "number of change points → least cost". */
interface Vertex extends Segmentation {
  count: number;
  /** The penalties between which this segmentation is known to be optimal. */
  from: number;
  to: number;
}

/**
 * Kernel temporal segmentation with the linear kernel (Potapov, Douze, Harchaoui & Schmid, "Category-specific
 * video summarization", ECCV 2014): the change points that minimize
 *
 *     I(m)/n + vmax·m/(2n) · (ln(n/m) + 1),   I(m) = least summed scatter with m change points.
 *
 * The penalty is concave in m, so the minimum lies on the lower convex hull of I, and every hull vertex is the
 * answer of `pelt` to some linear penalty. CROPS (Haynes, Eckley & Fearnhead 2017, doi
 * 10.1080/10618600.2015.1116445) walks the hull; parts of it that cannot hold the minimum are passed over.
 * Exact, in O(frames × width) memory.
 *
 * @param features [frames, width] row by row. Scale rows to length 1 for the paper's cosine kernel.
 * @returns ascending frame indices at which a new shot begins (0 excluded).
 */
export function segment(
  features: Float32Array | Float64Array,
  { frames, width }: { frames: number; width: number },
  { vmax = 1, maxShots = Math.max(1, frames) }: SegmentOptions = {},
): Segments {
  check(features, frames, width, vmax, maxShots);
  if (frames === 0) return { changePoints: [], cost: 0, objective: 0 };
  const costs = segmentCosts(features, frames, width);
  const penalty = (count: number) => (count === 0 ? 0 : (vmax / 2) * count * (Math.log(frames / count) + 1));
  const most = Math.min(maxShots, frames) - 1;
  const hull = searchHull(costs, penalty, vmax, most);
  const found = hull ?? leastOverCounts(costs, most, penalty);
  return { ...found, objective: (found.cost + penalty(found.changePoints.length)) / frames };
}

/** The minimum over the hull, or null where a binding limit of `most` change points may have left the hull. */
function searchHull(
  costs: SegmentCosts,
  penalty: (count: number) => number,
  vmax: number,
  most: number,
): Segmentation | null {
  const { frames } = costs;
  const total = costs.between(0, frames);
  const none: Vertex = { changePoints: [], cost: total, count: 0, from: total, to: Infinity };
  if (frames === 1 || most === 0 || total === 0) return none;

  const vertices: Vertex[] = [none, everyFrame(frames)];
  const objective = (vertex: Vertex) => vertex.cost + penalty(vertex.count);
  let best = vertices
    .filter(({ count }) => count <= most)
    .reduce((least, one) => (objective(one) < objective(least) ? one : least));
  const probe = (slope: number): boolean => {
    const { changePoints, cost } = pelt(costs, slope);
    const found = { changePoints, cost, count: changePoints.length, from: slope, to: slope };
    const isNew = insert(vertices, found);
    if (found.count <= most && objective(found) < objective(best)) best = found;
    return isNew;
  };

  // Tangents of the penalty lead downhill to a first good vertex, against which the rest is pruned.
  for (let slope = (vmax / 2) * Math.log(Math.max(2, frames / 10)); probe(slope); ) {
    const next = (vmax / 2) * Math.log(frames / Math.max(1, best.count));
    if (!(next > 0) || next === slope) break;
    slope = next;
  }

  const settled = new Set<Vertex>(); // left ends of edges with no vertex between
  for (;;) {
    const gap = vertices.findIndex((left, i) => {
      const right = vertices[i + 1];
      if (!right || settled.has(left) || right.count - left.count < 2 || left.count >= most) return false;
      return lowerBound(left, right, penalty, most) < objective(best) * CERTAIN;
    });
    if (gap < 0) break;
    const [left, right] = [vertices[gap], vertices[gap + 1]];
    const slope = (left.cost - right.cost) / (right.count - left.count);
    if (probe(slope)) continue;
    settled.add(left);
    left.from = Math.min(left.from, slope);
    right.to = Math.max(right.to, slope);
  }

  const beyond = vertices.findIndex((vertex) => vertex.count > most);
  if (beyond < 0) return best;
  const [left, right] = [vertices[beyond - 1], vertices[beyond]];
  if (left.count === most) return best;
  return lowerBound(left, right, penalty, most) >= objective(best) * CERTAIN ? best : null;
}

/** Every frame its own shot: costs nothing, so it is optimal without a penalty. */
function everyFrame(frames: number): Vertex {
  const changePoints = Array.from({ length: frames - 1 }, (_, i) => i + 1);
  return { changePoints, cost: 0, count: frames - 1, from: 0, to: 0 };
}

/** Puts a vertex in its place by count; one that is known only widens its range of penalties (then false). */
function insert(vertices: Vertex[], found: Vertex): boolean {
  const place = vertices.findIndex((vertex) => vertex.count >= found.count);
  const known = vertices[place];
  if (known?.count !== found.count) {
    vertices.splice(place, 0, found);
    return true;
  }
  known.from = Math.min(known.from, found.from);
  known.to = Math.max(known.to, found.to);
  return false;
}

/**
 * A lower bound of the objective strictly between two vertices, up to `most` change points. Both vertices give a
 * supporting line of the cost curve; cost bound + concave penalty is concave left and right of where the lines
 * meet, so its least value is at the ends or there.
 */
function lowerBound(left: Vertex, right: Vertex, penalty: (count: number) => number, most: number): number {
  const bound = (count: number) =>
    Math.max(left.cost - left.from * (count - left.count), right.cost + right.to * (right.count - count)) +
    penalty(count);
  const first = left.count + 1;
  const last = Math.min(right.count - 1, most);
  const gap = left.cost - right.cost - right.to * (right.count - left.count);
  const meeting = left.count + gap / (left.from - right.to);
  const inside = meeting > first && meeting < last ? bound(meeting) : Infinity;
  return Math.min(bound(first), bound(last), inside);
}

function check(
  features: Float32Array | Float64Array,
  frames: number,
  width: number,
  vmax: number,
  maxShots: number,
): void {
  if (features.length !== frames * width) {
    throw new InputError(
      `Features hold ${features.length} values where ${frames} frames × ${width} are stated.`,
    );
  }
  if (!(vmax > 0)) throw new InputError(`vmax is ${vmax}: give a number above 0.`);
  if (!(maxShots >= 1)) throw new InputError(`maxShots is ${maxShots}: give a whole number of 1 or more.`);
  const bad = features.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `Feature ${bad % width} of frame ${Math.floor(bad / width)} is ${features[bad]}: features must be finite numbers.`,
    );
  }
}

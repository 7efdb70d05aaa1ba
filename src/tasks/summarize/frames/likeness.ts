import { groupsOf } from "./descriptor.ts";

/**
 * How differently two pictures are built, from their descriptors: the squared distance of their edges and the angle
 * between their color layouts (1 − cosine). The same scene lit differently, as in a fade, stays near 0; a person who
 * enters a still scene makes about 0.1; unrelated pictures are at 0.2 and more.
 */
export function structureDistance(a: Float32Array, b: Float32Array): number {
  const [ours, theirs] = [groupsOf(a), groupsOf(b)];
  return squaredDistance(ours.edges, theirs.edges) + angle(ours.colorLayout, theirs.colorLayout);
}

/** How differently two pictures are colored, wherever the colors are: unrelated pictures are at 0.2 and more. */
export function colorDistance(a: Float32Array, b: Float32Array): number {
  return squaredDistance(groupsOf(a).colorHistogram, groupsOf(b).colorHistogram);
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

function angle(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    squareA += a[i] * a[i];
    squareB += b[i] * b[i];
  }
  return 1 - (product + 1e-9) / Math.sqrt((squareA + 1e-9) * (squareB + 1e-9));
}

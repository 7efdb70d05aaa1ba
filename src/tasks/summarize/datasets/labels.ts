/** Labels of steps from what people said of frames (Zhang, Chao, Sha & Grauman, ECCV 2016, and the files that go round of it). */

/** Frames from one step to the next, about two steps a second. */
export const STEP = 15;

/** Every 15th frame: 0, 15, 30, … */
export const usualPicks = (frameCount: number): Int32Array =>
  Int32Array.from({ length: Math.ceil(frameCount / STEP) }, (_, step) => step * STEP);

/** At each frame the mean over users. */
export function meanOverUsers(users: readonly ArrayLike<number>[], frameCount: number): Float64Array {
  const mean = new Float64Array(frameCount);
  for (const values of users) for (let frame = 0; frame < frameCount; frame++) mean[frame] += values[frame];
  return mean.map((sum) => sum / users.length);
}

/** Importance of steps from ratings on a scale: (mean − least)/(greatest − least) at the frame that each step shows. */
export function importanceOf(
  users: readonly ArrayLike<number>[],
  picks: Int32Array,
  frameCount: number,
  { least, greatest }: { least: number; greatest: number },
): Float32Array {
  const mean = meanOverUsers(users, frameCount);
  return Float32Array.from(picks, (frame) => (mean[frame] - least) / (greatest - least));
}

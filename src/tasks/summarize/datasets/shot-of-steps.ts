import type { FrameRange } from "./annotated-video.ts";

/** Which shot each step lies in, [steps]; one beyond the last shot's end counts to it. */
export function shotOfSteps(picks: ArrayLike<number>, shots: readonly FrameRange[]): Int32Array {
  let shot = 0;
  return Int32Array.from(picks, (frame) => {
    while (shot < shots.length - 1 && frame >= shots[shot].end) shot++;
    return shot;
  });
}

/** Videos that are made up: what they show decides how important it is. */
import type { AnnotatedSet } from "../src/tasks/summarize/datasets/annotated-video.ts";
import { random } from "../src/weights/random.ts";

export const FEATURES = 4;

/**
 * A set in which the first of four features tells importance, by σ(2 x₀). A shot is two steps; two users have the steps of
 * an importance above .75 and .85 in their summaries.
 */
export function annotatedSet(count: number, seed = 3): AnnotatedSet {
  const draws = random(seed).stream("videos");
  const videos = Array.from({ length: count }, (_, at) => {
    const steps = 20 + 2 * at;
    const frameCount = 15 * steps;
    const data = draws.normals(new Float32Array(FEATURES * steps));
    const importance = Float32Array.from(
      { length: steps },
      (_, step) => 1 / (1 + Math.exp(-2 * data[FEATURES * step])),
    );
    const above = (least: number) => ({
      summary: Uint8Array.from({ length: frameCount }, (_, frame) =>
        importance[Math.floor(frame / 15)] > least ? 1 : 0,
      ),
    });
    return {
      name: `v${at}`,
      frameCount,
      rate: 30,
      picks: Int32Array.from({ length: steps }, (_, step) => 15 * step),
      features: { data, width: FEATURES },
      importance,
      shots: Array.from({ length: steps / 2 }, (_, shot) => ({ start: 30 * shot, end: 30 * shot + 30 })),
      users: [above(0.75), above(0.85)],
    };
  });
  return { name: "made-up", videos };
}

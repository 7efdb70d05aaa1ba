/** Videos in which each shot is one step: a tenth of the steps, where what is seen within a shot hardly differs. */
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { shotOfSteps } from "../datasets/shot-of-steps.ts";
import { importanceOf, keyStepsOf } from "./labels.ts";

/**
 * The video with one step a shot, shown by its middle frame: features and importance are the means over the steps in the
 * shot, and a shot is a key step where it has one. A shot that no step shows is seen as the step before it.
 *
 * @throws InputError where the video has no shots
 */
export function stepsOfShots(video: AnnotatedVideo): AnnotatedVideo {
  const { name, shots, features, users } = video;
  if (!shots?.length) throw new InputError(`the video ${name} has no shots to be its steps`);
  const shotOf = shotOfSteps(video.picks, shots);
  const steps = stepsIn(shotOf, shots.length);
  const picks = Int32Array.from(shots, ({ start, end }) => (start + end) >> 1);
  const seen = features && {
    data: means(features.data, features.width, steps),
    width: features.width,
  };
  if (users.length === 0 && !video.importance) return { ...video, picks, features: seen };
  const importance = importanceOf(video);
  const keySteps = new Uint8Array(shots.length);
  for (const step of keyStepsOf(video, importance)) keySteps[shotOf[step]] = 1;
  return { ...video, picks, features: seen, importance: means(importance, 1, steps), keySteps };
}

/** The steps in each shot; of one without, the last step before it, or the first of all. */
function stepsIn(shotOf: Int32Array, shots: number): number[][] {
  const steps: number[][] = Array.from({ length: shots }, () => []);
  shotOf.forEach((shot, step) => {
    steps[shot].push(step);
  });
  let last = 0;
  return steps.map((ofShot) => {
    last = ofShot.at(-1) ?? last;
    return ofShot.length > 0 ? ofShot : [last];
  });
}

function means(rows: Float32Array, width: number, groups: readonly number[][]): Float32Array {
  const result = new Float32Array(groups.length * width);
  groups.forEach((group, at) => {
    for (const step of group)
      for (let i = 0; i < width; i++) result[at * width + i] += rows[step * width + i] / group.length;
  });
  return result;
}

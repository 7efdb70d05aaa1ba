/** What can be told of a video's steps without a picture, or of pictures no more than how they differ. */
import { shotOfSteps } from "../datasets/shot-of-steps.ts";
import type { StepFeatures } from "./ridge.ts";

/** Where in the video, 0 to 1: p, p², p³, p⁴. */
export const position: StepFeatures = ({ picks, frameCount }) =>
  Array.from(picks, (frame) => {
    const place = (frame + 0.5) / frameCount;
    return [place, place ** 2, place ** 3, place ** 4];
  });

/** How long the step's shot is: the logarithm of its frames, as they are and less the video's mean. */
export const shotDuration: StepFeatures = ({ picks, shots = [] }) => {
  const lengths = shots.map(({ start, end }) => Math.log(end - start));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return Array.from(shotOfSteps(picks, shots), (shot) => [lengths[shot], lengths[shot] - mean]);
};

/**
 * How far the mean features of the step's shot are from those of the shots before and after, and from the mean of the video, as
 * parts of what the video has on average. Which features they are is not looked at.
 */
export const featureDistances: StepFeatures = (video) => {
  const { data, width } = video.features!;
  const shotOf = shotOfSteps(video.picks, video.shots ?? []);
  const shots = [...new Set(shotOf)];
  const means = new Map(shots.map((shot) => [shot, new Float64Array(width)]));
  const whole = new Float64Array(width);
  const counts = new Map<number, number>();
  for (const [step, shot] of shotOf.entries()) {
    counts.set(shot, (counts.get(shot) ?? 0) + 1);
    const mean = means.get(shot)!;
    for (let at = 0; at < width; at++) {
      mean[at] += data[step * width + at];
      whole[at] += data[step * width + at] / shotOf.length;
    }
  }
  for (const shot of shots) {
    const mean = means.get(shot)!;
    for (let at = 0; at < width; at++) mean[at] /= counts.get(shot)!;
  }
  const rows = shots.map((shot, at) => {
    const own = means.get(shot)!;
    const to = (other: number | undefined) => (other === undefined ? 0 : distance(own, means.get(other)!));
    return [to(shots[at - 1]), to(shots[at + 1]), distance(own, whole)];
  });
  const scale = rows.flat().reduce((sum, value) => sum + value, 0) / (3 * rows.length) || 1;
  const ofShot = new Map(shots.map((shot, at) => [shot, rows[at].map((value) => value / scale)]));
  return Array.from(shotOf, (shot) => ofShot.get(shot)!);
};

function distance(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(a.reduce((sum, value, at) => sum + (value - b[at]) ** 2, 0));
}

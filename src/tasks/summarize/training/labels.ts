/** What a network learns from, made from what a data set has (Zhang, Chao, Sha & Grauman, ECCV 2016, section 4.1). */
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { shotOfSteps } from "../datasets/shot-of-steps.ts";
import { frameScores, keyShots } from "../evaluation/key-shots.ts";

/** A key frame speaks for the steps within so many seconds, where the video's shots are not known. */
const reach = 2;
/** Frames a second where a set does not tell. */
const usualRate = 30;

/**
 * How important each step is, 0 to 1, [steps]: the set's own numbers; else the mean of users' scores, from the least to the
 * greatest that anyone gave the video; else the share of users who have the step in their summaries, a key frame standing
 * for its whole shot.
 *
 * @throws InputError for a video that nobody annotated
 */
export function importanceOf(video: AnnotatedVideo): Float32Array {
  if (video.importance) return video.importance;
  const { users, picks } = video;
  if (users.length === 0)
    throw new InputError(`the video ${video.name} has no annotation to learn importance from`);
  const scores = users.flatMap((user) => user.scores ?? []);
  const marks = scores.length > 0 ? scaled(scores) : users.flatMap(({ summary }) => spread(summary, video));
  return Float32Array.from(picks, (frame) => {
    const sum = marks.reduce((total, of) => total + of[frame], 0);
    return sum / marks.length;
  });
}

function scaled(scores: readonly Float32Array[]): Float32Array[] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores.flatMap((of) => [...of])) {
    least = Math.min(least, score);
    greatest = Math.max(greatest, score);
  }
  const range = greatest - least || 1;
  return scores.map((of) => of.map((score) => (score - least) / range));
}

/** A summary as it is; single key frames as all frames that they stand for. */
function spread(summary: Uint8Array | undefined, { shots, rate = usualRate }: AnnotatedVideo): Uint8Array[] {
  if (!summary) return [];
  const single = summary.every((taken, frame) => !taken || !summary[frame + 1]);
  if (!single) return [summary];
  const wide = new Uint8Array(summary.length);
  summary.forEach((taken, frame) => {
    if (!taken) return;
    const shot = shots?.find(({ start, end }) => start <= frame && frame < end);
    const around = Math.round(reach * rate);
    wide.fill(1, shot?.start ?? Math.max(0, frame - around), shot?.end ?? frame + around + 1);
  });
  return [wide];
}

/**
 * Which steps are key frames, ascending, at least one: the set's own; else, where users made summaries, the oracle's; else
 * the most important step of each shot that a summary of 15 % would have.
 *
 * The oracle is a set of steps, grown as long as their mean F1 against the users' grows. Summaries are made of whole shots,
 * so it has many steps that show the same: of those in one shot the one is kept that most users chose, the middle one of
 * several, for a point process holds near duplicates to be all but impossible.
 *
 * @param importance what importanceOf gives
 * @throws InputError where neither is there, nor shots
 */
export function keyStepsOf(video: AnnotatedVideo, importance: ArrayLike<number>): Int32Array {
  const { keySteps, users, shots, name, picks, frameCount } = video;
  if (keySteps?.includes(1)) return indicesOf(keySteps);
  const summaries = users.flatMap(({ summary }) => (summary ? [atSteps(summary, video)] : []));
  const choices = summaries.filter((steps) => steps.includes(1));
  if (choices.length > 0) return onePerShot(oracle(choices), votesOf(choices), video);
  if (!shots)
    throw new InputError(
      `the video ${name} has neither key frames, users' summaries nor shots: dppLSTM can't learn from it`,
    );
  const taken = keyShots(frameScores(importance, picks, frameCount), shots);
  const shotOf = shotOfSteps(picks, shots);
  const all = Int32Array.from(picks.keys());
  const within = all.filter((step) => taken[shotOf[step]]);
  return onePerShot(within.length > 0 ? within : all, importance, video);
}

/** The step to which a frame belongs: whether any frame from it to before the next one is taken. */
function atSteps(summary: Uint8Array, { picks }: AnnotatedVideo): Uint8Array {
  return Uint8Array.from(picks, (frame, step) =>
    summary.subarray(frame, picks[step + 1] ?? summary.length).includes(1) ? 1 : 0,
  );
}

function votesOf(choices: readonly Uint8Array[]): number[] {
  return Array.from(choices[0], (_, step) => choices.reduce((sum, of) => sum + of[step], 0));
}

/**
 * Steps, ascending, chosen one after another so that their mean F1 = 2 |S ∩ U| / (|S| + |U|) over users grows most, until
 * it does not grow.
 *
 * @param choices users' own steps, each 1 or 0, [steps]
 */
export function oracle(choices: readonly Uint8Array[]): Int32Array {
  const sizes = choices.map((of) => of.reduce((sum, one) => sum + one, 0));
  const hits = choices.map(() => 0);
  const taken = new Uint8Array(choices[0].length);
  for (let count = 1, mean = 0; count <= taken.length; count++) {
    const shares = sizes.map((size) => 2 / (count + size));
    const kept = shares.reduce((sum, of, user) => sum + of * hits[user], 0);
    let [best, most] = [-1, mean];
    for (let step = 0; step < taken.length; step++) {
      if (taken[step]) continue;
      const grown = choices.reduce((sum, of, user) => sum + (of[step] ? shares[user] : 0), kept);
      if (grown > most + 1e-12) [best, most] = [step, grown];
    }
    if (best < 0) break;
    taken[best] = 1;
    choices.forEach((of, user) => {
      hits[user] += of[best];
    });
    mean = most;
  }
  return indicesOf(taken);
}

/** Of the steps in each shot (of each run of steps, without shots) the one of greatest weight, the middle of several. */
function onePerShot(steps: Int32Array, weight: ArrayLike<number>, video: AnnotatedVideo): Int32Array {
  const { picks, shots } = video;
  const groups = new Map<number, number[]>();
  const shotOf = shots && shotOfSteps(picks, shots);
  let run = -1;
  steps.forEach((step, at) => {
    if (at === 0 || steps[at - 1] !== step - 1) run++;
    const shot = shotOf?.[step] ?? run;
    groups.set(shot, [...(groups.get(shot) ?? []), step]);
  });
  return Int32Array.from(groups.values(), (group) => {
    const most = Math.max(...group.map((step) => weight[step]));
    const best = group.filter((step) => weight[step] === most);
    return best[best.length >> 1];
  });
}

function indicesOf(marks: Uint8Array): Int32Array {
  return Int32Array.from(marks.keys()).filter((step) => marks[step] === 1);
}

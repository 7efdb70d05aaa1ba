/** What must be true of every video of a data set, whatever it was read from. */
import type { AnnotatedVideo, UserAnnotation } from "./annotated-video.ts";
import type { Findings } from "./findings.ts";

/** What a format calls the fields, for messages. */
export interface FieldNames {
  frameCount: string;
  picks: string;
  features: string;
  shots: string;
  summary: string;
  scores: string;
  importance: string;
  keySteps: string;
}

export function checkVideo(video: AnnotatedVideo, names: FieldNames, findings: Findings): void {
  const wrong = (field: string, text: string) => findings.wrong(text, { video: video.name, field });
  const { frameCount, picks, features, importance, keySteps } = video;
  if (!(Number.isSafeInteger(frameCount) && frameCount > 0)) {
    wrong(
      names.frameCount,
      `the number of frames is ${frameCount}, and must be a whole number of at least 1`,
    );
    return;
  }
  checkPicks(picks, frameCount, (text) => wrong(names.picks, text));
  const steps = picks.length;
  if (features) checkFeatures(features, steps, (text) => wrong(names.features, text));
  if (video.shots) checkShots(video, (text) => wrong(names.shots, text));
  video.users.forEach((user, at) => {
    checkUser(user, at + 1, frameCount, names, wrong);
  });
  if (importance && importance.length !== steps)
    wrong(names.importance, `it has ${importance.length} values for ${steps} steps`);
  const unfit = importance?.findIndex((value) => !(value >= 0 && value <= 1)) ?? -1;
  if (importance && unfit >= 0)
    wrong(names.importance, `that of step ${unfit} is ${importance[unfit]}, and must be from 0 to 1`);
  if (keySteps && keySteps.length !== steps)
    wrong(names.keySteps, `it has ${keySteps.length} values for ${steps} steps`);
}

function checkPicks(picks: Int32Array, frameCount: number, wrong: (text: string) => void): void {
  if (picks.length === 0) wrong("it has no steps");
  const unfit = picks.findIndex(
    (frame, at) => frame < 0 || frame >= frameCount || frame <= (picks[at - 1] ?? -1),
  );
  if (unfit < 0) return;
  const before = unfit > 0 && picks[unfit] <= picks[unfit - 1] ? `, after frame ${picks[unfit - 1]}` : "";
  wrong(`step ${unfit} shows frame ${picks[unfit]}${before}: frames must rise, from 0 to ${frameCount - 1}`);
}

function checkFeatures(
  { data, width }: NonNullable<AnnotatedVideo["features"]>,
  steps: number,
  wrong: (text: string) => void,
): void {
  if (width === 0) wrong("they have no width");
  else if (data.length !== steps * width)
    wrong(`they have ${data.length / width} rows for ${steps} steps: they must be [steps, width]`);
  const unfit = data.findIndex((value) => !Number.isFinite(value));
  if (unfit >= 0)
    wrong(
      `value ${unfit % width} of step ${Math.floor(unfit / width)} is ${data[unfit]}, and must be a number`,
    );
}

function checkShots({ shots = [], frameCount }: AnnotatedVideo, wrong: (text: string) => void): void {
  let end = 0;
  const text = [...shots, { start: frameCount, end: frameCount + 1 }].reduce<string | undefined>(
    (found, shot, at) => {
      if (found !== undefined) return found;
      const before = end;
      end = shot.end;
      if (!(shot.end > shot.start))
        return `shot ${at} begins at frame ${shot.start} and ends before frame ${shot.end}`;
      if (shot.start < before && at === shots.length)
        return `the last shot ends with frame ${before - 1}, and the last frame is ${frameCount - 1}`;
      if (shot.start < before) return `shots ${at - 1} and ${at} overlap: frame ${shot.start} is in both`;
      return shot.start > before ? `frames ${before} to ${shot.start - 1} are in no shot` : undefined;
    },
    undefined,
  );
  if (text !== undefined) wrong(text);
}

function checkUser(
  { summary, scores }: UserAnnotation,
  number: number,
  frameCount: number,
  names: FieldNames,
  wrong: (field: string, text: string) => void,
): void {
  if (summary && summary.length !== frameCount)
    wrong(names.summary, `user ${number} has ${summary.length} frames, and the video ${frameCount}`);
  if (scores && scores.length !== frameCount)
    wrong(names.scores, `user ${number} has ${scores.length} frames, and the video ${frameCount}`);
  const unfit = scores?.findIndex((value) => !Number.isFinite(value)) ?? -1;
  if (scores && unfit >= 0)
    wrong(
      names.scores,
      `what user ${number} says of frame ${unfit} is ${scores[unfit]}, and must be a number`,
    );
}

/** What must be true of all videos together. */
export function checkTogether(videos: readonly AnnotatedVideo[], findings: Findings): void {
  if (videos.length === 0) findings.wrong("there is no video in it");
  const seen = new Set<string>();
  for (const { name } of videos) {
    if (seen.has(name)) findings.wrong("there are two videos of this name", { video: name });
    seen.add(name);
  }
  const widths = new Map(videos.flatMap(({ name, features }) => (features ? [[features.width, name]] : [])));
  if (widths.size > 1) {
    const [[first, one], [second, other]] = widths;
    findings.wrong(`its features are ${second} wide, and those of "${one}" ${first}`, { video: other });
  }
  const annotated = videos.filter(({ users }) => users.length > 0).length;
  for (const { name, users, importance, keySteps } of videos) {
    if (users.length === 0 && annotated > 0)
      findings.wrong("no user said anything of it, and of other videos users did", { video: name });
    if (users.length === 0 && annotated === 0 && !importance && !keySteps)
      findings.note("nobody said what is important in it", { video: name });
    if (users.length === 1)
      findings.note("one user alone: what people agree on can't be told", { video: name });
  }
}

/** SumMe (Gygli, Grabner, Riemenschneider & Van Gool, "Creating summaries from user videos", ECCV 2014). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readMatlab } from "../../../data/matlab/read.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";
import { checkVideo, type FieldNames } from "./check-video.ts";
import type { Findings } from "./findings.ts";
import { importanceOf, usualPicks } from "./labels.ts";
import { readShotsFile, type ShotsFile } from "./shots-file.ts";

const fieldNames: FieldNames = {
  frameCount: "nFrames",
  picks: "nFrames",
  features: "features",
  shots: "shots.json",
  summary: "user_score",
  scores: "user_score",
  importance: "user_score",
  keySteps: "user_score",
};

/**
 * A folder with one .mat a video, and shots.json where there is one. A user's summary is where user_score is above 0; importance
 * is the mean of the summaries at every 15th frame.
 */
export async function readSumme(
  folder: string,
  files: readonly string[],
  findings: Findings,
): Promise<AnnotatedVideo[]> {
  const shots = await readShotsFile(join(folder, "shots.json"));
  const videos: AnnotatedVideo[] = [];
  for (const [place, file] of files.entries()) {
    const bytes = await readFile(join(folder, file));
    const video = readVideo(bytes, { folder, file, place, shots }, findings);
    if (video) videos.push(video);
  }
  return videos;
}

function readVideo(
  bytes: Uint8Array,
  { folder, file, place, shots }: { folder: string; file: string; place: number; shots?: ShotsFile },
  findings: Findings,
): AnnotatedVideo | undefined {
  const name = file.replace(/\.mat$/i, "");
  const variables = readMatlab(bytes, join(folder, file));
  const score = variables.get("user_score");
  if (score?.kind !== "numbers" || score.dims.length !== 2) {
    const present = [...variables.keys()].join(", ");
    findings.wrong(`there is no such array, [frames, users]: it has ${present}`, {
      video: name,
      field: "user_score",
    });
    return undefined;
  }
  const [frames, users] = score.dims;
  const one = (field: string) => {
    const value = variables.get(field);
    return value?.kind === "numbers" && value.data.length === 1 ? value.data[0] : undefined;
  };
  const frameCount = one("nFrames") ?? frames;
  const columns = Array.from({ length: users }, (_, user) =>
    Float32Array.from(score.data.subarray(user * frames, (user + 1) * frames)),
  );
  const summaries = columns.map((column) => Uint8Array.from(column, (value) => Number(value > 0)));
  const alias = shots?.aliasOf(name);
  const ranges = shots?.shotsOf(name, place);
  if (shots && !ranges) findings.note("shots.json has no shots of it", { video: name });
  const rate = one("FPS");
  const picks = usualPicks(frameCount);
  const video: AnnotatedVideo = {
    name,
    ...(alias !== undefined && { alias }),
    frameCount,
    ...(rate !== undefined && { rate }),
    picks,
    ...(ranges && { shots: ranges }),
    users: summaries.map((summary) => ({ summary })), // the numbers count a user's segments: they are no scores
    ...(frames === frameCount &&
      users > 0 && {
        importance: importanceOf(summaries, picks, frameCount, { least: 0, greatest: 1 }),
      }),
  };
  checkVideo(video, fieldNames, findings);
  return video;
}

/** TVSum (Song, Vallmitjana, Stent & Jaimes, "TVSum: Summarizing web videos using titles", CVPR 2015). */
import { dirname, join } from "node:path";
import type { MatlabValue } from "../../../data/matlab/value.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";
import { checkVideo, type FieldNames } from "./check-video.ts";
import type { Findings } from "./findings.ts";
import { importanceOf, usualPicks } from "./labels.ts";
import { readShotsFile, type ShotsFile } from "./shots-file.ts";

/** Users rate from 1 to 5. */
const scale = { least: 1, greatest: 5 };

const fieldNames: FieldNames = {
  frameCount: "nframes",
  picks: "nframes",
  features: "features",
  shots: "shots.json",
  summary: "user_anno",
  scores: "user_anno",
  importance: "user_anno",
  keySteps: "user_anno",
};

interface Rated {
  name: string;
  frameCount: number;
  rate?: number;
  /** What each user says of each frame. */
  users: readonly Float32Array[];
}

/**
 * The authors' MATLAB file, ydata-tvsum50.mat, with shots.json beside it where there is one. Importance is (mean rating − 1)/4 at
 * every 15th frame. Aliases count from "video_1" in the file's order, as the files of features do.
 */
export async function readTvsumMatlab(
  path: string,
  all: MatlabValue & { kind: "structures" },
  findings: Findings,
): Promise<AnnotatedVideo[]> {
  const list = (field: string) => all.fields.get(field) ?? [];
  const number = (value: MatlabValue | undefined) =>
    value?.kind === "numbers" && value.data.length === 1 ? value.data[0] : undefined;
  const rated = list("video").flatMap((named, at): Rated[] => {
    const name = named.kind === "text" ? named.text : `video_${at + 1}`;
    const ratings = list("user_anno")[at];
    if (ratings?.kind !== "numbers" || ratings.dims.length !== 2) {
      findings.wrong("there are no ratings, [frames, users]", { video: name, field: "user_anno" });
      return [];
    }
    const [frames, count] = ratings.dims;
    const seconds = number(list("length")[at]);
    const frameCount = number(list("nframes")[at]) ?? frames;
    return [
      {
        name,
        frameCount,
        ...(seconds !== undefined && seconds > 0 && { rate: frameCount / seconds }),
        users: Array.from({ length: count }, (_, user) =>
          Float32Array.from(ratings.data.subarray(user * frames, (user + 1) * frames)),
        ),
      },
    ];
  });
  return annotate(rated, await readShotsFile(join(dirname(path), "shots.json")), findings);
}

/** Whether a text begins like ydata-tvsum50-anno.tsv. */
export const isTvsumTable = (text: string): boolean =>
  /^[^\t\n]+\t[^\t\n]*\t\d[\d.]*(,\d[\d.]*)+\r?(\n|$)/.test(text);

/**
 * The public table, ydata-tvsum50-anno.tsv: a line a user, of video, category and one rating a frame, apart by commas; with
 * shots.json beside it where there is one.
 */
export async function readTvsumTable(
  path: string,
  text: string,
  findings: Findings,
): Promise<AnnotatedVideo[]> {
  const users = new Map<string, Float32Array[]>();
  text.split(/\r?\n/).forEach((line, at) => {
    if (line.trim() === "") return;
    const [name, , ratings, ...more] = line.split("\t");
    if (ratings === undefined || more.length > 0) {
      findings.wrong(`line ${at + 1} is not made of a video, a category and ratings, apart by tabs`);
      return;
    }
    const numbers = ratings.split(",").map((rating) => (rating.trim() === "" ? Number.NaN : Number(rating)));
    users.set(name, [...(users.get(name) ?? []), Float32Array.from(numbers)]);
  });
  const rated = [...users].map(([name, all]) => ({ name, frameCount: all[0].length, users: all }));
  return annotate(rated, await readShotsFile(join(dirname(path), "shots.json")), findings);
}

function annotate(
  rated: readonly Rated[],
  shots: ShotsFile | undefined,
  findings: Findings,
): AnnotatedVideo[] {
  return rated.map(({ users, ...rest }, place) => {
    const { name, frameCount } = rest;
    const alias = shots?.aliasOf(name) ?? `video_${place + 1}`;
    const picks = usualPicks(frameCount);
    const isWhole = users.length > 0 && users.every(({ length }) => length === frameCount);
    const ranges = shots?.shotsOf(name, place);
    const video: AnnotatedVideo = {
      ...rest,
      alias,
      picks,
      ...(ranges && { shots: ranges }),
      users: users.map((scores) => ({ scores })),
      ...(isWhole && { importance: importanceOf(users, picks, frameCount, scale) }),
    };
    const unfit = users.findIndex((ratings) => ratings.some((rating) => rating < 1 || rating > 5));
    if (unfit >= 0)
      findings.wrong(`user ${unfit + 1} rates other than from 1 to 5`, { video: name, field: "user_anno" });
    checkVideo(video, fieldNames, findings);
    return video;
  });
}
